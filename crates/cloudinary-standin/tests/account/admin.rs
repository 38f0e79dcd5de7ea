//! The Admin API: pages, the hourly limit, lists that lag, deletion in bulk.

use std::time::{Duration, SystemTime};

use cloudinary_standin::{Delivery, Endpoint, Labels, Options, StandIn};
use hyper::Method;

use crate::client::{BASIC, Client};

const LIST: &str = "resources/raw/authenticated";

fn start(ids: &[&str]) -> (StandIn, Client) {
    let stand_in = StandIn::start(Options::default()).unwrap();
    for id in ids {
        let labels = Labels { tags: &["fr"], context: &[("k", "v")] };
        stand_in.put(Delivery::Authenticated, id, "{}", labels);
    }
    let client = Client::new(&stand_in);
    (stand_in, client)
}

/// The ids of a page and the cursor of the next.
async fn page(client: &Client, query: &str) -> (Vec<String>, Option<String>) {
    let answer = client.admin(Method::GET, &format!("{LIST}?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    let rows = answer["resources"].as_array().unwrap();
    let ids = rows.iter().map(|row| row["public_id"].as_str().unwrap().to_owned()).collect();
    (ids, answer["next_cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn pages_by_prefix_are_in_order_and_neither_repeat_nor_leave_out_a_row_when_others_go() {
    let (stand_in, client) = start(&["e/a", "e/b", "e/c", "e/d", "e/e", "ex"]);
    let (first, cursor) = page(&client, "prefix=e%2F&max_results=2").await;
    assert_eq!(first, ["e/a", "e/b"]);
    assert!(stand_in.remove(Delivery::Authenticated, "e/a"));
    let (second, cursor) =
        page(&client, &format!("prefix=e/&max_results=2&next_cursor={}", cursor.unwrap())).await;
    assert_eq!(second, ["e/c", "e/d"]);
    let (last, cursor) =
        page(&client, &format!("prefix=e/&max_results=2&next_cursor={}", cursor.unwrap())).await;
    assert_eq!((last, cursor), (vec!["e/e".to_owned()], None));
}

#[tokio::test]
async fn a_page_that_holds_the_last_row_has_no_cursor() {
    let (_stand_in, client) = start(&["e/a", "e/b"]);
    assert_eq!(page(&client, "prefix=e/&max_results=2").await.1, None);
    assert_eq!(page(&client, "prefix=x/").await, (vec![], None));
}

#[tokio::test]
async fn ten_rows_come_where_a_call_does_not_say_how_many() {
    let ids: Vec<_> = (10..22).map(|number| format!("e/{number}")).collect();
    let (_stand_in, client) = start(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let (first, cursor) = page(&client, "").await;
    assert_eq!(first, ids[..10]);
    let (rest, cursor) = page(&client, &format!("next_cursor={}", cursor.unwrap())).await;
    assert_eq!((rest.as_slice(), cursor), (&ids[10..], None));
}

#[tokio::test]
async fn a_row_has_what_was_asked_for() {
    let (_stand_in, client) = start(&["e/a"]);
    let row = async |query: &str| {
        let answer = client.admin(Method::GET, &format!("{LIST}?prefix=e/&{query}")).await.json();
        answer["resources"][0].as_object().unwrap().clone()
    };
    let plain = row("").await;
    assert!(plain.contains_key("version") && plain.contains_key("secure_url"));
    assert!(
        !["tags", "context", "etag", "signature"].iter().any(|name| plain.contains_key(*name)),
        "{plain:?}"
    );
    let labelled = row("tags=true&context=true").await;
    assert_eq!(labelled["tags"], serde_json::json!(["fr"]));
    assert_eq!(labelled["context"]["custom"]["k"], "v");
    let fields: Vec<_> = row("fields=version,etag,bytes").await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(fields, ["asset_id", "bytes", "etag", "public_id", "version"]);
}

#[tokio::test]
async fn what_a_list_cannot_be_asked_is_refused() {
    let (_stand_in, client) = start(&["e/a"]);
    for query in ["max_results=501", "max_results=0", "max_results=x", "next_cursor=%21"] {
        assert_eq!(client.admin(Method::GET, &format!("{LIST}?{query}")).await.status, 400, "{query}");
    }
    let ids = "&public_ids[]=x".repeat(101);
    assert_eq!(client.admin(Method::GET, &format!("{LIST}?a=b{ids}")).await.status, 400);
    assert_eq!(client.admin(Method::GET, "resources/raw/other?prefix=e/").await.status, 400);
    let unauthorized = client.get(&format!("/v1_1/testcloud/{LIST}"), &[]).await;
    assert_eq!(unauthorized.status, 401);
    let elsewhere = client.get(&format!("/v1_1/othercloud/{LIST}"), &[("authorization", BASIC)]).await;
    assert_eq!((elsewhere.status, elsewhere.error()), (401, "api_secret mismatch".to_owned()));
}

#[tokio::test]
async fn calls_beyond_the_hourly_limit_are_refused_until_the_hour_is_over() {
    let (stand_in, client) = start(&["e/a"]);
    stand_in.behave(|behaviour| behaviour.admin_limit = 3);
    for remaining in ["2", "1", "0"] {
        let answer = client.admin(Method::GET, "ping").await;
        assert_eq!((answer.status, answer.header("X-FeatureRateLimit-Limit")), (200, Some("3")));
        assert_eq!(answer.header("X-FeatureRateLimit-Remaining"), Some(remaining));
    }
    let refused = client.admin(Method::GET, LIST).await;
    assert_eq!(refused.status, 420);
    let text = "Rate Limit Exceeded. Limit of 3 api operations reached. Try again on ";
    assert!(refused.error().starts_with(text), "{}", refused.error());
    assert_eq!(refused.header("X-FeatureRateLimit-Remaining"), Some("0"));
    let reset = httpdate::parse_http_date(refused.header("X-FeatureRateLimit-Reset").unwrap()).unwrap();
    let wait = reset.duration_since(SystemTime::now()).unwrap();
    assert!(wait <= Duration::from_secs(3600));
    assert_eq!((stand_in.admin_calls_this_hour(), stand_in.calls(Endpoint::AdminPing)), (3, 3));

    // Uploads are not counted.
    assert_eq!(client.upload("b.json", "{}", &[]).await.status, 200);
    stand_in.advance(wait + Duration::from_secs(1));
    assert_eq!(client.admin(Method::GET, LIST).await.status, 200);
}

#[tokio::test]
async fn lists_can_lag_behind_while_single_reads_do_not() {
    let (stand_in, client) = start(&["e/a"]);
    stand_in.behave(|behaviour| behaviour.listing_lag = Duration::from_secs(30));
    client.upload("e/b", "{}", &[("type", "authenticated")]).await;
    assert!(stand_in.remove(Delivery::Authenticated, "e/a"));
    // Its own extension, from the file's name.
    assert_eq!(client.admin(Method::GET, &format!("{LIST}/e/b.json")).await.status, 200);
    assert_eq!(client.admin(Method::GET, &format!("{LIST}/e%2Fa")).await.status, 404);
    assert_eq!(page(&client, "prefix=e/").await.0, ["e/a"]);
    stand_in.advance(Duration::from_secs(31));
    assert_eq!(page(&client, "prefix=e/").await.0, ["e/b.json"]);
}

#[tokio::test]
async fn an_older_state_does_not_return_to_a_list() {
    let (stand_in, client) = start(&[]);
    stand_in.behave(|behaviour| behaviour.listing_lag = Duration::from_secs(30));
    stand_in.put(Delivery::Authenticated, "e/a", "{}", Labels::default());
    stand_in.behave(|behaviour| behaviour.listing_lag = Duration::ZERO);
    stand_in.remove(Delivery::Authenticated, "e/a");
    assert!(page(&client, "prefix=e/").await.0.is_empty());
    stand_in.advance(Duration::from_secs(31));
    assert!(page(&client, "prefix=e/").await.0.is_empty());
}

#[tokio::test]
async fn assets_are_deleted_by_ids_or_by_prefix() {
    let (stand_in, client) = start(&["e/a", "e/b", "f/a", "g"]);
    let answer =
        client.admin(Method::DELETE, &format!("{LIST}?public_ids[]=e/a&public_ids[]=x")).await.json();
    assert_eq!(answer["deleted"], serde_json::json!({ "e/a": "deleted", "x": "not_found" }));
    let answer = client.admin(Method::DELETE, &format!("{LIST}?prefix=f/")).await.json();
    assert_eq!(
        (&answer["deleted"], &answer["partial"]),
        (&serde_json::json!({ "f/a": "deleted" }), &false.into())
    );
    assert_eq!(client.admin(Method::DELETE, LIST).await.status, 400);
    assert_eq!(stand_in.assets().len(), 2);
    assert_eq!(stand_in.calls(Endpoint::AdminDelete), 3);
}
