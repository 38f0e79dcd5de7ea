//! `/v1/events/{event}/users`: read, changed, listed and deleted.

use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::recogniser::{OBAMA, OBAMA_2};
use super::server::start;

async fn delete(client: &Client, path: &str) -> Answer {
    client.request("DELETE", path).send().await
}

#[actix_web::test]
async fn users_are_read_changed_listed_and_deleted() {
    let client = start().await;
    client.add_user("summit", "obama", OBAMA).await;
    let path = "/v1/events/summit/users/obama";
    let user = client.get(path).await;
    assert_eq!((user.code(), &user.json["embedding_count"]), (200, &json!(1)), "{user:?}");
    assert_eq!((&user.json["last_verified"], &user.json["metadata"]), (&Value::Null, &json!({})));
    client.verify("summit", OBAMA_2).await;
    assert!(client.get(path).await.json["last_verified"].is_string());

    let patch = json!({"metadata": {"badge": 17}});
    let changed = client.json("PATCH", path, &patch).await;
    assert_eq!((changed.code(), &changed.json["metadata"]), (200, &patch["metadata"]), "{changed:?}");
    let listed = client.get("/v1/events/summit/users").await;
    assert_eq!(listed.json["users"][0]["metadata"], patch["metadata"], "{listed:?}");
    assert_eq!(listed.json["next_cursor"], Value::Null);

    assert_eq!(delete(&client, path).await.code(), 204);
    client.add_user("summit", "obama", OBAMA).await;
    let namesake = client.get(path).await;
    assert_eq!(namesake.json["last_verified"], Value::Null, "that was the former one: {namesake:?}");
    assert_eq!(delete(&client, path).await.code(), 204);
    for answer in
        [client.get(path).await, client.json("PATCH", path, &patch).await, delete(&client, path).await]
    {
        assert_eq!(answer.codes(), (404, "no_such_user"), "{answer:?}");
    }
    for path in ["/v1/events/none/users/obama", "/v1/events/none/users"] {
        let answer = client.get(path).await;
        assert_eq!(answer.codes(), (404, "no_such_event"), "{answer:?}");
    }
    assert_eq!(client.get("/v1/events/summit").await.json["user_count"], json!(0));
}
