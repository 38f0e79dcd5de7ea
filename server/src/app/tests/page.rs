//! The files of the page: packed for those who take that, and not sent again to those who have them.

use super::server::start;

#[actix_web::test]
async fn files_are_packed_for_those_who_take_that_and_each_form_has_a_tag_of_its_own() {
    let client = start().await;
    let ask = async |encoding: &str, tag: &str| {
        let request = client.request("GET", "/app.js").header("accept-encoding", encoding);
        client.send(request.header("if-none-match", tag)).await
    };
    let plain = ask("identity", "").await;
    assert_eq!((plain.code(), plain.header("content-encoding")), (200, ""));
    let packed = ask("gzip, deflate, br", "").await;
    assert_eq!((packed.code(), packed.header("content-encoding")), (200, "gzip"));
    assert!(packed.header("vary").to_ascii_lowercase().contains("accept-encoding"));
    assert_ne!(packed.header("etag"), plain.header("etag"));
    for refused in ["gzip;q=0", "br", ""] {
        assert_eq!(ask(refused, "").await.header("content-encoding"), "", "{refused:?}");
    }
    let again = ask("gzip", packed.header("etag")).await;
    assert_eq!((again.code(), again.text.as_str()), (304, ""));
    assert_eq!(ask("gzip", plain.header("etag")).await.code(), 200);
}
