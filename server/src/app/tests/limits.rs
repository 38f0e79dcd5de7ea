//! Limits: who is asked to wait, how the answer says so, and who is not.

use std::time::Duration;

use tokio::time::{advance, pause};

use super::server::{Options, start_with};
use crate::auth::Role;
use crate::limits::Rates;

const STRANGER: &str = "face_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[actix_web::test]
async fn a_key_beyond_its_rate_is_told_when_to_come_back_and_then_served() {
    let mut options = Options { rates: (Rates::per_second([1; 5]), Rates::OFF), ..Options::default() };
    let (door, other) = (options.key("door", Role::Verify, &[]), options.key("other", Role::Verify, &[]));
    let nobody = start_with(options).await;
    let (door, other) = (nobody.with_key(&door), nobody.with_key(&other));
    pause();
    let first = door.get("/v1/events").await;
    assert_eq!(first.code(), 200, "{}", first.text);
    assert_eq!(first.header("ratelimit-policy"), "\"reading-key\";q=2;w=2");
    assert_eq!(first.header("ratelimit"), "\"reading-key\";r=1;t=1");
    assert_eq!(door.get("/api/events").await.code(), 200);
    let refused = door.get("/v1/events").await;
    assert_eq!(refused.codes(), (429, "rate_limited"), "{}", refused.text);
    assert_eq!(
        (refused.header("retry-after"), refused.header("ratelimit")),
        ("1", "\"reading-key\";r=0;t=2")
    );
    assert_eq!(refused.text_of("detail"), "Too many requests of this kind with this key: try again in 1 s");
    // In the form of its path; a role that is too low is no way around it.
    let older = door.get("/api/events").await;
    assert_eq!((older.code(), older.text_of("status"), older.header("retry-after")), (429, "error", "1"));
    let admins = async || door.request("DELETE", "/v1/events/summit").send().await.code();
    assert_eq!([admins().await, admins().await, admins().await], [403, 403, 429]);
    // Neither other keys nor other classes.
    assert_eq!(other.get("/v1/events").await.code(), 200);
    assert_eq!(door.post("/v1/faces/detect", super::form::Form::new()).await.code(), 400);
    advance(Duration::from_secs(1)).await;
    assert_eq!(door.get("/v1/events").await.code(), 200);
}

#[actix_web::test]
async fn without_keys_others_are_counted_by_address_and_this_machine_is_not() {
    let options = Options { rates: (Rates::OFF, Rates::per_second([1; 5])), ..Options::default() };
    let here = start_with(options).await;
    let far = here.at("2001:db8::1");
    pause();
    for expected in [200, 200, 429] {
        assert_eq!(far.get("/v1/events").await.code(), expected);
    }
    assert_eq!(here.at("2001:db8::2").get("/v1/events").await.code(), 429);
    assert_eq!(here.at("2001:db8:0:1::1").get("/v1/events").await.code(), 200);
    for _ in 0..10 {
        let answer = here.get("/v1/events").await;
        assert_eq!((answer.code(), answer.header("ratelimit")), (200, ""));
        // Pages and health are not limited: what watches a server asks often.
        assert_eq!(far.get("/health/live").await.code(), 200);
    }
}

#[actix_web::test]
async fn keys_that_do_not_hold_are_slowed_and_one_that_does_from_the_same_address_is_not() {
    let mut options = Options::default();
    let door = options.key("door", Role::Verify, &[]);
    let nobody = start_with(options).await.at("192.0.2.1");
    let (door, stranger) = (nobody.with_key(&door), nobody.with_key(STRANGER));
    pause();
    for _ in 0..10 {
        assert_eq!(stranger.get("/v1/events").await.codes(), (401, "key_unknown"));
    }
    let slowed = stranger.get("/v1/events").await;
    assert_eq!(slowed.codes(), (429, "too_many_failed_keys"), "{}", slowed.text);
    assert_eq!(slowed.header("retry-after"), "1");
    let older = nobody.with_key("nonsense").get("/api/events").await;
    assert_eq!((older.code(), older.text_of("status")), (429, "error"));
    assert_eq!(door.get("/v1/events").await.code(), 200);
    // Who sends none has not failed, and other addresses have not either.
    assert_eq!(nobody.get("/v1/events").await.codes(), (401, "key_missing"));
    assert_eq!(stranger.at("192.0.2.2").get("/v1/events").await.code(), 401);
    advance(Duration::from_secs(1)).await;
    assert_eq!(stranger.get("/v1/events").await.code(), 401);
    let slowed = stranger.get("/v1/events").await;
    assert_eq!((slowed.code(), slowed.header("retry-after")), (429, "2"));
}
