//! A store that keeps no check-ins and no audit: they lie in a file beside it.

use cloudinary_standin::{Options, StandIn};
use e2e::{Server, picture};
use serde_json::json;

#[tokio::test]
async fn beside_cloudinary_check_ins_and_audit_lie_in_a_file_and_survive_a_crash() {
    let cloudinary = StandIn::start(Options::default()).unwrap();
    let account = cloudinary.cloudinary_url();
    let (store, _other_options) = account.split_once("&cname").unwrap();
    let flags = ["--store", store, "--journal", "kept/journal.redb"];
    let mut server = Server::builder().unwrap().flags(flags).start().unwrap();
    let client = server.client();
    client.add_user("summit", "obama", &picture("obama.jpg").unwrap()).await.unwrap();
    let came = client.request("POST", "/v1/events/summit/check-ins").json(&json!({"user": "obama"}));
    let came = client.send(came).await.unwrap();
    assert_eq!(came.code(), 201, "{came:?}");
    assert!(server.folder().join("kept/journal.redb").is_file());
    assert!(!server.folder().join("data").exists());

    server.kill().unwrap();
    server.restart().unwrap();
    let client = server.client();
    let check_ins = client.get("/v1/events/summit/check-ins").await.unwrap();
    assert_eq!(check_ins.json["check_ins"], json!([came.json["check_in"]]));
    let id = came.headers["x-transaction-id"].to_str().unwrap();
    let details = client.get(&format!("/get_transaction_details/?transaction_id={id}")).await.unwrap();
    assert_eq!(details.json["entries"][0]["action"], json!("check_in"), "{details:?}");
}

#[tokio::test]
async fn a_store_with_a_journal_of_its_own_gets_no_file_beside_it() {
    let flags = ["--store", "memory:", "--journal", "kept/journal.redb"];
    let server = Server::builder().unwrap().flags(flags).start().unwrap();
    let added = server.client().add_user("summit", "obama", &picture("obama.jpg").unwrap()).await.unwrap();
    let id = added.headers["x-transaction-id"].to_str().unwrap();
    assert_eq!(server.client().get(&format!("/v1/transactions/{id}")).await.unwrap().code(), 200);
    assert!(!server.folder().join("kept").exists());
}
