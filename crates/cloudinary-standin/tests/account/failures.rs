//! Calls that fail on demand, and what is recorded of calls.

use std::time::{Duration, Instant};

use cloudinary_standin::{Delivery, Endpoint, Fault, Faults, Options, Rule, StandIn};
use hyper::Method;

use crate::client::Client;

fn start() -> (StandIn, Client) {
    let stand_in = StandIn::start(Options::default()).unwrap();
    let client = Client::new(&stand_in);
    (stand_in, client)
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_work() {
    let (stand_in, client) = start();
    for (fault, done) in [(Fault::DropBefore, false), (Fault::DropAfter, true)] {
        stand_in.fail(Rule::new(Endpoint::Upload, fault).times(1));
        let answer = client.try_upload("a.json", "{}", &[]).await;
        assert!(answer.is_none(), "{answer:?}");
        assert_eq!(stand_in.asset(Delivery::Upload, "a.json").is_some(), done, "{fault:?}");
    }
    assert_eq!(client.upload("a.json", "{}", &[]).await.json()["overwritten"], true);
    assert_eq!(stand_in.calls(Endpoint::Upload), 3);
}

#[tokio::test]
async fn a_call_that_hangs_is_done_or_not_as_was_asked() {
    let (stand_in, client) = start();
    for (fault, done) in [(Fault::HangBefore, false), (Fault::HangAfter, true)] {
        stand_in.fail(Rule::new(Endpoint::Upload, fault).times(1));
        let hanging = {
            let client = client.clone();
            tokio::spawn(async move { client.try_upload("a.json", "{}", &[]).await })
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        let arrived = || stand_in.calls(Endpoint::Upload) == u64::from(done) + 1;
        let there = || stand_in.asset(Delivery::Upload, "a.json").is_some();
        while !arrived() || there() != done {
            assert!(Instant::now() < deadline, "{fault:?}");
            tokio::task::yield_now().await;
        }
        assert!(!hanging.is_finished());
        hanging.abort();
    }
}

#[tokio::test]
async fn a_call_is_carried_out_although_its_caller_has_gone() {
    let (stand_in, client) = start();
    stand_in.behave(|behaviour| behaviour.delay = Duration::from_secs(1));
    let gone = tokio::spawn(async move { client.try_upload("a.json", "{}", &[]).await });
    let deadline = Instant::now() + Duration::from_secs(20);
    while stand_in.calls(Endpoint::Upload) == 0 {
        assert!(Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.is_err_and(|ended| ended.is_cancelled()));
    assert!(stand_in.assets().is_empty());
    while stand_in.assets().is_empty() {
        assert!(Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_refusal_for_too_many_calls_says_when_to_come_back_or_not() {
    let (stand_in, client) = start();
    for status in [420, 429] {
        for reset in [None, Some(Duration::from_secs(5))] {
            stand_in.fail(Rule::new(Endpoint::AdminPing, Fault::Limited { status, reset }).times(1));
            let answer = client.admin(Method::GET, "ping").await;
            assert_eq!(answer.status, status);
            assert!(answer.error().starts_with("Rate Limit Exceeded"));
            let said = answer.header("X-FeatureRateLimit-Reset");
            assert_eq!(said.is_some(), reset.is_some());
            assert!(said.is_none_or(|date| httpdate::parse_http_date(date).is_ok()));
        }
    }
    assert_eq!(client.admin(Method::GET, "ping").await.status, 200);
}

#[tokio::test]
async fn a_page_can_stand_in_place_of_an_error() {
    let (stand_in, client) = start();
    stand_in.fail(Rule::new(Endpoint::Upload, Fault::Page(502)).times(1));
    let page = client.upload("a.json", "{}", &[]).await;
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html; charset=utf-8")));
    assert!(page.body.starts_with(b"<html>") && stand_in.assets().is_empty());
}

#[tokio::test]
async fn one_bit_of_a_download_is_wrong() {
    let (stand_in, client) = start();
    client.upload("a.json", "0123456789", &[]).await;
    stand_in.fail(Rule::new(Endpoint::Delivery, Fault::FlipBit).times(1));
    let damaged = client.get("/testcloud/raw/upload/a.json", &[]).await.body;
    let different = damaged.iter().zip(b"0123456789").map(|(found, sent)| (found ^ sent).count_ones());
    assert_eq!((damaged.len(), different.sum::<u32>()), (10, 1));
    assert_eq!(client.get("/testcloud/raw/upload/a.json", &[]).await.body, "0123456789");
}

#[tokio::test]
async fn a_rule_is_about_some_ids_and_ends_when_it_is_told() {
    let (stand_in, client) = start();
    stand_in.fail(Rule::new(Endpoint::Upload, Fault::Status(503)).about("u-1/").skip(1));
    let mut statuses = Vec::new();
    for id in ["e/u-1/a.json", "e/u-1/b.json", "e/u-2/a.json", "e/u-1/c.json"] {
        statuses.push(client.upload(id, "{}", &[]).await.status);
    }
    assert_eq!(statuses, [200, 503, 200, 503]);
    stand_in.stop_failing();
    assert_eq!(client.upload("e/u-1/d.json", "{}", &[]).await.status, 200);
}

#[tokio::test]
async fn the_same_seed_fails_the_same_calls() {
    let failed = async |seed| {
        let stand_in = StandIn::start(Options { seed, ..Options::default() }).unwrap();
        stand_in.behave(|behaviour| {
            behaviour.faults = Faults { share: 0.3, kinds: vec![Fault::Status(500)] };
        });
        let client = Client::new(&stand_in);
        let mut failed = Vec::new();
        for _ in 0..60 {
            failed.push(client.admin(Method::GET, "ping").await.status == 500);
        }
        failed
    };
    let first = failed(1).await;
    assert!((6..30).contains(&first.iter().filter(|failed| **failed).count()), "{first:?}");
    assert_eq!(first, failed(1).await);
    assert_ne!(first, failed(2).await);
}

#[tokio::test]
async fn a_call_waits_as_long_as_the_account_is_told_to() {
    let (stand_in, client) = start();
    stand_in.behave(|behaviour| behaviour.delay = Duration::from_secs(1));
    let started = Instant::now();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.admin(Method::GET, "ping").await.status })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(stand_in.calls(Endpoint::AdminPing), 8);
}

#[tokio::test]
async fn the_log_has_no_signature_and_no_query() {
    let (stand_in, client) = start();
    client.upload("a.json", "{}", &[("type", "authenticated")]).await;
    client.get("/testcloud/raw/authenticated/s--F3u_skHR--/v1/a.json?cb=1", &[]).await;
    client.get("/v1_1/testcloud/raw/download?public_id=a.json&signature=abc", &[]).await;
    let paths: Vec<_> = stand_in.log().into_iter().map(|call| call.path).collect();
    let wanted = [
        "/v1_1/testcloud/raw/upload",
        "/testcloud/raw/authenticated/s--...--/v1/a.json",
        "/v1_1/testcloud/raw/download",
    ];
    assert_eq!(paths, wanted);
}
