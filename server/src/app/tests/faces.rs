//! `/v1/events/{event}/users/{user}/faces`: several pictures at once, embeddings, repeated requests, duplicates.

use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::embeddings::embedding;
use super::form::Form;
use super::recogniser::{BIDEN, NOBODY, OBAMA, OBAMA_2};
use super::server::start;

const OF_OBAMA: &str = "/v1/events/summit/users/obama/faces";
const OF_BIDEN: &str = "/v1/events/summit/users/biden/faces";

async fn with_key(client: &Client, path: &str, pictures: &[&[u8]], key: &str) -> Answer {
    let request = client.request("POST", path).header("idempotency-key", key);
    client.send(request.multipart(Form::of_pictures(pictures, &[]))).await
}

#[actix_web::test]
async fn usable_pictures_are_enrolled_and_the_others_named_with_reasons() {
    let client = start().await;
    let answer = client.pictures(OF_OBAMA, &[OBAMA, NOBODY, OBAMA_2, b"x"], &[]).await;
    assert_eq!(answer.code(), 201, "{answer:?}");
    assert_eq!((&answer.json["embedding_count"], &answer.json["repeated"]), (&json!(2), &json!(false)));
    let places = |list: &str| -> Vec<u64> {
        answer.json[list].as_array().unwrap().iter().map(|one| one["index"].as_u64().unwrap()).collect()
    };
    assert_eq!((places("accepted"), places("rejected")), (vec![0, 2], vec![1, 3]));
    let reason = |index: usize| &answer.json["rejected"][index]["reasons"][0]["code"];
    assert_eq!((reason(0), reason(1)), (&json!("no_face"), &json!("not_a_picture")));

    let none = client.pictures(OF_OBAMA, &[NOBODY, b"x"], &[]).await;
    assert_eq!(none.codes(), (422, "picture_unusable"), "{none:?}");
    assert_eq!(none.json["reasons"].as_array().unwrap().len(), 2);

    let badly_shown = client.pictures(OF_OBAMA, &[b"small obama"], &[]).await;
    assert_eq!(badly_shown.codes(), (422, "picture_unusable"), "{badly_shown:?}");
    assert_eq!(badly_shown.json["reasons"][0]["code"], json!("face_too_small"), "{badly_shown:?}");

    let listed = client.get(OF_OBAMA).await.json["faces"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["id"], answer.json["accepted"][0]["id"]);
    assert!(listed[0]["quality"]["sharpness"].is_number(), "{listed:?}");
    assert!(!listed[0].to_string().contains("embedding"));
}

#[actix_web::test]
async fn faces_are_removed_one_by_one_but_for_the_last() {
    let client = start().await;
    let answer = client.pictures(OF_OBAMA, &[OBAMA, OBAMA_2], &[]).await;
    let path =
        |index: usize| format!("{OF_OBAMA}/{}", answer.json["accepted"][index]["id"].as_str().unwrap());
    let delete = async |path: String| client.request("DELETE", &path).send().await;
    assert_eq!(client.get(&path(0)).await.code(), 200);
    assert_eq!(delete(path(0)).await.code(), 204);
    assert_eq!(delete(path(0)).await.codes(), (404, "no_such_face"));
    assert_eq!(client.get(&path(0)).await.codes(), (404, "no_such_face"));
    assert_eq!(delete(path(1)).await.codes(), (409, "last_face"));
    assert_eq!(delete(format!("{OF_OBAMA}/17")).await.codes(), (400, "invalid_id"));
    assert_eq!(client.verify("summit", OBAMA).await.json["username"], json!("obama"));
}

#[actix_web::test]
async fn a_request_that_is_sent_again_with_its_key_is_done_once() {
    let client = start().await;
    let first = with_key(&client, OF_OBAMA, &[OBAMA, OBAMA_2], "k-1").await;
    assert_eq!((first.code(), &first.json["embedding_count"]), (201, &json!(2)), "{first:?}");
    let again = with_key(&client, OF_OBAMA, &[OBAMA, OBAMA_2], "k-1").await;
    assert_eq!((again.code(), &again.json["repeated"]), (200, &json!(true)), "{again:?}");
    assert_eq!(again.json["accepted"], first.json["accepted"]);
    assert_eq!(again.json["embedding_count"], json!(2));
    let other = with_key(&client, OF_OBAMA, &[OBAMA], "k-1").await;
    assert_eq!(other.codes(), (409, "idempotency_key_reused"), "{other:?}");
    assert_eq!(client.get(OF_OBAMA).await.json["faces"].as_array().unwrap().len(), 2);
    for bad in ["", "k".repeat(256).as_str()] {
        let answer = with_key(&client, OF_OBAMA, &[OBAMA], bad).await;
        assert_eq!(answer.codes(), (400, "invalid_idempotency_key"), "{answer:?}");
    }
}

