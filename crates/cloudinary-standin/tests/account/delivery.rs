//! The delivery network: signatures in URLs, and copies that are older than what is stored.

use std::time::Duration;

use bytes::Bytes;
use cloudinary_standin::{Delivery, Invalidation, Labels, Options, StandIn};

use crate::client::Client;

const OPEN: &str = "/testcloud/raw/upload/v1/a.json";
const INVALIDATE: &[(&str, &str)] = &[("invalidate", "1")];

fn start() -> (StandIn, Client) {
    let stand_in = StandIn::start(Options::default()).unwrap();
    let client = Client::of(&stand_in);
    (stand_in, client)
}

async fn read(client: &Client, path: &str) -> Bytes {
    let answer = client.get(path, &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn only_open_assets_are_read_without_a_signature() {
    let (stand_in, client) = start();
    for delivery in [Delivery::Upload, Delivery::Private, Delivery::Authenticated] {
        stand_in.put(delivery, "fr-data/e-demo/u-01.json", "{}", Labels::default());
        let kind = delivery.name();
        let status = async |signature: &str| {
            client
                .get(&format!("/testcloud/raw/{kind}/{signature}fr-data/e-demo/u-01.json"), &[])
                .await
                .status
        };
        assert_eq!(status("").await == 200, delivery == Delivery::Upload, "{kind}");
        // What the SDKs sign for this id, and a signature of another.
        for right in ["NZKSn-Hm", "F3u_skHR", "F3u_skHRn1yA0lfarjX2Y8g5ZGDq_q6M"] {
            assert_eq!(status(&format!("s--{right}--/v1700000000/")).await, 200, "{kind} {right}");
        }
        assert_eq!(status("s--TOt0ON92--/").await, 401, "{kind}");
    }
}

#[tokio::test]
async fn the_url_of_an_answer_opens_the_asset() {
    let (stand_in, client) = start();
    let id = "événement été/ユーザー 😀@:,$=;.json";
    let answer = client.upload(id, "{}", &[("type", "authenticated")]).await.json();
    let url = answer["secure_url"].as_str().unwrap();
    let path = url.strip_prefix(&stand_in.delivery_url()).unwrap();
    assert!(path.starts_with("/testcloud/raw/authenticated/s--"), "{path}");
    assert_eq!(read(&client, path).await, "{}");
}

#[tokio::test]
async fn what_was_overwritten_is_read_until_an_invalidation_takes_effect() {
    let (stand_in, client) = start();
    client.upload("a.json", "1", &[]).await;
    assert_eq!(read(&client, OPEN).await, "1");
    client.upload("a.json", "2", &[]).await;
    stand_in.advance(Duration::from_secs(29 * 24 * 3600));
    assert_eq!(read(&client, OPEN).await, "1");
    client.upload("a.json", "3", INVALIDATE).await;
    assert_eq!(read(&client, OPEN).await, "1");
    stand_in.advance(Duration::from_secs(11));
    assert_eq!(read(&client, OPEN).await, "3");
}

#[tokio::test]
async fn an_invalidation_can_take_effect_after_a_number_of_reads() {
    let (stand_in, client) = start();
    stand_in.behave(|behaviour| behaviour.cdn.invalidation = Invalidation::AfterReads(2));
    client.upload("a.json", "1", &[]).await;
    assert_eq!(read(&client, OPEN).await, "1");
    client.upload("a.json", "2", INVALIDATE).await;
    let mut found = Vec::new();
    for _ in 0..4 {
        found.push(read(&client, OPEN).await);
    }
    assert_eq!(found, ["1", "1", "2", "2"]);
}

#[tokio::test]
async fn another_version_or_query_in_the_url_reads_past_an_old_copy() {
    let (stand_in, client) = start();
    client.upload("a.json", "1", &[]).await;
    assert_eq!(read(&client, OPEN).await, "1");
    client.upload("a.json", "2", &[]).await;
    assert_eq!(read(&client, "/testcloud/raw/upload/v2/a.json").await, "2");
    assert_eq!(read(&client, &format!("{OPEN}?cb=1")).await, "2");
    client.upload("a.json", "3", &[]).await;
    assert_eq!(read(&client, &format!("{OPEN}?cb=1")).await, "2");
    stand_in.behave(|behaviour| behaviour.cdn.query_in_key = false);
    assert_eq!(read(&client, &format!("{OPEN}?cb=2")).await, "1");
}

#[tokio::test]
async fn a_missing_asset_is_remembered_as_missing_for_longer_each_time() {
    let (stand_in, client) = start();
    let status = async || client.get(OPEN, &[]).await.status;
    let absent = client.get(OPEN, &[]).await;
    assert_eq!((absent.status, absent.body.len()), (404, 0));
    assert_eq!(absent.header("X-Cld-Error"), Some("Resource not found - a.json"));
    stand_in.advance(Duration::from_secs(61));
    assert_eq!(status().await, 404);
    client.upload("a.json", "1", &[]).await;
    stand_in.advance(Duration::from_secs(61));
    assert_eq!(status().await, 404);
    stand_in.advance(Duration::from_secs(60));
    assert_eq!(status().await, 200);
}

#[tokio::test]
async fn what_was_destroyed_stays_on_the_network_unless_it_is_invalidated() {
    let (stand_in, client) = start();
    client.upload("a.json", "1", &[]).await;
    read(&client, OPEN).await;
    assert_eq!(client.call("raw/destroy", &[("public_id", "a.json")]).await.json()["result"], "ok");
    assert_eq!(read(&client, OPEN).await, "1");
    let again = client.call("raw/destroy", &[("public_id", "a.json"), INVALIDATE[0]]).await;
    assert_eq!((again.status, &again.json()["result"]), (200, &"not found".into()));
    stand_in.advance(Duration::from_secs(11));
    assert_eq!(client.get(OPEN, &[]).await.status, 404);
}

#[tokio::test]
async fn a_part_of_an_asset_is_read_by_its_range() {
    let (_stand_in, client) = start();
    client.upload("a.json", "0123456789", &[]).await;
    for (range, status, body) in [
        ("bytes=2-4", 206, "234"),
        ("bytes=7-", 206, "789"),
        ("bytes=8-99", 206, "89"),
        ("bytes=10-", 416, ""),
        ("lines=1-2", 200, "0123456789"),
    ] {
        let answer = client.get(OPEN, &[("range", range)]).await;
        assert_eq!((answer.status, answer.body.as_ref()), (status, body.as_bytes()), "{range}");
    }
}
