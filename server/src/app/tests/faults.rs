//! What is no fault of the sender: a busy server, one that takes too long, and faults of its own.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::client::{Client, Request};
use super::form::Form;
use super::log::Log;
use super::recogniser::{OBAMA, OBAMA_2};
use super::server::{Options, start, start_with};
use super::store::{INSIDE, TestStore};

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
    let (log, _logging) = Log::start();
    tokio::time::pause();
    let others = async {
        let form = client.pictures(DETECT, &[OBAMA], &[]).await;
        let older = client.verify("summit", OBAMA).await;
        let body = json!({"user": "obama"});
        (form, older, client.json("POST", "/v1/events/summit/check-ins", &body).await)
    };
    let (given_up, (busy, older, light)) = join(endless(&client, DETECT).send(), others).await;
    assert_eq!(busy.codes(), (503, "busy"), "{busy:?}");
    assert!(busy.header("retry-after").parse::<u32>().is_ok(), "{busy:?}");
    assert_eq!((older.code(), &older.json["verified"]), (503, &false.into()), "{older:?}");
    let text = log.text();
    assert!(!text.contains("ERROR"), "no fault of the server's: {text}");
    let refused = text.lines().filter(|line| line.contains("status=503") && line.contains("code=\"busy\""));
    assert_eq!(refused.count(), 2, "{text}");
    assert_eq!(light.code(), 201, "{light:?}");
    assert_eq!(given_up.code(), 408, "{given_up:?}");
    tokio::time::resume();
    assert_eq!(client.pictures(DETECT, &[OBAMA], &[]).await.code(), 200, "its room is free again");
}

/// A form whose picture comes in a piece of so many bytes each second, and ends before it is whole.
fn slow(client: &Client, bytes: usize, seconds: u32) -> Request {
    let (media_type, form) = Form::new().file("file", OBAMA).finish();
    let pieces = stream::iter(0..seconds).then(move |_| async move {
        sleep(Duration::from_secs(1)).await;
        vec![b'a'; bytes].into()
    });
    let body = stream::iter([form[..form.len() - 33].to_vec().into()]).chain(pieces);
    client.request("POST", DETECT).header("content-type", &media_type).arriving(body)
}

#[actix_web::test]
async fn a_body_that_comes_more_slowly_than_any_line_loses_its_place_and_one_that_is_steady_does_not() {
    let client = start_with(Options { uploads: 2, ..Options::default() }).await;
    tokio::time::pause();
    let started = Instant::now();
    let (late, other) = join(slow(&client, 1, 50).send(), slow(&client, 1, 50).send()).await;
    assert_eq!((late.codes(), other.codes()), ((408, "too_slow"), (408, "too_slow")), "{late:?}");
    // Of the paused clock: it goes on with the seconds of the body alone.
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());
    let steady = slow(&client, 5000, 50).send().await;
    assert_eq!(steady.codes(), (400, "broken_form"), "{steady:?}");
    assert!(started.elapsed() >= Duration::from_secs(50), "{:?}", started.elapsed());
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

#[actix_web::test]
async fn while_the_store_is_away_faces_are_recognised_and_nothing_is_written() {
    let store = Arc::new(TestStore::default());
    let client = start_with(Options { store: store.clone(), ..Options::default() }).await;
    client.add_user("summit", "obama", OBAMA).await;
    store.go_away();
    assert_eq!(client.verify("summit", OBAMA).await.json["username"], "obama");
    let ready = client.get("/health/ready").await;
    assert_eq!(ready.codes(), (503, "store_unavailable"), "{ready:?}");
    let body = json!({"metadata": {"hall": 3}});
    let (event, user) = ("/v1/events/summit", "/v1/events/summit/users/obama");
    for answer in [
        client.json("PATCH", event, &body).await,
        client.json("PATCH", user, &body).await,
        client.json("PUT", "/v1/events/other", &json!({})).await,
        client.pictures(&format!("{user}/faces"), &[OBAMA_2], &[]).await,
        client.get(&format!("{user}/faces")).await,
        client.get(&format!("{event}/export?plain=true")).await,
        client.request("DELETE", user).send().await,
        client.request("DELETE", event).send().await,
    ] {
        assert_eq!(answer.codes(), (503, "store_unavailable"), "{answer:?}");
        assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");
        assert!(!answer.text.contains(INSIDE), "{answer:?}");
    }
    for older in [
        client.add_user("summit", "obama", OBAMA_2).await,
        client.delete_user("summit", "obama").await,
        client.delete_event("summit").await,
    ] {
        assert_eq!((older.code(), older.text_of("status")), (503, "error"), "{older:?}");
        assert!(!older.text.contains(INSIDE), "{older:?}");
    }
}

#[actix_web::test]
async fn readiness_says_how_many_records_cannot_be_read() {
    let store = Arc::new(TestStore::default());
    let client = start_with(Options { store: store.clone(), ..Options::default() }).await;
    let ready = client.get("/health/ready").await;
    assert_eq!((ready.code(), ready.json.get("unreadable_records")), (200, None), "{ready:?}");
    store.keep_out(2);
    let ready = client.get("/health/ready").await;
    assert_eq!((ready.code(), &ready.json["unreadable_records"]), (200, &2.into()), "{ready:?}");
}

#[actix_web::test]
async fn an_export_says_how_many_records_cannot_be_read() {
    let store = Arc::new(TestStore::default());
    let client = start_with(Options { store: store.clone(), ..Options::default() }).await;
    client.add_user("summit", "obama", OBAMA).await;
    let path = "/v1/events/summit/export?plain=true";
    let whole = client.get(path).await;
    assert_eq!((whole.code(), whole.headers.contains_key("x-unreadable-records")), (200, false));
    store.keep_out(2);
    let (log, _logging) = Log::start();
    for method in ["GET", "HEAD"] {
        let answer = client.request(method, path).send().await;
        assert_eq!((answer.code(), answer.header("x-unreadable-records")), (200, "2"), "{answer:?}");
    }
    let text = log.text();
    assert_eq!(text.matches("an export is without").count(), 1, "{text}");
}
