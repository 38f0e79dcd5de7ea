//! Many requests at once: none is lost, and one that is sent again is done once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use e2e::{Answer, Client, Server, embedding, picture};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Users who are checked in, each by requests that are sent several times at once.
const USERS: usize = 150;
/// How often a check-in is sent, with the same key.
const TIMES: usize = 5;
/// Faces that are enrolled for one user while that goes on.
const ENROLMENTS: usize = 150;
/// Pictures of which it is asked whom they show.
const QUESTIONS: usize = 100;
/// How long one request is sent again and again while the server is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// One request of the mixture.
#[derive(Debug, Clone, Copy)]
enum Task {
    CheckIn { user: usize },
    Enrol { number: usize },
    Identify,
}

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Result<Answer> {
    client.send(client.request("POST", path).header("idempotency-key", key).json(body)).await
}

async fn send(client: &Client, face: &[u8], task: Task) -> Result<Answer> {
    match task {
        Task::CheckIn { user } => {
            let body = json!({"user": format!("user-{user}")});
            post(client, "/v1/events/summit/check-ins", &format!("check-in-{user}"), &body).await
        }
        Task::Enrol { number } => {
            let body = json!({"model": "sface-2021dec", "embeddings": [embedding(number)],
                "on_duplicate": "allow", "on_other_person": "allow"});
            post(client, "/v1/events/summit/users/many/faces", &format!("enrol-{number}"), &body).await
        }
        Task::Identify => {
            let form = Form::new().part("file", Part::bytes(face.to_vec()).file_name("face.jpg"));
            let request = client.request("POST", "/v1/events/summit/identify").multipart(form);
            client.send(request).await
        }
    }
}

/// Sends a request until the server has time for it, as often as it says: what it refused it has not done. On a busy
/// machine a head may come later than the five seconds for which the server waits, and is then sent again too.
async fn send_until_taken(client: &Client, face: &[u8], task: Task) -> Answer {
    let started = Instant::now();
    loop {
        let is_over = started.elapsed() > PATIENCE;
        let seconds = match send(client, face, task).await {
            Ok(answer) if is_over || !matches!(answer.code(), 408 | 503) => return answer,
            Ok(answer) => {
                answer.headers.get("retry-after").map_or(1, |it| it.to_str().unwrap().parse().unwrap())
            }
            Err(error) if is_over => panic!("{task:?}: {error:#}"),
            Err(_) => 1,
        };
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

/// The tasks, those of a kind spread over the whole and a check-in's repetitions next to each other.
fn mixture() -> Vec<Task> {
    let mut tasks = Vec::new();
    for user in 0..USERS {
        tasks.extend([Task::CheckIn { user }; TIMES]);
        tasks.extend((user < ENROLMENTS).then_some(Task::Enrol { number: 1000 + user }));
        tasks.extend((user < QUESTIONS).then_some(Task::Identify));
    }
    tasks
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_mixed_requests_at_once_lose_no_check_in_and_double_none() {
    let server = Server::start().unwrap();
    let client = server.client();
    let face = Arc::new(picture("obama.jpg").unwrap());
    let enrolled = client.add_user("summit", "obama", &face).await.unwrap();
    assert_eq!(enrolled.code(), 200, "{enrolled:?}");
    for user in 0..USERS {
        let body =
            json!({"model": "sface-2021dec", "embeddings": [embedding(user)], "on_duplicate": "allow"});
        let path = format!("/v1/events/summit/users/user-{user}/faces");
        assert_eq!(post(&client, &path, &format!("first-{user}"), &body).await.unwrap().code(), 201);
    }

    let tasks = mixture();
    assert_eq!(tasks.len(), 1000);
    let mut sending = JoinSet::new();
    for task in tasks {
        let (client, face) = (client.clone(), Arc::clone(&face));
        sending.spawn(async move { (task, send_until_taken(&client, &face, task).await) });
    }
    let answers = sending.join_all().await;

    // Of each key one is new, and the others say what that one did.
    let mut check_ins: BTreeMap<usize, Vec<(u16, String, String)>> = BTreeMap::new();
    for (task, answer) in &answers {
        match task {
            Task::CheckIn { user } => {
                let (outcome, id) = (answer.text_of("outcome"), &answer.json["check_in"]["id"]);
                let told = (answer.code(), outcome.to_owned(), id.as_str().unwrap_or_default().to_owned());
                check_ins.entry(*user).or_default().push(told);
            }
            Task::Enrol { .. } => assert_eq!(answer.code(), 201, "{answer:?}"),
            Task::Identify => {
                assert_eq!(answer.code(), 200, "{answer:?}");
                let shown = &answer.json["faces"][0]["user"];
                assert_eq!(shown, &json!("obama"), "{answer:?}");
            }
        }
    }
    let mut expected = BTreeSet::new();
    for (user, mut told) in check_ins {
        told.sort();
        assert_eq!(told.len(), TIMES);
        let id = told[0].2.clone();
        assert!(told.iter().all(|(_, _, other)| *other == id), "user-{user}: {told:?}");
        let new = told.iter().filter(|(code, outcome, _)| (*code, outcome.as_str()) == (201, "checked_in"));
        let again = told.iter().filter(|(code, outcome, _)| (*code, outcome.as_str()) == (200, "repeated"));
        assert_eq!((new.count(), again.count()), (1, TIMES - 1), "user-{user}: {told:?}");
        expected.insert((format!("user-{user}"), id));
    }

    // The list has each of them, once.
    let listed = client.get("/v1/events/summit/check-ins?limit=1000").await.unwrap();
    let rows = listed.json["check_ins"].as_array().unwrap().clone();
    assert_eq!((rows.len(), &listed.json["next_cursor"]), (USERS, &Value::Null));
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let found: BTreeSet<_> = rows.iter().map(|row| (text(row, "user"), text(row, "id"))).collect();
    assert_eq!(found, expected);
    let many = client.get("/v1/events/summit/users/many/faces").await.unwrap();
    assert_eq!(many.json["faces"].as_array().unwrap().len(), ENROLMENTS);
}
