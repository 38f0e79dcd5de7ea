//! Keys: who gets in, how far, and for how long.

use crate::auth::Role;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::embeddings::embedding;
use super::recogniser::OBAMA;
use super::server::{Options, start_with};

const ROLES: [(&str, Role); 3] = [("verify", Role::Verify), ("enrol", Role::Enrol), ("admin", Role::Admin)];

/// Every operation of the document: method, path with names in it, and the role that it is said to need.
async fn operations(client: &Client) -> Vec<(String, String, Option<String>)> {
    let document = client.get("/openapi.json").await.json;
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{event}", "summit")
            .replace("{event_name}", "summit")
            .replace("{user}", "zoe")
            .replace("{name}", "nobody")
            .replace("{id}", "01a20fb1-0247-75c3-8a5d-21b9a30a7b91");
        for (method, operation) in item.as_object().unwrap() {
            let role = operation["security"][0]["key"][0].as_str().map(str::to_owned);
            found.push((method.to_uppercase(), path.clone(), role));
        }
    }
    found
}

async fn bare(client: &Client, method: &str, path: &str) -> Answer {
    client.send(client.request(method, path)).await
}

/// The words of a refusal, in whichever form the path has it.
fn words(answer: &Answer) -> &str {
    let message = answer.text_of("message");
    if message.is_empty() { answer.text_of("detail") } else { message }
}

