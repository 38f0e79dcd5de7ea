//! The files of the page: packed for those who take that, and not sent again to those who have them.

use std::collections::BTreeMap;

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

#[actix_web::test]
async fn every_language_has_every_text_with_the_same_places_for_values() {
    let client = start().await;
    let texts = async |language: &str| {
        let answer = client.get(&format!("/texts/{language}.json")).await;
        assert_eq!((answer.code(), answer.media_type()), (200, "application/json"), "{language}");
        let texts = answer.json.as_object().unwrap().clone();
        texts.into_iter().map(|(key, text)| (key, places(text.as_str().unwrap()))).collect::<BTreeMap<_, _>>()
    };
    let english = texts("en").await;
    assert!(english.len() > 100);
    for language in ["de", "es", "ar"] {
        assert_eq!(texts(language).await, english, "{language}");
    }
    // What the server may say of a face has words of the page's.
    for code in
        ["no_face", "multiple_faces", "face_too_small", "too_dark", "blurred", "turned_aside", "unclear"]
    {
        assert!(english.contains_key(&format!("reason.{code}")), "{code}");
    }
}

/// What stands in braces, sorted.
fn places(text: &str) -> Vec<String> {
    let starts = text.split('{').skip(1);
    let mut places: Vec<_> = starts.map(|rest| rest.split('}').next().unwrap().to_owned()).collect();
    places.sort();
    places
}
