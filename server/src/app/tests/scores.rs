//! What keys below admin are told of distances: nothing that depends on a user who was not recognised.
//!
//! Two servers hold users of the same names with other faces. Whatever one of their answers says of a stranger, the other's
//! says too, or it tells of the faces.

use serde_json::{Map, Value, json};

use super::client::{Answer, Client};
use super::embeddings::embedding;
use super::form::Form;
use super::recogniser::{OBAMA, OBAMA_2};
use super::server::{Options, start_with};
use crate::auth::Role;
use crate::scores::Scores;

const CHECK_INS: &str = "/v1/events/summit/check-ins";

/// A server, as each role sees it.
struct Server {
    verify: Client,
    enrol: Client,
    admin: Client,
}

async fn server(scores: Scores) -> Server {
    let mut options = Options { scores, ..Options::default() };
    let roles = [("door", Role::Verify), ("desk", Role::Enrol), ("office", Role::Admin)];
    let keys = roles.map(|(name, role)| options.key(name, role, &[]));
    let nobody = start_with(options).await;
    let [verify, enrol, admin] = keys.map(|key| nobody.with_key(&key));
    Server { verify, enrol, admin }
}

impl Server {
    /// Enrols users from pictures, in the order given, whoever they are like.
    async fn with(self, users: &[(&str, &str, &[&str])]) -> Self {
        for (event, user, pictures) in users {
            let pictures: Vec<&[u8]> = pictures.iter().map(|picture| picture.as_bytes()).collect();
            let path = format!("/v1/events/{event}/users/{user}/faces");
            let answer = self.admin.pictures(&path, &pictures, &[("on_duplicate", "allow")]).await;
            assert_eq!(answer.code(), 201, "{answer:?}");
        }
        self
    }
}

/// Two servers that differ in faces and in how many a user has, and in nothing else.
async fn two_servers(scores: Scores) -> [Server; 2] {
    let one = server(scores).await.with(&[
        ("summit", "obama", &["obama"]),
        ("summit", "biden", &["biden"]),
        ("twins", "first", &["obama"]),
        ("twins", "second", &["obama"]),
        ("warn", "first", &["obama 4"]),
        ("warn", "second", &["obama 5"]),
        ("gate", "obama", &["obama"]),
        ("gate", "other", &["stranger 5001"]),
    ]);
    let other = server(scores).await.with(&[
        ("summit", "obama", &["obama 2", "obama 3"]),
        ("summit", "biden", &["biden 2", "biden 3", "biden 4"]),
        ("twins", "first", &["obama 3", "obama 4"]),
        ("twins", "second", &["obama 3", "obama 4"]),
        ("warn", "first", &["obama 5"]),
        ("warn", "second", &["obama 4"]),
        ("gate", "obama", &["obama"]),
        ("gate", "other", &["stranger 5002", "stranger 5002"]),
    ]);
    [one.await, other.await]
}

/// An answer without what is new in each: ids, times and how long it took.
fn told(answer: &Answer) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for key in ["id", "request_id", "transaction_id", "time", "timings_ms"] {
                    fields.remove(key);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut body = answer.json.clone();
    strip(&mut body);
    // The length follows that of the time it took; the one of CORS is a list in any order.
    let others = ["x-request-id", "x-transaction-id", "content-length", "access-control-expose-headers"];
    let headers = answer.headers.iter().filter(|(name, _)| !others.contains(&name.as_str()));
    let text = |value: &[u8]| json!(String::from_utf8_lossy(value));
    let headers: Map<_, _> =
        headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    json!([answer.code(), headers, body])
}

/// All that can be asked about a stranger with a key; of every twentieth about the next ones too, in one picture; and
/// of every fiftieth what the transactions say.
async fn ask(client: &Client, stranger: usize) -> Vec<Answer> {
    let picture = format!("stranger {stranger}").into_bytes();
    let ask = async |path: &str| client.pictures(path, &[&picture], &[]).await;
    let mut answers = vec![
        client.verify("summit", &picture).await,
        ask("/v1/events/summit/users/obama/verify").await,
        ask(CHECK_INS).await,
    ];
    if stranger.is_multiple_of(20) {
        let crowd: Vec<_> = (stranger..stranger + 20).map(|one| format!("stranger {one}")).collect();
        let (path, fields) = ("/v1/events/summit/identify", [("top_k", "100"), ("faces", "all")]);
        let identified = client.pictures(path, &[crowd.join("+").as_bytes()], &fields).await;
        assert_eq!(identified.json["faces"].as_array().unwrap().len(), 20, "{identified:?}");
        answers.push(identified);
    }
    if stranger.is_multiple_of(50) {
        answers.extend(transactions(client, &answers).await);
    }
    answers
}

