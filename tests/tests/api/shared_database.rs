//! Two servers on one database: each knows what the other does, and both come through an outage.

use std::collections::BTreeMap;
use std::io::{Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::{Answer, Client, Server, picture};
use postgres_server::{Database, Installation, PostgresServer};
use serde_json::json;
use tokio::task::JoinSet;

/// How long the database is away, in seconds; `cargo xtask soak --outage` makes it longer. Longer than a
/// minute, and the servers refuse to verify from memory.
const OUTAGE: &str = "DATABASE_OUTAGE_SECONDS";

/// Asks again until an answer is as wanted, and says how long that took; a minute is long, also on a busy
/// machine.
async fn eventually(what: &str, ask: impl AsyncFn() -> Answer, wanted: impl Fn(&Answer) -> bool) -> Duration {
    let start = Instant::now();
    loop {
        let answer = ask().await;
        if wanted(&answer) {
            return start.elapsed();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "not within a minute: {what}; {answer:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn is_verified(answer: &Answer) -> bool {
    answer.code() == 200 && answer.json["verified"] == json!(true)
}

fn server(url: &str) -> Server {
    Server::builder()
        .unwrap()
        .flags(["--store", url, "--crops", "1", "--workers", "2", "--log-level", "warn"])
        .start()
        .unwrap()
}

/// Pictures of one who is enrolled and of one who is not, how many answers there were, and whether to go on.
struct Load {
    obama: Vec<u8>,
    biden: Vec<u8>,
    answered: AtomicUsize,
    is_over: AtomicBool,
}

/// What the servers answered.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    /// By what was asked, and the status.
    answers: BTreeMap<(&'static str, u16), usize>,
    slowest: Duration,
}

impl Tally {
    fn add(&mut self, asked: &'static str, answer: &Answer, started: Instant) {
        *self.answers.entry((asked, answer.code())).or_default() += 1;
        self.slowest = self.slowest.max(started.elapsed());
    }

    fn and(mut self, other: Self) -> Self {
        for (key, count) in other.answers {
            *self.answers.entry(key).or_default() += count;
        }
        self.slowest = self.slowest.max(other.slowest);
        self
    }

    fn count(&self, asked: &'static str, code: u16) -> usize {
        self.answers.get(&(asked, code)).copied().unwrap_or_default()
    }
}

/// Verifies one who is enrolled and one who is not, until it is over: no answer may be wrong.
async fn verify_on_and_on(client: Client, load: Arc<Load>) -> Tally {
    let mut tally = Tally::default();
    while !load.is_over.load(Ordering::SeqCst) {
        let started = Instant::now();
        let known = client.verify("conference", &load.obama).await.unwrap();
        assert!(is_verified(&known), "{known:?}");
        tally.add("verify", &known, started);
        let started = Instant::now();
        let stranger = client.verify("conference", &load.biden).await.unwrap();
        assert_eq!((stranger.code(), &stranger.json["verified"]), (200, &json!(false)), "{stranger:?}");
        tally.add("verify", &stranger, started);
        load.answered.fetch_add(1, Ordering::SeqCst);
    }
    tally
}

/// Enrols more faces of one who is enrolled, until it is over: each is taken, or refused for the time being.
async fn enrol_on_and_on(client: Client, load: Arc<Load>) -> Tally {
    let mut tally = Tally::default();
    while !load.is_over.load(Ordering::SeqCst) {
        let started = Instant::now();
        let answer = client.add_user("conference", "obama", &load.obama).await.unwrap();
        assert!(matches!(answer.code(), 200 | 503), "{answer:?}");
        assert_eq!(answer.code() == 503, answer.headers.contains_key("retry-after"), "{answer:?}");
        tally.add("enrol", &answer, started);
    }
    tally
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_agree_and_come_through_an_outage_of_their_database_under_load() {
    let outage = std::env::var(OUTAGE).map_or(3, |text| text.parse().unwrap());
    let mut postgres = PostgresServer::start(&Installation::of_tests().unwrap()).unwrap();
    let database = Database::on(&postgres).unwrap();
    let servers = [server(&database.url()), server(&database.url())];
    let [first, second] = servers.each_ref().map(Server::client);
    let (obama, biden) = (picture("obama.jpg").unwrap(), picture("biden.jpg").unwrap());
    let verified = async |client: &Client, face: &[u8]| client.verify("conference", face).await.unwrap();

    assert_eq!(first.add_user("conference", "obama", &obama).await.unwrap().code(), 200);
    let ask = async || verified(&second, &obama).await;
    let seen = eventually("an enrolment at one server is verified at the other", ask, is_verified).await;

    let load =
        Arc::new(Load { obama, biden, answered: AtomicUsize::new(0), is_over: AtomicBool::new(false) });
    let mut tasks = JoinSet::new();
    for client in [&first, &second] {
        for _ in 0..2 {
            tasks.spawn(verify_on_and_on(client.clone(), Arc::clone(&load)));
        }
        tasks.spawn(enrol_on_and_on(client.clone(), Arc::clone(&load)));
    }
    while load.answered.load(Ordering::SeqCst) < 20 {
        assert!(tasks.try_join_next().is_none(), "a client has given up");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    postgres.stop().unwrap();
    tokio::time::sleep(Duration::from_secs(outage)).await;
    postgres.start_again().unwrap();
    let mut recovered = Duration::ZERO;
    for client in [&first, &second] {
        let ask = async || client.add_user("conference", "obama", &load.obama).await.unwrap();
        recovered += eventually("enrolments are taken again", ask, |answer| answer.code() == 200).await;
    }
    load.is_over.store(true, Ordering::SeqCst);
    let tally = tasks.join_all().await.into_iter().fold(Tally::default(), Tally::and);
    writeln!(
        stderr(),
        "{outage} s without the database: {:?}, the slowest in {:?}; the other server knew of an enrolment \
         within {seen:?}, both took enrolments again {recovered:?} after the database was back",
        tally.answers,
        tally.slowest,
    )
    .unwrap();
    assert!(tally.count("enrol", 503) > 0, "enrolments without a database are refused: {tally:?}");

    // What was acknowledged is there, with the four of this task; what was refused may be.
    let answer = first.add_user("conference", "obama", &load.obama).await.unwrap();
    let count = usize::try_from(answer.json["embedding_count"].as_u64().unwrap()).unwrap();
    assert!(count >= tally.count("enrol", 200) + 4, "{count} of {tally:?}");

    let enrolled = first.add_user("conference", "biden", &load.biden).await.unwrap();
    assert_eq!(enrolled.code(), 200, "{enrolled:?}");
    let ask = async || verified(&second, &load.biden).await;
    eventually("the other server knows of it", ask, is_verified).await;
    assert_eq!(second.delete_user("conference", "obama").await.unwrap().code(), 200);
    let ask = async || verified(&first, &load.obama).await;
    eventually("a deletion is seen at the other server", ask, |answer| !is_verified(answer)).await;
}
