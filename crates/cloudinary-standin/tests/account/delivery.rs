//! The delivery network: signatures in URLs.

use cloudinary_standin::{Delivery, Labels, Options, StandIn};

use crate::client::Client;

fn start() -> (StandIn, Client) {
    let stand_in = StandIn::start(Options::default()).unwrap();
    let client = Client::new(&stand_in);
    (stand_in, client)
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
    let answer = client.get(path, &[]).await;
    assert_eq!((answer.status, answer.body.as_ref()), (200, b"{}".as_slice()));
}

#[tokio::test]
async fn a_missing_asset_is_named_in_a_header() {
    let (_stand_in, client) = start();
    let absent = client.get("/testcloud/raw/upload/v1/a.json", &[]).await;
    assert_eq!((absent.status, absent.body.len()), (404, 0));
    assert_eq!(absent.header("X-Cld-Error"), Some("Resource not found - a.json"));
}
