//! Connections without sockets, on a clock that is set.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_server::Server;
use actix_service::{Service, ServiceFactory, ServiceFactoryExt, map_config};
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::AppConfig;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, pause, sleep, timeout};

use super::answer::{PART, pace_answers};
use super::listen::http_service;
use super::number::Number;
use super::stream::{HEAD, Paced};

/// What the network between client and server takes before either reads.
const NETWORK: usize = 16 << 10;
const LIMIT: Duration = Duration::from_secs(30);
static LARGE: &[u8] = &[b'x'; 1 << 20];

struct Connection {
    client: DuplexStream,
    server: JoinHandle<bool>,
    /// Requests that reached a handler.
    begun: Rc<Cell<usize>>,
}

/// A connection to a server with `/large`, and with `/echo`, which sends a body back.
async fn connect(number: &Arc<Number>) -> Connection {
    let begun = Rc::new(Cell::new(0));
    let (large, echo) = (Rc::clone(&begun), Rc::clone(&begun));
    let app = App::new()
        .route(
            "/large",
            web::get().to(move || {
                large.set(large.get() + 1);
                async { HttpResponse::Ok().body(LARGE) }
            }),
        )
        .route(
            "/echo",
            web::post().to(move |body: Bytes| {
                echo.set(echo.get() + 1);
                async { HttpResponse::Ok().body(body) }
            }),
        )
        .wrap(from_fn(pace_answers));
    let app =
        map_config(app, |()| AppConfig::default()).map_err(|error: actix_web::Error| error.error_response());
    // Of a server that is gone already: it never says to stop.
    let http = http_service(app, Server::build().graceful_shutdown_signal());
    let service = http.new_service(()).await.unwrap();
    let (client, stream) = duplex(NETWORK);
    let paced = Paced::new(stream, None, number.enter(), LIMIT);
    let server = spawn_local(async move { service.call((paced, None)).await.is_ok() });
    Connection { client, server, begun }
}

fn unlimited() -> Arc<Number> {
    Arc::new(Number::new(1000))
}