async fn transactions(client: &Client, answers: &[Answer]) -> Vec<Answer> {
    let mut told = Vec::new();
    for answer in answers {
        let id = answer.header("x-transaction-id");
        told.push(client.get(&format!("/v1/transactions/{id}")).await);
        told.push(client.get(&format!("/get_transaction_details/?transaction_id={id}")).await);
    }
    told
}

#[actix_web::test]
async fn a_thousand_strangers_learn_nothing_of_who_is_registered() {
    let [one, other] = two_servers(Scores::Matches).await;
    for stranger in 0..1000_usize {
        let key = |server: &Server| {
            if stranger.is_multiple_of(2) { server.verify.clone() } else { server.enrol.clone() }
        };
        let answers = [ask(&key(&one), stranger).await, ask(&key(&other), stranger).await];
        for (here, there) in answers[0].iter().zip(&answers[1]) {
            assert_eq!(here.code(), 200, "{here:?}");
            assert_eq!(told(here), told(there), "stranger {stranger}");
        }
    }
}

#[actix_web::test]
async fn admins_and_those_whom_the_setting_allows_are_told_how_near_a_stranger_is() {
    let [one, other] = two_servers(Scores::Matches).await;
    let [open, otherwise] = two_servers(Scores::All).await;
    let pairs =
        [(&one.admin, &other.admin), (&open.verify, &otherwise.verify), (&open.enrol, &otherwise.enrol)];
    for (here, there) in pairs {
        for (here, there) in ask(here, 0).await.iter().zip(ask(there, 0).await) {
            assert_ne!(told(here), told(&there));
        }
    }
    let legacy = one.verify.verify("summit", b"stranger 1").await.json;
    assert_eq!((&legacy["confidence"], legacy.get("distance")), (&json!(0.0), None), "{legacy}");
    assert!(one.admin.verify("summit", b"stranger 1").await.json["distance"].is_number());
}

#[actix_web::test]
async fn a_refusal_of_any_kind_says_the_same_whatever_faces_are_registered() {
    let servers = two_servers(Scores::Matches).await;
    let mut told_by = Vec::new();
    for Server { verify, enrol, .. } in &servers {
        let mut answers = Vec::new();
        // Two who are alike, a picture that is too poor, and somebody else's face for a name.
        for picture in [OBAMA, OBAMA_2, b"ruined obama"] {
            answers.push(verify.verify("twins", picture).await);
            answers.push(verify.pictures("/v1/events/twins/identify", &[picture], &[("top_k", "9")]).await);
            answers.push(verify.pictures("/v1/events/twins/check-ins", &[picture], &[]).await);
        }
        answers.push(verify.pictures("/v1/events/summit/users/biden/verify", &[OBAMA_2], &[]).await);
        answers.push(verify.pictures("/v1/events/summit/identify", &[b"ruined obama"], &[]).await);
        // Enrolments that are refused, or warned of.
        let faces = "/v1/events/summit/users/mallory/faces";
        answers.push(enrol.pictures(faces, &[b"obama 5"], &[]).await);
        assert_eq!(answers[answers.len() - 1].codes(), (409, "duplicate_person"));
        let faces = "/v1/events/summit/users/biden/faces";
        answers.push(enrol.pictures(faces, &[b"astronaut"], &[]).await);
        assert_eq!(answers[answers.len() - 1].codes(), (409, "other_person"));
        let faces = "/v1/events/warn/users/mallory/faces";
        let warned = enrol.pictures(faces, &[b"obama 4"], &[("on_duplicate", "warn")]).await;
        assert_eq!(warned.json["duplicates"].as_array().unwrap().len(), 2, "{warned:?}");
        answers.push(warned);
        let said = transactions(verify, &answers).await;
        answers.extend(said);
        told_by.push(answers);
    }
    for (here, there) in told_by[0].iter().zip(&told_by[1]) {
        // The id of an accepted face is as new as that of a transaction.
        assert_eq!(told(here), told(there));
    }
}

