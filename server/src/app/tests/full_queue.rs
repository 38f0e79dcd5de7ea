//! A full queue: pictures are refused before they are read, and what needs no picture goes on.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use embedding::ModelId;
use face_core::{AnalyzedFaces, EmbeddedFace, EmbeddedFaces, FaceError, FacePolicy, Purpose};
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::client::Client;
use super::form::Form;
use super::recogniser::{OBAMA, TestRecogniser};
use super::server::{Options, state_with};
use crate::inference::{Inference, Recogniser};

const DETECT: &str = "/v1/faces/detect";

/// A recogniser that says when it begins to look for faces, and goes on when it is let.
struct Held {
    inner: TestRecogniser,
    began: Mutex<Sender<()>>,
    go_on: Mutex<Receiver<()>>,
}

impl Recogniser for Held {
    fn models(&self) -> Vec<&ModelId> {
        self.inner.models()
    }

    fn embed(
        &self,
        picture: &[u8],
        policy: FacePolicy,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, FaceError> {
        self.inner.embed(picture, policy, model, purpose)
    }

    fn detect(&self, picture: &[u8]) -> Result<AnalyzedFaces, FaceError> {
        self.began.lock().unwrap().send(()).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
        self.inner.detect(picture)
    }

    fn embed_all(
        &self,
        picture: &[u8],
        most: usize,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFaces, FaceError> {
        self.inner.embed_all(picture, most, model, purpose)
    }
}

/// The beginning of a picture, and no more of it for ever.
async fn begun(client: &Client, path: &str) -> (u16, String) {
    let (media_type, start) = Form::new().text("event_name", "summit").file("file", OBAMA).finish();
    let body = stream::iter([start[..60].to_vec().into()]).chain(stream::pending());
    let request = client.request("POST", path).header("content-type", &media_type).arriving(body);
    let refused = request.send().await;
    (refused.code(), refused.header("retry-after").to_owned())
}

#[actix_web::test]
async fn a_picture_that_finds_no_room_is_refused_unread_and_unrecorded_and_a_name_is_taken() {
    let (began, has_begun) = channel();
    let (go, go_on) = channel();
    let held = Held { inner: TestRecogniser::new(), began: Mutex::new(began), go_on: Mutex::new(go_on) };
    let mut state = state_with(Options::default()).await;
    let inference = Inference::start(NonZeroUsize::MIN, held, FacePolicy::Single).unwrap();
    state.service.inference = inference.clone();
    let client = Client::new(state).await;
    assert_eq!(client.add_user("summit", "obama", OBAMA).await.code(), 200);

    let look = || {
        let client = client.clone();
        actix_web::rt::spawn(async move { client.pictures(DETECT, &[OBAMA], &[]).await.code() })
    };
    let mut looking = vec![look()];
    while has_begun.try_recv().is_err() {
        tokio::task::yield_now().await;
    }
    let (_, room) = inference.queue();
    looking.extend((0..room).map(|_| look()));
    while !inference.is_full() {
        tokio::task::yield_now().await;
    }
    for path in [
        DETECT,
        "/verify/",
        "/addUser/",
        "/v1/events/summit/identify",
        "/v1/events/summit/check-ins",
        "/v1/events/summit/users/obama/faces",
    ] {
        let (status, retry) = begun(&client, path).await;
        assert_eq!(status, 503, "{path}");
        assert!(retry.parse::<u32>().is_ok(), "{path}: {retry}");
    }
    let by_name = client.json("POST", "/v1/events/summit/check-ins", &json!({"user": "obama"})).await;
    assert_eq!(by_name.code(), 201, "{by_name:?}");
    let audit = client.get("/v1/audit").await;
    assert_eq!(audit.json["entries"].as_array().unwrap().len(), 2, "{audit:?}");

    looking.iter().for_each(|_| go.send(()).unwrap());
    for one in looking {
        assert_eq!(one.await.unwrap(), 200);
    }
    assert_eq!(client.verify("summit", OBAMA).await.code(), 200);
}
