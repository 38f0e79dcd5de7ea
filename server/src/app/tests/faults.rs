//! What is no fault of the sender: a busy server, one that takes too long, and faults of its own.

use futures_util::future::join;
use futures_util::{StreamExt, stream};

use super::client::{Client, Request};
use super::form::Form;
use super::recogniser::OBAMA;
use super::server::{Options, start, start_with};

const DETECT: &str = "/v1/faces/detect";

/// A form that never ends.
fn endless(client: &Client, path: &str) -> Request {
    let (media_type, start) = Form::new().file("file", OBAMA).finish();
    let body = stream::iter([start[..60].to_vec().into()]).chain(stream::pending());
    client.request("POST", path).header("content-type", &media_type).arriving(body)
}

#[actix_web::test]
async fn a_form_that_does_not_arrive_is_given_up_in_the_form_of_its_path() {
    let client = start().await;
    // Nothing is left to do but to wait, so the minute is over at once.
    tokio::time::pause();
    let (late, older) = join(endless(&client, DETECT).send(), endless(&client, "/verify/").send()).await;
    assert_eq!(late.codes(), (408, "too_slow"), "{late:?}");
    assert_eq!((older.code(), &older.json["verified"]), (408, &false.into()), "{older:?}");
    assert_eq!(older.text_of("message"), "The request took too long");
}

#[actix_web::test]
async fn more_uploads_than_there_is_room_for_are_asked_to_come_back_and_what_is_light_is_not() {
    let client = start_with(Options { uploads: 1, ..Options::default() }).await;
    client.add_user("summit", "obama", OBAMA).await;
    tokio::time::pause();
    let others = async {
        let form = client.pictures(DETECT, &[OBAMA], &[]).await;
        let older = client.verify("summit", OBAMA).await;
        let body = serde_json::json!({"user": "obama"});
        (form, older, client.json("POST", "/v1/events/summit/check-ins", &body).await)
    };
    let (given_up, (busy, older, light)) = join(endless(&client, DETECT).send(), others).await;
    assert_eq!(busy.codes(), (503, "busy"), "{busy:?}");
    assert!(busy.header("retry-after").parse::<u32>().is_ok(), "{busy:?}");
    assert_eq!((older.code(), &older.json["verified"]), (503, &false.into()), "{older:?}");
    assert_eq!(light.code(), 201, "{light:?}");
    assert_eq!(given_up.code(), 408, "{given_up:?}");
    tokio::time::resume();
    assert_eq!(client.pictures(DETECT, &[OBAMA], &[]).await.code(), 200, "its room is free again");
}

#[actix_web::test]
async fn a_fault_is_an_answer_that_tells_nothing_of_the_inside_and_the_server_goes_on() {
    let client = start().await;
    client.add_user("summit", "obama", OBAMA).await;
    for picture in [b"failing".as_slice(), b"panicking"] {
        for path in [DETECT, "/v1/faces/embed", "/v1/events/summit/identify"] {
            let answer = client.pictures(path, &[picture], &[]).await;
            assert_eq!(answer.codes(), (500, "internal"), "{answer:?}");
            assert!(!answer.text.contains("on purpose"), "{answer:?}");
        }
        let older = client.verify("summit", picture).await;
        assert_eq!((older.code(), &older.json["verified"]), (500, &false.into()), "{older:?}");
    }
    assert_eq!(client.verify("summit", OBAMA).await.json["username"], "obama");
}
