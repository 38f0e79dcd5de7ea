//! `/v1/events/{event}/users/{user}/faces`: several pictures at once, embeddings, repeated requests, duplicates.

use e2e::{Answer, Client, Server, faceless, picture, pictures_form};
use serde_json::{Value, json};

const OBAMA: &str = "/v1/events/summit/users/obama/faces";
const BIDEN: &str = "/v1/events/summit/users/biden/faces";

async fn with_key(client: &Client, path: &str, pictures: &[&[u8]], key: &str) -> Answer {
    let request = client.request("POST", path).header("idempotency-key", key);
    client.send(request.multipart(pictures_form(pictures, &[]))).await.unwrap()
}

fn codes(answer: &Answer) -> (u16, &str) {
    (answer.code(), answer.text_of("code"))
}

#[tokio::test]
async fn usable_pictures_are_enrolled_and_the_others_named_with_reasons() {
    let server = Server::start().unwrap();
    let client = server.client();
    let [obama, obama2] = ["obama.jpg", "obama2.jpg"].map(|name| picture(name).unwrap());
    let nobody = faceless().unwrap();
    let answer = client.pictures(OBAMA, &[&obama, &nobody, &obama2, b"x"], &[]).await.unwrap();
    assert_eq!(answer.code(), 201, "{answer:?}");
    assert_eq!((&answer.json["embedding_count"], &answer.json["repeated"]), (&json!(2), &json!(false)));
    let places = |list: &str| -> Vec<u64> {
        answer.json[list].as_array().unwrap().iter().map(|one| one["index"].as_u64().unwrap()).collect()
    };
    assert_eq!((places("accepted"), places("rejected")), (vec![0, 2], vec![1, 3]));
    let reason = |index: usize| &answer.json["rejected"][index]["reasons"][0]["code"];
    assert_eq!((reason(0), reason(1)), (&json!("no_face"), &json!("not_a_picture")));

    let none = client.pictures(OBAMA, &[&nobody, b"x"], &[]).await.unwrap();
    assert_eq!(codes(&none), (422, "picture_unusable"), "{none:?}");
    assert_eq!(none.json["reasons"].as_array().unwrap().len(), 2);

    let listed = client.get(OBAMA).await.unwrap().json["faces"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["id"], answer.json["accepted"][0]["id"]);
    assert!(listed[0]["quality"]["sharpness"].is_number(), "{listed:?}");
    assert!(!listed[0].to_string().contains("embedding"));
}

#[tokio::test]
async fn faces_are_removed_one_by_one_but_for_the_last() {
    let server = Server::start().unwrap();
    let client = server.client();
    let [obama, obama2] = ["obama.jpg", "obama2.jpg"].map(|name| picture(name).unwrap());
    let answer = client.pictures(OBAMA, &[&obama, &obama2], &[]).await.unwrap();
    let path = |index: usize| format!("{OBAMA}/{}", answer.json["accepted"][index]["id"].as_str().unwrap());
    let delete = async |path: String| client.send(client.request("DELETE", &path)).await.unwrap();
    assert_eq!(client.get(&path(0)).await.unwrap().code(), 200);
    assert_eq!(delete(path(0)).await.code(), 204);
    assert_eq!(codes(&delete(path(0)).await), (404, "no_such_face"));
    assert_eq!(codes(&client.get(&path(0)).await.unwrap()), (404, "no_such_face"));
    assert_eq!(codes(&delete(path(1)).await), (409, "last_face"));
    assert_eq!(codes(&delete(format!("{OBAMA}/17")).await), (400, "invalid_id"));
    assert_eq!(client.verify("summit", &obama).await.unwrap().json["username"], json!("obama"));
}