/// Reads to the end of the connection.
async fn rest(client: &mut DuplexStream) -> String {
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[actix_web::test]
async fn a_client_that_takes_nothing_is_ended_after_the_limit_and_sooner_in_a_crowd() {
    pause();
    for (number, limit) in [(unlimited(), LIMIT), (Arc::new(Number::new(1)), Duration::from_secs(5))] {
        let mut connection = connect(&number).await;
        let started = Instant::now();
        connection.client.write_all(&b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n".repeat(6)).await.unwrap();
        let went_well = connection.server.await.unwrap();
        assert!(!went_well && started.elapsed().as_secs() == limit.as_secs(), "{:?}", started.elapsed());
        assert_eq!(connection.begun.get(), 1, "the others wait for the first");
        assert_eq!(Arc::strong_count(&number), 1, "it is no longer counted");
    }
}

#[actix_web::test]
async fn a_client_that_took_nothing_before_the_crowd_came_makes_room_too() {
    pause();
    let number = Arc::new(Number::new(2));
    let mut connection = connect(&number).await;
    let started = Instant::now();
    connection.client.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    sleep(Duration::from_secs(7)).await;
    let _second = number.enter();
    assert!(!connection.server.await.unwrap());
    assert_eq!(started.elapsed().as_secs(), 10, "at the next look");
}

#[actix_web::test]
async fn of_a_client_that_takes_nothing_no_more_requests_are_read() {
    pause();
    let mut connection = connect(&unlimited()).await;
    let mut sent = 0;
    let request = b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n";
    while let Ok(written) = timeout(Duration::from_secs(1), connection.client.write(request)).await {
        sent += written.unwrap();
    }
    // What the network holds, a head and what is read ahead.
    assert!(sent <= NETWORK + (8 << 10), "{sent} bytes were taken");
    assert_eq!(connection.begun.get(), 1);
}

#[actix_web::test]
async fn a_slow_client_gets_all_of_its_answer() {
    pause();
    let mut connection = connect(&unlimited()).await;
    connection
        .client
        .write_all(b"GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let (mut all, mut part) = (Vec::new(), vec![0; NETWORK]);
    loop {
        sleep(Duration::from_secs(8)).await;
        match connection.client.read(&mut part).await.unwrap() {
            0 => break,
            read => all.extend_from_slice(&part[..read]),
        }
    }
    assert!(all.ends_with(LARGE) && connection.server.await.unwrap(), "{} bytes came", all.len());
}

#[actix_web::test]
async fn requests_that_come_together_are_answered_in_order() {
    pause();
    let mut connection = connect(&unlimited()).await;
    // An empty line in a body ends no request, one without CR ends a head, and a chunked body has an end of its own.
    let requests = b"\r\nPOST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\na\r\n\r\nbPOST /echo HTTP/1.1\nhost: x\n\
        transfer-encoding: chunked\n\n3\r\n\n\nc\r\n0\r\n\r\nPOST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n\
        GET /nothing HTTP/1.1\r\nhost: x\r\n\r\nPOST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\nend";
    connection.client.write_all(requests).await.unwrap();
    let answers = rest(&mut connection.client).await;
    let bodies: Vec<&str> = answers
        .split("HTTP/1.1 ")
        .skip(1)
        .map(
            |answer| if answer.starts_with("404") { "404" } else { answer.split_once("\r\n\r\n").unwrap().1 },
        )
        .collect();
    assert_eq!(bodies, ["a\r\n\r\nb", "\n\nc", "", "404", "end"], "{answers}");
}

#[actix_web::test]
async fn a_head_that_does_not_arrive_is_answered_by_408_as_documented() {
    pause();
    for earlier in ["", "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok"] {
        for begun in ["GET /large HT", "GET /large HTTP/1.1\r\nhost: x\r\n"] {
            let mut connection = connect(&unlimited()).await;
            connection.client.write_all(format!("{earlier}{begun}").as_bytes()).await.unwrap();
            let started = Instant::now();
            let answers = rest(&mut connection.client).await;
            assert_eq!(started.elapsed().as_secs(), HEAD.as_secs());
            let (head, body) = answers.split_at(answers.find("HTTP/1.1 408 Request Timeout\r\n").unwrap());
            assert_eq!(head.is_empty(), earlier.is_empty(), "{answers}");
            let (head, body) = body.split_once("\r\n\r\n").unwrap();
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!((&body["code"], &body["status"]), (&"too_slow".into(), &408.into()));
            let id = body["request_id"].as_str().unwrap();
            for expected in [
                "content-type: application/problem+json",
                "connection: close",
                &format!("x-request-id: {id}"),
                &format!("x-transaction-id: {id}"),
            ] {
                assert!(head.contains(expected), "{head}");
            }
        }
    }
}

#[actix_web::test]
async fn a_connection_that_is_idle_after_an_answer_is_closed_without_a_word() {
    pause();
    let mut connection = connect(&unlimited()).await;
    connection
        .client
        .write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok")
        .await
        .unwrap();
    let started = Instant::now();
    let answers = rest(&mut connection.client).await;
    assert!(answers.ends_with("ok") && connection.server.await.unwrap(), "{answers}");
    assert_eq!(started.elapsed().as_secs(), HEAD.as_secs());
}

#[actix_web::test]
async fn a_large_body_comes_in_small_parts_of_the_same_memory() {
    let app = App::new().route("/", web::get().to(|| async { HttpResponse::Ok().body(LARGE) }));
    let app = init_service(app.wrap(from_fn(pace_answers))).await;
    let answer = call_service(&app, TestRequest::get().uri("/").to_request()).await;
    let mut body = answer.into_body();
    let first = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_next(context)).await;
    let first = first.unwrap().unwrap();
    assert!(first.len() == PART && LARGE.as_ptr_range().contains(&first.as_ptr()));
    assert_eq!(to_bytes(body).await.unwrap().len(), LARGE.len() - PART);
}

#[actix_web::test]
async fn the_rest_of_a_body_that_nobody_wants_is_no_head_of_a_request_whatever_it_looks_like() {
    let (mut client, stream) = duplex(NETWORK);
    let mut paced = Paced::new(stream, None, unlimited().enter(), LIMIT);
    let turn = paced.turns.begin(100_000);
    turn.answer();
    drop(turn);
    client.write_all(&b"\r\n\r\n".repeat(2_000)).await.unwrap();
    let mut bytes = [0; 8_000];
    // As heads they would be handed on two bytes at a time.
    assert_eq!(paced.read(&mut bytes).await.unwrap(), bytes.len());
}
