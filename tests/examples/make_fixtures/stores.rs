//! The stores: filled by a server, and taken from where they lie.

use std::fs;

use anyhow::{Context, Result};
use cloudinary_standin::{Options, StandIn};
use e2e::{picture, server_command};
use postgres_server::{Database, Installation, PostgresServer};
use serde_json::json;

use crate::events::fill;
use crate::{Kind, embedding, keep, keep_compressed, keep_store, run};

/// A file, with archives of it and of one event, and embeddings as clients have them of such a server.
pub(crate) async fn file(kind: &Kind) -> Result<()> {
    let mut server = kind.start(&[])?;
    let client = server.client();
    fill(&client).await?;
    let plain = if kind.secrets.is_empty() { "?plain=true" } else { "" };
    let export = client.request("GET", &format!("/v1/events/summit/export{plain}")).send().await?;
    keep(&kind.folder.join("summit.archive"), &export.error_for_status()?.bytes().await?)?;
    if kind.secrets.is_empty() {
        let embeddings = [embedding(&client, &picture("obama2.jpg")?).await?];
        let body = json!({"model": "dlib-resnet-v1", "embeddings": embeddings});
        keep(&kind.folder.join("embeddings.json"), body.to_string().as_bytes())?;
    }
    server.terminate()?;
    run(server_command(server.folder())?.args(["export", "all.archive"]))?;
    keep(&kind.folder.join("all.archive"), &fs::read(server.folder().join("all.archive"))?)?;
    keep_store(server.folder(), &kind.folder)
}

/// The tables of a database.
pub(crate) async fn database(kind: &Kind) -> Result<()> {
    let postgres = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&postgres)?;
    let mut server = kind.start(&["--store", &database.url()])?;
    fill(&server.client()).await?;
    server.terminate()?;
    keep(&kind.folder.join("postgres.sql"), database.dump("face_store")?.as_bytes())
}

/// The documents of an account, and the journal beside it.
pub(crate) async fn account(kind: &Kind) -> Result<()> {
    let cloudinary = StandIn::start(Options::default())?;
    let url = cloudinary.cloudinary_url();
    let (store, _) = url.split_once("&cname").context("the stand-in names its delivery network")?;
    let mut server = kind.start(&["--store", store])?;
    fill(&server.client()).await?;
    server.terminate()?;
    let mut documents = Vec::new();
    for asset in cloudinary.assets() {
        documents.push(json!({
            "public_id": asset.public_id,
            "type": asset.delivery.name(),
            "tags": asset.tags,
            "context": asset.context,
            "text": String::from_utf8(asset.bytes.to_vec())?,
        }));
    }
    keep(&kind.folder.join("cloudinary.json"), serde_json::to_string_pretty(&documents)?.as_bytes())?;
    keep_compressed(&kind.folder.join("journal.redb.gz"), &server.folder().join("data/journal.redb"))
}