#[actix_web::test]
async fn a_match_says_how_near_its_user_is_and_nothing_of_the_others() {
    let [one, other] = two_servers(Scores::Matches).await;
    let ask = async |client: &Client| {
        client.pictures("/v1/events/gate/identify", &[OBAMA_2], &[("top_k", "100")]).await
    };
    let (here, there) = (ask(&one.verify).await, ask(&other.verify).await);
    assert_eq!(told(&here), told(&there));
    let face = &here.json["faces"][0];
    assert_eq!((face["user"].as_str(), &face["margin"]), (Some("obama"), &Value::Null), "{face}");
    let (distance, confidence) = (&face["distance"], &face["confidence"]);
    assert!(distance.is_number() && confidence.is_number(), "{face}");
    let only = json!([{"user": "obama", "distance": distance, "confidence": confidence}]);
    assert_eq!(face["candidates"], only);
    let all = ask(&one.admin).await;
    assert_eq!(all.json["faces"][0]["candidates"].as_array().unwrap().len(), 2, "{all:?}");
    let legacy = one.verify.verify("gate", OBAMA_2).await.json;
    assert_eq!((&legacy["distance"], &legacy["confidence"]), (distance, confidence));
    for said in transactions(&one.verify, std::slice::from_ref(&here)).await {
        assert_eq!(&said.json["entries"][0]["distance"], distance, "{said:?}");
    }
}

#[actix_web::test]
async fn a_check_in_that_was_corrected_shows_its_distance_to_admins_alone() {
    let server = server(Scores::Matches).await;
    let server = server.with(&[("summit", "obama", &["obama"]), ("summit", "biden", &["biden"])]).await;
    let came = server.verify.pictures(CHECK_INS, &[OBAMA_2], &[]).await;
    assert!(came.json["check_in"]["distance"].is_number(), "{came:?}");
    let one = format!("{CHECK_INS}/{}", came.json["check_in"]["id"].as_str().unwrap());
    let lists =
        [CHECK_INS.to_owned(), format!("{CHECK_INS}?format=ndjson"), format!("{CHECK_INS}?format=csv")];
    let distance = came.json["check_in"]["distance"].to_string();
    let shown = async |client: &Client, path: &str| client.get(path).await.text.contains(&distance);
    for path in lists.iter().chain([&one]) {
        assert!(shown(&server.verify, path).await, "{path}");
    }
    let correction = json!({"user": "biden", "reason": "twins"});
    let corrected = server.verify.json("PATCH", &one, &correction).await;
    assert!(corrected.json["distance"].is_null() && corrected.json["threshold"].is_null(), "{corrected:?}");
    for path in lists.iter().chain([&one]) {
        assert!(!shown(&server.verify, path).await, "{path}");
        assert!(!shown(&server.enrol, path).await, "{path}");
        assert!(shown(&server.admin, path).await, "{path}");
    }
}

#[actix_web::test]
async fn two_pictures_of_different_people_are_no_match_and_no_number() {
    let server = server(Scores::Matches).await;
    let compare = async |client: &Client, second: &[u8]| {
        client.post("/v1/faces/compare", Form::new().file("first", OBAMA).file("second", second)).await
    };
    let no_match = compare(&server.verify, b"stranger 1").await;
    assert_eq!(no_match.text_of("decision"), "no_match");
    assert!(no_match.json["distance"].is_null() && no_match.json["confidence"].is_null(), "{no_match:?}");
    for said in transactions(&server.verify, &[no_match]).await {
        assert!(said.json["entries"][0]["distance"].is_null(), "{said:?}");
    }
    assert!(compare(&server.verify, OBAMA_2).await.json["distance"].is_number());
    assert!(compare(&server.admin, b"stranger 1").await.json["distance"].is_number());
}

#[actix_web::test]
async fn embeddings_are_for_admins_to_have_and_to_give_unless_the_setting_says_all() {
    let faces = json!({"model": "sface-2021dec", "embeddings": [embedding(1)]});
    let path = "/v1/events/summit/users/zoe/faces";
    let closed = server(Scores::Matches).await;
    for client in [&closed.verify, &closed.enrol] {
        let refused = client.pictures("/v1/faces/embed", &[OBAMA], &[]).await;
        assert_eq!(refused.codes(), (403, "role_too_low"), "{refused:?}");
        assert_eq!(client.json("POST", path, &faces).await.codes(), (403, "role_too_low"));
    }
    let open = server(Scores::All).await;
    for (embeds, enrols) in [(&closed.admin, &closed.admin), (&open.verify, &open.enrol)] {
        assert_eq!(embeds.pictures("/v1/faces/embed", &[OBAMA], &[]).await.code(), 200);
        assert_eq!(enrols.json("POST", path, &faces).await.code(), 201);
    }
}
