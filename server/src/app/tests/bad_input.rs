//! Forms that are none, or lack something: the answer is a clear 4xx.

use serde_json::json;

use super::form::Form;
use super::server::start;

#[actix_web::test]
async fn missing_empty_and_doubled_fields_are_named() {
    let client = start().await;
    let cases = [
        ("/addUser/", Form::new().text("username", "u").file("file", b"x"), "'event_name' is missing"),
        ("/addUser/", Form::new().text("event_name", "e").file("file", b"x"), "'username' is missing"),
        ("/addUser/", Form::new().text("event_name", "e").text("username", "u"), "'file' is missing"),
        ("/verify/", Form::new().file("file", b"x"), "'event_name' is missing"),
        (
            "/verify/",
            Form::new().text("event_name", "").file("file", b"x"),
            "Field 'event_name': the name is empty",
        ),
        (
            "/verify/",
            Form::new().text("event_name", "a").text("event_name", "b").file("file", b"x"),
            "given twice",
        ),
    ];
    for (path, form, words) in cases {
        let answer = client.post(path, form).await;
        assert_eq!(answer.code(), 400, "{answer:?}");
        assert!(answer.text_of("message").contains(words), "{words}: {answer:?}");
    }
    let latin1 = Form::new().bytes("event_name", &[0xe9]).file("file", b"x");
    let answer = client.post("/verify/", latin1).await;
    assert!(answer.code() == 400 && answer.text_of("message").contains("UTF-8"), "{answer:?}");
}

#[actix_web::test]
async fn bodies_that_are_no_complete_form_are_refused() {
    let client = start().await;
    let sent = async |media_type: &str, body: &'static str| {
        client.request("POST", "/verify/").header("content-type", media_type).body(body).send().await
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
    let bare = client.send(client.request("POST", "/addUser/")).await;
    assert_eq!(bare.code(), 415);
    assert_eq!(bare.json["status"], json!("error"));
}
