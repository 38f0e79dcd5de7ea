//! Bytes that no client should send, over a real connection: the answer is a clear 4xx, and the server goes on.

use e2e::{Client, Server, picture};
use futures_util::stream;
use reqwest::multipart::{Form, Part};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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

/// A request whose first line holds these bytes, and the first line of the answer.
async fn raw(server: &Server, target: &[u8]) -> String {
    let address = server.url().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let end = format!(" HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    connection.write_all(&[b"GET ", target, end.as_bytes()].concat()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn bytes_that_are_not_percent_encoded_at_all_are_refused_too() {
    let server = Server::start().unwrap();
    assert_eq!(raw(&server, b"/v1/events").await, "HTTP/1.1 200 OK");
    for target in
        [&b"/v1/events/\xff"[..], b"/api/all_user?event_name=\xe9", "/v1/events/Zo\u{eb}".as_bytes()]
    {
        assert_eq!(raw(&server, target).await, "HTTP/1.1 400 Bad Request", "{target:?}");
    }
}