#[actix_web::test]
async fn a_face_under_a_second_name_is_refused_unless_that_is_allowed() {
    let client = start().await;
    assert_eq!(client.pictures(OF_OBAMA, &[OBAMA], &[]).await.code(), 201);
    let refused = client.pictures(OF_BIDEN, &[OBAMA_2], &[]).await;
    assert_eq!(refused.codes(), (409, "duplicate_person"), "{refused:?}");
    assert_eq!(refused.json["duplicate"]["user"], json!("obama"));
    assert_eq!(client.get(OF_BIDEN).await.code(), 404, "nothing was written");
    let warned = client.pictures(OF_BIDEN, &[OBAMA_2], &[("on_duplicate", "warn")]).await;
    assert_eq!((warned.code(), &warned.json["duplicates"][0]["user"]), (201, &json!("obama")), "{warned:?}");
    let kim = "/v1/events/summit/users/kim/faces";
    let allowed = client.pictures(kim, &[OBAMA_2], &[("on_duplicate", "allow")]).await;
    assert_eq!((allowed.code(), &allowed.json["duplicates"]), (201, &json!([])), "{allowed:?}");
    let bad = client.pictures(kim, &[OBAMA_2], &[("on_duplicate", "maybe")]).await;
    assert_eq!(bad.codes(), (400, "invalid_field"), "{bad:?}");
    // As before, the older route goes on.
    assert_eq!(client.add_user("summit", "eve", OBAMA_2).await.code(), 200);
}

#[actix_web::test]
async fn embeddings_of_the_clients_are_taken_with_the_model_of_the_event_alone() {
    let client = start().await;
    let made = client.pictures("/v1/faces/embed", &[OBAMA], &[]).await;
    let embedding = made.json["faces"][0]["embedding"].clone();
    let body = |model: &str, embeddings: Value| json!({"model": model, "embeddings": embeddings});
    let enrolled = client.json("POST", OF_OBAMA, &body("sface-2021dec", json!([embedding]))).await;
    assert_eq!((enrolled.code(), &enrolled.json["embedding_count"]), (201, &json!(1)), "{enrolled:?}");
    let verified = client.verify("summit", OBAMA).await;
    // Enrolled from two crops, looked for by one.
    assert!(verified.json["distance"].as_f64().unwrap() < 0.15, "{verified:?}");

    for (bad, expected) in [
        (body("dlib-resnet-v1", json!([embedding])), (409, "other_model")),
        (body("of-tomorrow", json!([embedding])), (409, "other_model")),
        (body("No Model", json!([embedding])), (400, "invalid_embedding")),
        (body("sface-2021dec", json!([vec![0.1; 127]])), (400, "invalid_embedding")),
        (body("sface-2021dec", json!([vec![0.0; 128]])), (400, "invalid_embedding")),
        (body("sface-2021dec", json!([vec![1e300; 128]])), (400, "invalid_json")),
        (body("sface-2021dec", json!([])), (400, "invalid_field")),
        (body("sface-2021dec", json!([["x"]])), (400, "invalid_json")),
        (json!({"embeddings": []}), (400, "invalid_json")),
    ] {
        let answer = client.json("POST", OF_OBAMA, &bad).await;
        assert_eq!(answer.codes(), expected, "{answer:?}");
    }
    let none = client.pictures(OF_OBAMA, &[], &[("on_duplicate", "warn")]).await;
    assert_eq!(none.codes(), (400, "invalid_field"), "{none:?}");
    let pictures = [OBAMA; 21];
    let many = client.pictures(OF_OBAMA, &pictures, &[]).await;
    assert_eq!(many.codes(), (400, "invalid_field"), "{many:?}");
}

#[actix_web::test]
async fn another_persons_picture_is_not_taken_under_the_same_name_unless_that_is_allowed() {
    let client = start().await;
    let together = client.pictures(OF_OBAMA, &[OBAMA, OBAMA_2, BIDEN], &[]).await;
    assert_eq!(together.codes(), (409, "other_person"), "{together:?}");
    assert_eq!(together.json["other_person"]["index"], json!(2), "{together:?}");
    assert_eq!(client.get(OF_OBAMA).await.code(), 404, "nothing was written");
    assert_eq!(client.pictures(OF_OBAMA, &[OBAMA, OBAMA_2], &[]).await.code(), 201);
    let later = client.pictures(OF_OBAMA, &[BIDEN], &[]).await;
    assert_eq!(later.codes(), (409, "other_person"), "{later:?}");
    let warned = client.pictures(OF_OBAMA, &[BIDEN], &[("on_other_person", "warn")]).await;
    assert_eq!((warned.code(), &warned.json["other_people"][0]["index"]), (201, &json!(0)), "{warned:?}");
    let bad = client.pictures(OF_OBAMA, &[BIDEN], &[("on_other_person", "maybe")]).await;
    assert_eq!(bad.codes(), (400, "invalid_field"), "{bad:?}");
    // As before, the older route goes on.
    assert_eq!(client.add_user("older", "obama", OBAMA).await.code(), 200);
    assert_eq!(client.add_user("older", "obama", BIDEN).await.code(), 200);
}

#[actix_web::test]
async fn embeddings_that_cancel_out_are_refused() {
    let client = start().await;
    let there = embedding(7);
    let back: Vec<f32> = there.iter().map(|value| -value).collect();
    let body = |embeddings: Value| json!({"model": "sface-2021dec", "embeddings": embeddings, "on_other_person": "allow", "on_duplicate": "allow"});
    let together = client.json("POST", OF_OBAMA, &body(json!([there, back]))).await;
    assert_eq!(together.codes(), (400, "invalid_embedding"), "{together:?}");
    assert_eq!(client.json("POST", OF_OBAMA, &body(json!([there]))).await.code(), 201);
    let later = client.json("POST", OF_OBAMA, &body(json!([back]))).await;
    assert_eq!(later.codes(), (409, "no_template"), "{later:?}");
    assert_eq!(client.get(OF_OBAMA).await.json["faces"].as_array().unwrap().len(), 1);
}