#[actix_web::test]
async fn each_operation_takes_the_role_that_the_document_says_and_no_less() {
    let mut options = Options::default();
    let keys = ROLES.map(|(name, role)| options.key(name, role, &[]));
    let nobody = start_with(options).await;
    let stranger = nobody.with_key("face_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let clients: Vec<Client> = keys.iter().map(|key| nobody.with_key(key)).collect();
    let operations = operations(&nobody).await;
    let open = operations.iter().filter(|(.., role)| role.is_none());
    assert_eq!(open.map(|(_, path, _)| path.as_str()).collect::<Vec<_>>(), ["/health/live", "/health/ready"]);
    for (number, (method, path, role)) in operations.into_iter().enumerate() {
        let Some(role) = role else {
            assert_eq!(bare(&nobody, &method, &path).await.code(), 200, "{path}");
            continue;
        };
        // Each from elsewhere: of one address several would be asked to wait.
        let stranger = stranger.at(&format!("192.0.2.{number}"));
        for (client, start) in [(&nobody, "Send a key of this server"), (&stranger, "The key does not hold")]
        {
            let refused = bare(client, &method, &path).await;
            assert_eq!(refused.code(), 401, "{method} {path}");
            assert_eq!(refused.header("www-authenticate"), "Bearer", "{method} {path}");
            assert!(words(&refused).starts_with(start), "{method} {path}: {}", refused.text);
        }
        let needed = ROLES.iter().position(|(known, _)| *known == role).unwrap();
        for (rank, client) in clients.iter().enumerate() {
            let answer = bare(client, &method, &path).await;
            let too_low =
                format!("This takes a key of the role '{role}', and this one has '{}'", ROLES[rank].0);
            let is_refused = answer.code() == 403 && words(&answer) == too_low;
            assert_eq!(is_refused, rank < needed, "{method} {path} as {}: {}", ROLES[rank].0, answer.text);
            assert_ne!(answer.code(), 401, "{method} {path} as {}", ROLES[rank].0);
        }
    }
}

#[actix_web::test]
async fn pages_and_health_need_no_key_and_what_is_nowhere_says_so() {
    let mut options = Options::default();
    let key = options.key("office", Role::Admin, &[]);
    let nobody = start_with(options).await;
    for path in
        ["/", "/app.js", "/key.js", "/docs/", "/redoc", "/openapi.json", "/health/live", "/health/ready"]
    {
        assert_eq!(nobody.get(path).await.code(), 200, "{path}");
    }
    assert_eq!(nobody.get("/v1/nowhere").await.code(), 404);
    // However its path is written.
    for path in ["/v1/%65vents", "/v1//events", "/v1/events/", "//v1/events", "/%761/events"] {
        let code = nobody.get(path).await.code();
        assert!(code == 401 || code == 404, "{path}: {code}");
    }
    // Any name of the server's will do, since a name alone gets nobody in.
    let office = nobody.with_key(&key);
    let by_name = |client: &Client| client.request("GET", "/v1/events").header("host", "faces.example");
    assert_eq!(nobody.send(by_name(&nobody)).await.code(), 401);
    assert_eq!(office.send(by_name(&office)).await.code(), 200);
    // Pages of other sites are kept out all the same.
    let foreign = office.request("GET", "/v1/events").header("origin", "https://elsewhere.example");
    assert_eq!(office.send(foreign).await.text_of("code"), "foreign_origin");
}

#[actix_web::test]
async fn a_key_is_one_header_by_the_scheme_bearer() {
    let mut options = Options::default();
    let key = options.key("office", Role::Admin, &[]);
    let client = start_with(options).await;
    let with = |values: &[String]| {
        let request = client.request("GET", "/v1/events");
        values.iter().fold(request, |request, value| request.header("authorization", value))
    };
    for (values, code) in [
        (vec![format!("bearer {key}")], 200),
        (vec![format!("Bearer  {key}")], 200),
        (vec![key.clone()], 401),
        (vec![format!("Basic {key}")], 401),
        (vec![format!("Bearer {key}A")], 401),
        (vec![format!("Bearer {}", key.to_uppercase())], 401),
        (vec!["Bearer ".to_owned()], 401),
        // Two, of which it is not known whose the request is.
        (vec![format!("Bearer {key}"), format!("Bearer {key}")], 401),
    ] {
        assert_eq!(client.send(with(&values)).await.code(), code, "{values:?}");
    }
    let in_query = client.get(&format!("/v1/events?key={key}")).await;
    assert_eq!(in_query.code(), 401);
}

#[actix_web::test]
async fn a_key_of_one_event_reaches_no_other_by_any_route() {
    let mut options = Options { debug_data: true, ..Options::default() };
    let office = options.key("office", Role::Admin, &[]);
    let own = options.key("own", Role::Admin, &["own", "later", "a"]);
    let nobody = start_with(options).await;
    let (office, own) = (nobody.with_key(&office), nobody.with_key(&own));
    let faces = json!({"model": "dlib-resnet-v1", "embeddings": [embedding(1)]});
    let mut ids = Vec::new();
    for event in ["own", "other", "a"] {
        let enrolled = office.json("POST", &format!("/v1/events/{event}/users/zoe/faces"), &faces).await;
        assert_eq!(enrolled.code(), 201, "{}", enrolled.text);
        ids.push(enrolled.header("x-transaction-id").to_owned());
    }
    for (method, path, role) in operations(&office).await {
        let path = path.replace("summit", "other");
        if role.is_none() || !path.contains("/other") {
            continue;
        }
        let refused = bare(&own, &method, &path).await;
        assert_eq!(
            (refused.code(), words(&refused)),
            (403, "The key is not for this event"),
            "{method} {path}"
        );
    }
    for refused in [
        own.add_user("other", "mallory", OBAMA).await,
        own.verify("other", OBAMA).await,
        own.users("other").await,
        own.delete_user("other", "zoe").await,
        own.get("/api/debug/cloudinary-data?event_name=other").await,
        own.get("/v1/audit?event=other").await,
        // One that is not there is no different.
        own.users("nowhere").await,
    ] {
        assert_eq!(
            (refused.code(), words(&refused)),
            (403, "The key is not for this event"),
            "{}",
            refused.text
        );
    }
    let all = own.get("/v1/audit").await;
    assert_eq!((all.code(), words(&all)), (403, "The key is for some events alone: name one with event="));
    // What it sees is its own.
    let names = |list: &Value, key: &str| -> Vec<String> {
        list["events"].as_array().unwrap().iter().map(|e| e[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&own.get("/api/events").await.json, "event_name"), ["a", "own"]);
    assert_eq!(names(&own.get("/v1/events").await.json, "name"), ["a", "own"]);
    let first = own.get("/v1/events?limit=1").await.json;
    assert_eq!(names(&first, "name"), ["a"]);
    let next = format!("/v1/events?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = own.get(&next).await.json;
    assert_eq!((names(&second, "name"), &second["next_cursor"]), (vec!["own".to_owned()], &Value::Null));
    let stored = own.get("/api/debug/cloudinary-data").await.json;
    assert_eq!(stored["data"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "own"]);
    assert_eq!(own.get("/v1/audit?event=own").await.code(), 200);
    for (id, code) in [(&ids[0], 200), (&ids[1], 404), (&ids[2], 200)] {
        assert_eq!(own.get(&format!("/v1/transactions/{id}")).await.code(), code);
        let older = format!("/get_transaction_details/?transaction_id={id}");
        assert_eq!(own.get(&older).await.code(), code);
    }
    // What it asked of no event is its own too.
    let looked = own.pictures("/v1/faces/embed", &[OBAMA], &[]).await;
    let id = looked.header("x-transaction-id");
    assert_eq!(own.get(&format!("/v1/transactions/{id}")).await.code(), 200);
    // An event that is to come is made by its key.
    assert_eq!(own.json("PUT", "/v1/events/later", &json!({})).await.code(), 201);
    assert_eq!(office.get("/v1/events/other").await.json["user_count"], 1);
}
