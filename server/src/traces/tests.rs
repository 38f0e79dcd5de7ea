//! What a collector is sent, and that nobody waits for it.

use std::sync::Mutex;
use std::sync::mpsc;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::*;

/// A collector that keeps what it is sent.
fn collector() -> (CollectorUrl, mpsc::Receiver<Bytes>) {
    let (sender, batches) = mpsc::channel();
    let sender = web::Data::new(Mutex::new(sender));
    let take = async |sender: web::Data<Mutex<mpsc::Sender<Bytes>>>, batch: Bytes| {
        sender.lock().unwrap().send(batch).unwrap();
        HttpResponse::Ok().finish()
    };
    let server = HttpServer::new(move || {
        App::new().app_data(sender.clone()).route("/v1/traces", web::post().to(take))
    })
    .workers(1)
    .bind(("127.0.0.1", 0))
    .unwrap();
    let url = format!("http://{}/", server.addrs()[0]).parse().unwrap();
    actix_web::rt::spawn(server.run());
    (url, batches)
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[actix_web::test]
async fn a_request_and_its_stages_are_sent_as_part_of_the_callers_trace() {
    let (url, batches) = collector();
    let traces = Traces::start(&url).unwrap();
    let mut headers = HeaderMap::new();
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    headers.insert(HeaderName::from_static("traceparent"), HeaderValue::from_static(parent));
    let trace = traces.begin(&headers).unwrap();
    trace
        .stages()
        .note_in(async {
            note_stage("store", Some("append_sample"), Duration::from_millis(2));
            let stages = Stages::current().unwrap();
            let thread =
                std::thread::spawn(move || stages.on_thread(|| note_stage("embed", None, Duration::ZERO)));
            thread.join().unwrap();
        })
        .await;
    note_stage("stray", None, Duration::ZERO);
    trace.end("POST", "/v1/events/{event}/verify", Some(StatusCode::OK));
    traces.stop().await;

    let batch = batches.try_recv().unwrap();
    for text in
        ["POST /v1/events/{event}/verify", "http.route", "store append_sample", "embed", "face-server"]
    {
        assert!(contains(&batch, text.as_bytes()), "{text}");
    }
    assert!(!contains(&batch, b"stray"));
    // The trace and the span of the caller.
    assert!(contains(&batch, &0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes()));
    assert!(contains(&batch, &0xb7ad_6b71_6920_3331_u64.to_be_bytes()));
}

#[actix_web::test]
async fn nobody_waits_for_a_collector_that_is_not_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let traces = Traces::start(&format!("http://{free}").parse().unwrap()).unwrap();
    // More than the queue has room for.
    for _ in 0..10_000 {
        let trace = traces.begin(&HeaderMap::new()).unwrap();
        trace.end("GET", "/health/live", None);
    }
    traces.stop().await;
}

#[test]
fn an_address_with_a_secret_or_without_a_host_is_refused_and_not_quoted() {
    for text in
        ["http://u:s3cret@a.example", "http://a.example/?key=s3cret", "grpc://a", "127.0.0.1:4318", "s3cret"]
    {
        let refusal = text.parse::<CollectorUrl>().unwrap_err();
        assert!(refusal.contains("http://127.0.0.1:4318") && !refusal.contains("s3cret"), "{refusal}");
    }
    let url: CollectorUrl = "https://otlp.example/tenant/".parse().unwrap();
    assert_eq!((url.of_traces(), url.is_tls()), ("https://otlp.example/tenant/v1/traces".to_owned(), true));
    assert_eq!(url.to_string(), "https://otlp.example/tenant");
}