#[tokio::test]
async fn a_request_that_is_sent_again_with_its_key_is_done_once() {
    let server = Server::start().unwrap();
    let client = server.client();
    let [obama, obama2] = ["obama.jpg", "obama2.jpg"].map(|name| picture(name).unwrap());
    let first = with_key(&client, OBAMA, &[&obama, &obama2], "k-1").await;
    assert_eq!((first.code(), &first.json["embedding_count"]), (201, &json!(2)), "{first:?}");
    let again = with_key(&client, OBAMA, &[&obama, &obama2], "k-1").await;
    assert_eq!((again.code(), &again.json["repeated"]), (200, &json!(true)), "{again:?}");
    assert_eq!(again.json["accepted"], first.json["accepted"]);
    assert_eq!(again.json["embedding_count"], json!(2));
    let other = with_key(&client, OBAMA, &[&obama], "k-1").await;
    assert_eq!(codes(&other), (409, "idempotency_key_reused"), "{other:?}");
    assert_eq!(client.get(OBAMA).await.unwrap().json["faces"].as_array().unwrap().len(), 2);
    for bad in ["", "k".repeat(256).as_str()] {
        let answer = with_key(&client, OBAMA, &[&obama], bad).await;
        assert_eq!(codes(&answer), (400, "invalid_idempotency_key"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_face_under_a_second_name_is_refused_unless_that_is_allowed() {
    let server = Server::start().unwrap();
    let client = server.client();
    let [obama, obama2] = ["obama.jpg", "obama2.jpg"].map(|name| picture(name).unwrap());
    assert_eq!(client.pictures(OBAMA, &[&obama], &[]).await.unwrap().code(), 201);
    let refused = client.pictures(BIDEN, &[&obama2], &[]).await.unwrap();
    assert_eq!(codes(&refused), (409, "duplicate_person"), "{refused:?}");
    assert_eq!(refused.json["duplicate"]["user"], json!("obama"));
    assert_eq!(client.get(BIDEN).await.unwrap().code(), 404, "nothing was written");
    let warned = client.pictures(BIDEN, &[&obama2], &[("on_duplicate", "warn")]).await.unwrap();
    assert_eq!((warned.code(), &warned.json["duplicates"][0]["user"]), (201, &json!("obama")), "{warned:?}");
    let kim = "/v1/events/summit/users/kim/faces";
    let allowed = client.pictures(kim, &[&obama2], &[("on_duplicate", "allow")]).await.unwrap();
    assert_eq!((allowed.code(), &allowed.json["duplicates"]), (201, &json!([])), "{allowed:?}");
    let bad = client.pictures(kim, &[&obama2], &[("on_duplicate", "maybe")]).await.unwrap();
    assert_eq!(codes(&bad), (400, "invalid_field"), "{bad:?}");
    // As before, the older route goes on.
    assert_eq!(client.add_user("summit", "eve", &obama2).await.unwrap().code(), 200);
}

#[tokio::test]
async fn embeddings_of_the_clients_are_taken_with_the_model_of_the_event_alone() {
    let server = Server::start().unwrap();
    let client = server.client();
    let obama = picture("obama.jpg").unwrap();
    let made = client.pictures("/v1/faces/embed", &[&obama], &[]).await.unwrap();
    let embedding = made.json["faces"][0]["embedding"].clone();
    let body = |model: &str, embeddings: Value| json!({"model": model, "embeddings": embeddings});
    let enrolled = client.json("POST", OBAMA, &body("sface-2021dec", json!([embedding]))).await.unwrap();
    assert_eq!((enrolled.code(), &enrolled.json["embedding_count"]), (201, &json!(1)), "{enrolled:?}");
    let verified = client.verify("summit", &obama).await.unwrap();
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
        let answer = client.json("POST", OBAMA, &bad).await.unwrap();
        assert_eq!(codes(&answer), expected, "{answer:?}");
    }
    let none = client.pictures(OBAMA, &[], &[("on_duplicate", "warn")]).await.unwrap();
    assert_eq!(codes(&none), (400, "invalid_field"), "{none:?}");
    let pictures = vec![obama.as_slice(); 21];
    let many = client.pictures(OBAMA, &pictures, &[]).await.unwrap();
    assert_eq!(codes(&many), (400, "invalid_field"), "{many:?}");
}

#[tokio::test]
async fn another_persons_picture_is_not_taken_under_the_same_name_unless_that_is_allowed() {
    let server = Server::start().unwrap();
    let client = server.client();
    let [obama, obama2, biden] = ["obama.jpg", "obama2.jpg", "biden.jpg"].map(|name| picture(name).unwrap());
    let together = client.pictures(OBAMA, &[&obama, &obama2, &biden], &[]).await.unwrap();
    assert_eq!(codes(&together), (409, "other_person"), "{together:?}");
    assert_eq!(together.json["other_person"]["index"], json!(2), "{together:?}");
    assert_eq!(client.get(OBAMA).await.unwrap().code(), 404, "nothing was written");
    assert_eq!(client.pictures(OBAMA, &[&obama, &obama2], &[]).await.unwrap().code(), 201);
    let later = client.pictures(OBAMA, &[&biden], &[]).await.unwrap();
    assert_eq!(codes(&later), (409, "other_person"), "{later:?}");
    let warned = client.pictures(OBAMA, &[&biden], &[("on_other_person", "warn")]).await.unwrap();
    assert_eq!((warned.code(), &warned.json["other_people"][0]["index"]), (201, &json!(0)), "{warned:?}");
    let bad = client.pictures(OBAMA, &[&biden], &[("on_other_person", "maybe")]).await.unwrap();
    assert_eq!(codes(&bad), (400, "invalid_field"), "{bad:?}");
    // As before, the older route goes on.
    assert_eq!(client.add_user("older", "obama", &obama).await.unwrap().code(), 200);
    assert_eq!(client.add_user("older", "obama", &biden).await.unwrap().code(), 200);
}

#[tokio::test]
async fn embeddings_that_cancel_out_are_refused_and_the_server_starts_again_with_what_is_there() {
    let mut server = Server::start().unwrap();
    let client = server.client();
    let there = e2e::embedding(7);
    let back: Vec<f32> = there.iter().map(|value| -value).collect();
    let body = |embeddings: Value| json!({"model": "sface-2021dec", "embeddings": embeddings, "on_other_person": "allow", "on_duplicate": "allow"});
    let together = client.json("POST", OBAMA, &body(json!([there, back]))).await.unwrap();
    assert_eq!(codes(&together), (400, "invalid_embedding"), "{together:?}");
    assert_eq!(client.json("POST", OBAMA, &body(json!([there]))).await.unwrap().code(), 201);
    let later = client.json("POST", OBAMA, &body(json!([back]))).await.unwrap();
    assert_eq!(codes(&later), (409, "no_template"), "{later:?}");
    server.terminate().unwrap();
    server.restart().unwrap();
    assert_eq!(server.client().get(OBAMA).await.unwrap().json["faces"].as_array().unwrap().len(), 1);
}
