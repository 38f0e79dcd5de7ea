//! What was acknowledged is there after `kill -9`, and nothing is half there.

use std::collections::BTreeSet;

use e2e::{Server, picture};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn every_enrolment_acknowledged_before_a_kill_is_there_after_it() {
    // All users have one face, and the first of them is as good an answer as any.
    let flags = ["--uploads", "200", "--crops", "1", "--margin", "0"];
    let mut server = Server::builder().unwrap().flags(flags).start().unwrap();
    let face = picture("obama.jpg").unwrap();
    // Two users take turns, so that appending to a present user is interrupted too.
    let mut enrolments: FuturesUnordered<_> = (0..100)
        .map(|number| {
            let (client, face) = (server.client(), face.clone());
            let user = if number % 2 == 0 { format!("user-{number}") } else { "regular".to_owned() };
            tokio::spawn(async move {
                loop {
                    match client.add_user("rush", &user, &face).await {
                        // More at once than the queue holds: come back, as the answer says.
                        Ok(answer) if answer.code() == 503 => tokio::task::yield_now().await,
                        Ok(answer) if answer.code() == 200 => {
                            return Some((user, answer.json["embedding_count"].as_u64().unwrap()));
                        }
                        Ok(answer) => panic!("{answer:?}"),
                        Err(_) => return None,
                    }
                }
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    while acknowledged.len() < 40 {
        acknowledged.extend(enrolments.next().await.unwrap().unwrap());
    }
    server.kill().unwrap();
    while let Some(outcome) = enrolments.next().await {
        acknowledged.extend(outcome.unwrap());
    }
    assert!(acknowledged.len() < 100, "the server was killed in the middle");

    server.restart().unwrap();
    let client = server.client();
    let users: BTreeSet<String> =
        serde_json::from_value(client.users("rush").await.unwrap().json["users"].clone()).unwrap();
    for (user, _) in &acknowledged {
        assert!(users.contains(user), "{user} was acknowledged and is lost");
    }
    let most =
        acknowledged.iter().filter(|(user, _)| user == "regular").map(|(_, count)| *count).max().unwrap_or(0);
    let next = client.add_user("rush", "regular", &face).await.unwrap();
    assert!(next.json["embedding_count"].as_u64().unwrap() > most, "{next:?}");
    assert_eq!(client.verify("rush", &face).await.unwrap().json["verified"], json!(true));
}

#[tokio::test]
async fn a_second_server_on_the_same_file_says_who_has_it() {
    let server = Server::start().unwrap();
    let output = e2e::server_command(server.folder()).unwrap().args(["--port", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("faces.redb") && words.contains("another"), "{words}");
}
