//! Whatever is sent, the answer is a clear 4xx, and the server goes on.

use e2e::{Answer, Client, Server, picture};
use futures_util::stream;
use reqwest::multipart::{Form, Part};

/// Both routes refuse the picture with a message that has the words, and the server still works.
async fn refused(client: &Client, picture: &[u8], words: &str) {
    for answer in
        [client.add_user("e", "u", picture).await.unwrap(), client.verify("e", picture).await.unwrap()]
    {
        assert_eq!(answer.code(), 400, "{answer:?}");
        assert!(answer.text_of("message").contains(words), "{words}: {answer:?}");
    }
    assert_eq!(client.get("/health/ready").await.unwrap().code(), 200);
}

/// A valid 16x16 JPEG of `image`'s encoder with another size in its frame header.
fn jpeg_that_claims(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(16, 16).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let mut jpeg = jpeg.into_inner();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[tokio::test]
async fn files_that_are_no_usable_picture_are_refused_with_what_to_do() {
    let server = Server::start().unwrap();
    let client = server.client();
    let whole = picture("obama.jpg").unwrap();
    refused(&client, b"", "empty").await;
    refused(&client, b"this is a text file named .jpg\n", "send a JPEG").await;
    refused(&client, &whole[..whole.len() / 2], "incomplete").await;
    refused(&client, &jpeg_that_claims(65_535, 65_535), "too large").await;
    refused(&client, &whole[..20], "JPEG picture is damaged").await;
    refused(&client, b"\0\0\0\x18ftypheic\0\0\0\0heicmif1", "HEIC").await;
    assert!(client.get("/api/events").await.unwrap().json["events"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_whether_or_not_it_says_its_length() {
    let server = Server::start().unwrap();
    let client = server.client();
    let chunk = || Ok::<_, std::io::Error>(vec![0_u8; 1 << 20]);
    for length in [Some(100 << 20), None] {
        let body = reqwest::Body::wrap_stream(stream::iter((0..100).map(move |_| chunk())));
        let part = match length {
            Some(length) => Part::stream_with_length(body, length),
            None => Part::stream(body),
        };
        let form = Form::new().text("event_name", "e").part("file", part.file_name("big.jpg"));
        // The server may close the connection before the client has sent everything.
        if let Ok(answer) = client.send(client.request("POST", "/verify/").multipart(form)).await {
            assert_eq!(answer.code(), 413, "{answer:?}");
            assert!(answer.text_of("message").contains("20 MiB"), "{answer:?}");
            assert_eq!(answer.json["verified"], serde_json::json!(false));
        }
        assert_eq!(client.get("/health/ready").await.unwrap().code(), 200);
    }
}

async fn post(client: &Client, path: &str, form: Form) -> Answer {
    client.send(client.request("POST", path).multipart(form)).await.unwrap()
}

#[tokio::test]
async fn missing_empty_and_doubled_fields_are_named() {
    let server = Server::start().unwrap();
    let client = server.client();
    let file = || Part::bytes(b"x".to_vec()).file_name("x.jpg");
    let cases = [
        ("/addUser/", Form::new().text("username", "u").part("file", file()), "'event_name' is missing"),
        ("/addUser/", Form::new().text("event_name", "e").part("file", file()), "'username' is missing"),
        ("/addUser/", Form::new().text("event_name", "e").text("username", "u"), "'file' is missing"),
        ("/verify/", Form::new().part("file", file()), "'event_name' is missing"),
        (
            "/verify/",
            Form::new().text("event_name", "").part("file", file()),
            "Field 'event_name': the name is empty",
        ),
        (
            "/verify/",
            Form::new().text("event_name", "a").text("event_name", "b").part("file", file()),
            "given twice",
        ),
    ];
    for (path, form, words) in cases {
        let answer = post(&client, path, form).await;
        assert_eq!(answer.code(), 400, "{answer:?}");
        assert!(answer.text_of("message").contains(words), "{words}: {answer:?}");
    }
    let latin1 = Form::new().part("event_name", Part::bytes(vec![0xe9])).part("file", file());
    let answer = post(&client, "/verify/", latin1).await;
    assert!(answer.code() == 400 && answer.text_of("message").contains("UTF-8"), "{answer:?}");
}

#[tokio::test]
async fn bodies_that_are_no_complete_form_are_refused() {
    let server = Server::start().unwrap();
    let client = server.client();
    let sent = |media_type: &'static str, body: &'static str| {
        let client = client.clone();
        async move {
            client
                .send(client.request("POST", "/verify/").header("content-type", media_type).body(body))
                .await
                .unwrap()
        }
    };
    let json = sent("application/json", "{}").await;
    assert_eq!(json.code(), 415);
    assert!(json.text_of("message").contains("multipart/form-data"), "{json:?}");
    assert_eq!(sent("multipart/form-data", "").await.code(), 400);
    let cut = sent(
        "multipart/form-data; boundary=x",
        "--x\r\ncontent-disposition: form-data; name=\"event_name\"\r\n\r\ne",
    )
    .await;
    assert_eq!(cut.code(), 400, "{cut:?}");
    assert_eq!(sent("multipart/form-data; boundary=x", "garbage").await.code(), 400);
    let bare = client.send(client.request("POST", "/addUser/")).await.unwrap();
    assert_eq!(bare.code(), 415);
    assert_eq!(bare.json["status"], serde_json::json!("error"));
}
