//! The Upload API: the forms of a body, who may call, and what becomes of assets.

use bytes::Bytes;
use cloudinary_standin::{Algorithm, Delivery, Labels, Options, StandIn};
use hyper::Method;

use crate::client::{BASIC, Client, borrowed, form, multipart, now, sha1, sha256, signed};

const AUTHENTICATED: (&str, &str) = ("type", "authenticated");

fn start() -> (StandIn, Client) {
    let stand_in = StandIn::start(Options::default()).unwrap();
    let client = Client::new(&stand_in);
    (stand_in, client)
}

#[tokio::test]
async fn a_file_arrives_with_the_parameters_beside_it_or_in_the_query() {
    let (stand_in, client) = start();
    let path = "/v1_1/testcloud/raw/upload";

    let fields = signed(&[("public_id", "multipart.json"), AUTHENTICATED], now(), sha1);
    let (kind, body) = multipart(&borrowed(&fields), "doc.json", r#"{"a":1}"#);
    let answer = client.send(Method::POST, path, &[("content-type", &kind)], body).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");

    // As one SDK does: what proves the caller is in the query, the rest in the body.
    let fields = signed(&[("public_id", "query.json"), AUTHENTICATED], now(), sha1);
    let (proof, rest): (Vec<_>, Vec<_>) =
        borrowed(&fields).into_iter().partition(|(name, _)| !matches!(*name, "public_id" | "type"));
    let (kind, body) = multipart(&rest, "doc.json", r#"{"a":1}"#);
    let path = format!("{path}?{}", form(&proof));
    let answer = client.send(Method::POST, &path, &[("content-type", &kind)], body).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");

    let assets = stand_in.assets();
    let ids: Vec<_> = assets.iter().map(|asset| asset.public_id.as_str()).collect();
    assert_eq!(ids, ["multipart.json", "query.json"]);
    assert!(assets.iter().all(|asset| asset.bytes == r#"{"a":1}"#));
    assert!(assets.iter().all(|asset| asset.etag() == "bb6cb5c68df4652941caf652a366f2d8"));
}

#[tokio::test]
async fn a_signature_is_good_for_an_hour_and_one_of_the_future_for_longer() {
    let (_stand_in, client) = start();
    let destroy = async |timestamp: u64| {
        let fields = signed(&[("public_id", "a.json")], timestamp, sha1);
        client.post("raw/destroy", &borrowed(&fields)).await
    };
    assert_eq!(destroy(now() - 3_500).await.status, 200);
    assert_eq!(destroy(now() * 1_000).await.status, 200);
    let stale = destroy(1_712_841_818).await;
    assert_eq!(stale.status, 400);
    let text = "Stale request - reported time is 2024-04-11 13:23:38 +0000 which is more than 1 hour ago";
    assert_eq!(stale.error(), text);
}

#[tokio::test]
async fn a_signature_over_other_values_is_refused_with_the_string_that_was_expected() {
    let (stand_in, client) = start();
    stand_in.put(Delivery::Upload, "b.json", "{}", Labels::default());
    let timestamp = now();
    let mut fields = signed(&[("public_id", "a.json")], timestamp, sha1);
    fields[0].1 = "b.json".to_owned();
    let signature = fields[2].1.clone();
    let refused = client.post("raw/destroy", &borrowed(&fields)).await;
    assert_eq!(refused.status, 401);
    let expected = format!("public_id=b.json&timestamp={timestamp}");
    assert_eq!(refused.error(), format!("Invalid Signature {signature}. String to sign - '{expected}'."));
    assert_eq!(stand_in.assets().len(), 1);
}

#[tokio::test]
async fn an_account_can_be_restricted_to_one_algorithm() {
    let (stand_in, client) = start();
    stand_in.put(Delivery::Upload, "a.json", "{}", Labels::default());
    let explicit = async |hash| {
        let fields = signed(&[("public_id", "a.json"), ("type", "upload")], now(), hash);
        client.post("raw/explicit", &borrowed(&fields)).await
    };
    assert_eq!(explicit(sha1).await.status, 200);
    let answer = explicit(sha256).await;
    assert_eq!(answer.json()["signature"].as_str().map(str::len), Some(40));
    stand_in.behave(|behaviour| behaviour.only_algorithm = Some(Algorithm::Sha256));
    assert_eq!(explicit(sha1).await.status, 401);
    let answer = explicit(sha256).await;
    assert_eq!(answer.json()["signature"].as_str().map(str::len), Some(64));
}

#[tokio::test]
async fn urls_in_answers_are_signed_by_the_algorithm_of_the_account() {
    let (stand_in, client) = start();
    for only in [Algorithm::Sha1, Algorithm::Sha256] {
        stand_in.behave(|behaviour| behaviour.only_algorithm = Some(only));
        stand_in.put(Delivery::Authenticated, "fr-data/e-demo/u-01.json", "{}", Labels::default());
        let hash = if only == Algorithm::Sha1 { sha1 } else { sha256 };
        let fields = signed(&[("public_id", "fr-data/e-demo/u-01.json"), AUTHENTICATED], now(), hash);
        let answer = client.post("raw/explicit", &borrowed(&fields)).await.json();
        let path =
            answer["secure_url"].as_str().unwrap().strip_prefix(&stand_in.delivery_url()).unwrap().to_owned();
        let signature = if only == Algorithm::Sha1 { "NZKSn-Hm" } else { "F3u_skHR" };
        assert!(path.contains(&format!("/s--{signature}--/")), "{path}");
        assert_eq!(client.get(&path, &[]).await.status, 200, "{path}");
        stand_in.remove(Delivery::Authenticated, "fr-data/e-demo/u-01.json");
    }
}

#[tokio::test]
async fn an_upload_over_an_asset_says_so_and_one_that_must_not_leaves_it() {
    let (stand_in, client) = start();
    let first =
        client.upload("a.json", "1", &[AUTHENTICATED, ("tags", "x,y"), ("context", r"k=a\=b")]).await.json();
    assert!(first.get("overwritten").is_none() && first.get("existing").is_none(), "{first}");
    assert_eq!(first["context"]["custom"]["k"], "a=b");

    let kept = client.upload("a.json", "2", &[AUTHENTICATED, ("overwrite", "0")]).await.json();
    assert_eq!((&kept["existing"], &kept["etag"]), (&true.into(), &first["etag"]));
    let asset = stand_in.asset(Delivery::Authenticated, "a.json").unwrap();
    assert_eq!((asset.bytes, asset.tags), (Bytes::from("1"), vec!["x".to_owned(), "y".to_owned()]));

    let over = client.upload("a.json", "2", &[AUTHENTICATED, ("overwrite", "true")]).await.json();
    assert_eq!((&over["overwritten"], &over["asset_id"]), (&true.into(), &first["asset_id"]));
    let asset = stand_in.asset(Delivery::Authenticated, "a.json").unwrap();
    assert_eq!((asset.bytes, asset.tags.len(), asset.context.len()), (Bytes::from("2"), 0, 0));
}

#[tokio::test]
async fn the_answer_to_an_upload_can_lack_the_etag() {
    let (stand_in, client) = start();
    stand_in.behave(|behaviour| behaviour.upload_etag = false);
    assert!(client.upload("a.json", "1", &[]).await.json().get("etag").is_none());
}

#[tokio::test]
async fn the_version_is_the_second_of_the_upload() {
    let (stand_in, client) = start();
    let before = now();
    let first = client.upload("a.json", "1", &[]).await.json()["version"].as_u64().unwrap();
    assert!((before..=now()).contains(&first));
    stand_in.advance(std::time::Duration::from_secs(1_000));
    let second = client.upload("a.json", "2", &[]).await.json()["version"].as_u64().unwrap();
    assert!((before + 1_000..=now() + 1_000).contains(&second));
}

#[tokio::test]
async fn explicit_tells_of_an_asset_without_changing_it() {
    let (_stand_in, client) = start();
    let uploaded = client.upload("a/b.json", "{}", &[AUTHENTICATED]).await.json();
    let fields = [("public_id", "a/b.json"), AUTHENTICATED];
    let answer = client.call("raw/explicit", &fields).await.json();
    for member in ["public_id", "version", "bytes", "signature", "secure_url"] {
        assert_eq!(answer[member], uploaded[member], "{member}");
    }
    assert!(answer.get("etag").is_none());
    let absent = client.call("raw/explicit", &[("public_id", "a/b.json"), ("type", "upload")]).await;
    assert_eq!((absent.status, absent.error()), (404, "Resource not found - a/b.json".to_owned()));
    assert_eq!(client.call("raw/explicit", &[("public_id", "a/b.json")]).await.status, 400);
}

#[tokio::test]
async fn a_rename_moves_an_asset_and_takes_no_name_that_is_in_use() {
    let (stand_in, client) = start();
    stand_in.put(Delivery::Upload, "a.json", "1", Labels::default());
    stand_in.put(Delivery::Authenticated, "b.json", "2", Labels::default());
    let rename = async |from: &str, to: &str, more: &[(&'static str, &'static str)]| {
        let mut fields = vec![("from_public_id", from), ("to_public_id", to)];
        fields.extend(more);
        client.call("raw/rename", &fields).await
    };
    let open = &[("to_type", "authenticated")];
    let taken = rename("a.json", "b.json", open).await;
    assert_eq!(taken.status, 400);
    assert!(taken.error().ends_with("already exists"), "{}", taken.error());
    assert_eq!(rename("none.json", "c.json", open).await.status, 404);
    assert_eq!(rename("a.json", "a.json", open).await.json()["type"], "authenticated");
    assert!(stand_in.asset(Delivery::Upload, "a.json").is_none());
    assert_eq!(rename("a.json", "b.json", &[AUTHENTICATED, ("overwrite", "1")]).await.status, 200);
    let assets = stand_in.assets();
    assert_eq!(assets.len(), 1);
    assert_eq!((assets[0].public_id.as_str(), &assets[0].bytes), ("b.json", &Bytes::from("1")));
}

#[tokio::test]
async fn a_download_ends_when_it_says_and_otherwise_after_an_hour() {
    let (stand_in, client) = start();
    stand_in.put(Delivery::Authenticated, "a.json", "{}", Labels::default());
    let id = [("public_id", "a.json"), AUTHENTICATED];
    let ends = (now() + 300).to_string();
    let until = signed(&[id[0], id[1], ("expires_at", &ends)], now(), sha1);
    let until = format!("/v1_1/testcloud/raw/download?{}", form(&borrowed(&until)));
    let hour = format!("/v1_1/testcloud/raw/download?{}", form(&borrowed(&signed(&id, now(), sha1))));
    for (url, minutes) in [(&until, 6), (&hour, 60)] {
        assert_eq!(client.get(url, &[]).await.body, "{}");
        stand_in.advance(std::time::Duration::from_secs(minutes * 60));
        let late = client.get(url, &[]).await;
        assert!(matches!(late.status, 400 | 401), "{late:?}");
    }
    let forged = until.replace("a.json", "b.json");
    assert_eq!(client.get(&forged, &[("authorization", BASIC)]).await.status, 401);
}

#[tokio::test]
async fn labels_are_set_on_those_assets_that_are_there() {
    let (stand_in, client) = start();
    stand_in.put(Delivery::Upload, "a.json", "1", Labels { tags: &["x"], context: &[] });
    let ids = [("public_ids[]", "a.json"), ("public_ids[]", "none.json")];
    let fields = signed_list(&[("command", "add"), ("tag", "y")]);
    let answer = client.post("raw/tags", &with(&ids, &borrowed(&fields))).await;
    assert_eq!(answer.json()["public_ids"], serde_json::json!(["a.json"]));
    assert_eq!(stand_in.assets()[0].tags, ["x", "y"]);
    let fields = signed_list(&[("command", "add"), ("context", r"k=1\|2")]);
    client.post("raw/context", &with(&ids, &borrowed(&fields))).await;
    assert_eq!(stand_in.assets()[0].context["k"], "1|2");
}

/// Signs as if the two ids were sent as one list.
fn signed_list(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = vec![("public_ids", "a.json,none.json")];
    all.extend(fields);
    signed(&all, now(), sha1).into_iter().filter(|(name, _)| name != "public_ids").collect()
}

fn with<'a>(ids: &[(&'a str, &'a str)], fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [ids, fields].concat()
}

#[tokio::test]
async fn too_large_a_file_and_a_name_that_urls_cannot_carry_are_refused() {
    let (stand_in, client) = start();
    let largest = "1".repeat(10 * 1024 * 1024);
    assert_eq!(client.upload("a.json", &largest, &[]).await.status, 200);
    let large = client.upload("a.json", &format!("{largest}1"), &[]).await;
    let text = "File size too large. Got 10485761. Maximum is 10485760.";
    assert_eq!((large.status, large.error().as_str()), (400, text));
    let long = "x".repeat(252) + ".json";
    for id in ["a&b.json", "a?b.json", "x/v12/a.json", " a.json", long.as_str()] {
        assert_eq!(client.upload(id, "1", &[]).await.status, 400, "{id}");
    }
    assert_eq!(stand_in.assets().len(), 1);
}
