//! Two servers on one database: each knows what the other does, and both come through an outage.

use std::time::{Duration, Instant};

use e2e::{Answer, Client, Server, picture};
use postgres_server::{Database, Installation, PostgresServer};
use serde_json::json;

/// Asks again until an answer is as wanted; a minute is long, also on a busy machine.
async fn eventually(what: &str, ask: impl AsyncFn() -> Answer, wanted: impl Fn(&Answer) -> bool) {
    let start = Instant::now();
    loop {
        let answer = ask().await;
        if wanted(&answer) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "not within a minute: {what}; {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_verified(answer: &Answer) -> bool {
    answer.code() == 200 && answer.json["verified"] == json!(true)
}

fn server(url: &str) -> Server {
    Server::builder().unwrap().flags(["--store", url, "--crops", "1", "--workers", "1"]).start().unwrap()
}

async fn verified(client: &Client, face: &[u8]) -> Answer {
    client.verify("conference", face).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_agree_and_come_through_an_outage_of_their_database() {
    let mut postgres = PostgresServer::start(&Installation::of_tests().unwrap()).unwrap();
    let database = Database::on(&postgres).unwrap();
    let (first, second) = (server(&database.url()), server(&database.url()));
    let (first, second) = (first.client(), second.client());
    let (obama, biden) = (picture("obama.jpg").unwrap(), picture("biden.jpg").unwrap());

    assert_eq!(first.add_user("conference", "obama", &obama).await.unwrap().code(), 200);
    let ask = async || verified(&second, &obama).await;
    eventually("an enrolment at one server is verified at the other", ask, is_verified).await;

    postgres.stop().unwrap();
    // Enrolments are refused at once. The server that was asked for one does not know any more what the event
    // holds, and says so; the other one goes on from memory. Neither gives a wrong answer.
    for _ in 0..3 {
        let refused = first.add_user("conference", "biden", &biden).await.unwrap();
        assert_eq!(refused.code(), 503, "{refused:?}");
        assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
        let uncertain = verified(&first, &obama).await;
        assert!(is_verified(&uncertain) || uncertain.code() == 503, "{uncertain:?}");
        assert!(is_verified(&verified(&second, &obama).await));
        let stranger = verified(&second, &biden).await;
        assert_eq!((stranger.code(), &stranger.json["verified"]), (200, &json!(false)), "{stranger:?}");
    }

    postgres.start_again().unwrap();
    let ask = async || first.add_user("conference", "biden", &biden).await.unwrap();
    eventually("enrolments are taken again", ask, |answer| answer.code() == 200).await;
    let ask = async || verified(&second, &biden).await;
    eventually("the other server knows of it", ask, is_verified).await;
    let ask = async || first.delete_user("conference", "obama").await.unwrap();
    eventually("deletions are taken again", ask, |answer| answer.code() == 200).await;
    let ask = async || verified(&second, &obama).await;
    eventually("a deletion is seen at the other server", ask, |answer| !is_verified(answer)).await;
}
