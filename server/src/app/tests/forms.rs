//! Forms of several pictures: which is at fault, and when they are too large; and fields that nobody knows.

use serde_json::json;

use super::form::Form;
use super::recogniser::{NOBODY, OBAMA};
use super::server::start;

const FACES: &str = "/v1/events/summit/users/obama/faces";
const COMPARE: &str = "/v1/faces/compare";

fn form(pictures: &[(&str, &[u8])]) -> Form {
    pictures.iter().fold(Form::new(), |form, (field, bytes)| form.file(field, bytes))
}

#[actix_web::test]
async fn of_two_pictures_the_one_at_fault_is_named() {
    let client = start().await;
    let (good, bad) = (OBAMA, NOBODY);
    for (pictures, which) in [
        ([("first", bad), ("second", good)], "first"),
        ([("first", good), ("second", bad)], "second"),
        // In whichever order they are sent.
        ([("second", bad), ("first", good)], "second"),
    ] {
        let refused = client.post(COMPARE, form(&pictures)).await;
        assert_eq!(refused.codes(), (422, "picture_unusable"), "{refused:?}");
        let reason = &refused.json["reasons"][0];
        assert_eq!((&reason["code"], &reason["picture"]), (&json!("no_face"), &json!(which)), "{refused:?}");
        let start = format!("The {which} picture: ");
        assert!(refused.text_of("detail").starts_with(&start), "{refused:?}");
    }
    let alone = client.post("/v1/faces/detect", form(&[("file", b"no picture")])).await;
    assert!(alone.code() == 422 && alone.json["reasons"][0].get("picture").is_none(), "{alone:?}");
}

#[actix_web::test]
async fn of_pictures_that_are_all_refused_each_reason_has_the_place_of_its_picture() {
    let client = start().await;
    let refused = client.pictures(FACES, &[b"no picture", NOBODY, b""], &[]).await;
    assert_eq!(refused.codes(), (422, "picture_unusable"), "{refused:?}");
    let told = refused.json["reasons"].as_array().unwrap().iter();
    let told: Vec<_> = told.map(|reason| (&reason["index"], &reason["code"])).collect();
    let expected =
        [(json!(0), json!("not_a_picture")), (json!(1), json!("no_face")), (json!(2), json!("empty"))];
    assert!(told.into_iter().eq(expected.iter().map(|(index, code)| (index, code))), "{refused:?}");
}

#[actix_web::test]
async fn pictures_that_are_too_large_only_together_are_told_from_one_that_is_alone() {
    let client = start().await;
    let (small, twelve, large) = (vec![0; 1000], vec![0; 12 << 20], vec![0; 21 << 20]);
    let together = "The pictures together are larger than the 20 MiB allowed: \
        send smaller ones, or fewer in one request";
    let alone = |field| format!("The picture in the field '{field}' is larger than the 20 MiB allowed");
    for (path, fields) in [(FACES, ["file", "file"]), (COMPARE, ["first", "second"])] {
        for is_announced in [true, false] {
            for (pictures, words) in [
                ([&twelve, &twelve], together.to_owned()),
                ([&large, &small], alone(fields[0])),
                ([&small, &large], alone(fields[1])),
                ([&twelve, &large], alone(fields[1])),
            ] {
                let form = fields.iter().zip(pictures);
                let form = form.fold(Form::new(), |form, (field, bytes)| form.file(field, bytes));
                let request = client.request("POST", path).multipart(form);
                let request = if is_announced { request } else { request.unannounced() };
                let refused = request.send().await;
                assert_eq!(
                    (refused.code(), refused.text_of("detail")),
                    (413, words.as_str()),
                    "{path} {is_announced}"
                );
                assert_eq!(refused.text_of("code"), "picture_too_large");
            }
        }
    }
    assert_eq!(client.get("/health/ready").await.code(), 200);
}

#[actix_web::test]
async fn a_field_that_is_not_known_is_refused_on_v1_and_passed_over_on_the_older_routes() {
    let client = start().await;
    let enrolled = client.pictures(FACES, &[OBAMA], &[]).await;
    assert_eq!(enrolled.code(), 201, "{enrolled:?}");
    for (path, fields) in [
        (FACES, &["file"][..]),
        ("/v1/events/summit/identify", &["file"]),
        ("/v1/events/summit/users/obama/verify", &["file"]),
        ("/v1/events/summit/check-ins", &["file"]),
        ("/v1/faces/detect", &["file"]),
        ("/v1/faces/embed", &["file"]),
        (COMPARE, &["first", "second"]),
    ] {
        let pictures: Vec<_> = fields.iter().map(|field| (*field, OBAMA)).collect();
        let refused = client.post(path, form(&pictures).text("topk", "3")).await;
        assert_eq!(refused.codes(), (400, "invalid_field"), "{path}: {refused:?}");
        assert_eq!(refused.text_of("detail"), "The field 'topk' is not known here");
        let in_query = client.post(&format!("{path}?topk=3"), form(&pictures)).await;
        assert_eq!(in_query.codes(), (400, "invalid_query"), "{path}: {in_query:?}");
        assert!(in_query.text_of("detail").contains("`topk`"), "{in_query:?}");
    }
    let form = || form(&[("file", OBAMA)]).text("event_name", "summit").text("remark", "x");
    assert_eq!(client.post("/addUser/", form().text("username", "obama")).await.code(), 200);
    assert_eq!(client.post("/verify/", form()).await.code(), 200);
}
