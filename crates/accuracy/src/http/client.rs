//! The two questions to the server, and its answers.

use reqwest::blocking::Client as HttpClient;
use reqwest::blocking::multipart::{Form, Part};
use serde_json::Value;

use crate::AccuracyError;

/// What became of somebody's enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolled {
    /// A picture was enrolled.
    Yes,
    /// None was, for these reasons, by their codes.
    No(Vec<String>),
}

/// What the server said of a visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is this user.
    Match(String),
    /// It is nobody.
    NoMatch,
    /// Two users are too nearly alike.
    Ambiguous,
    /// The picture cannot be used, for this reason, by its code.
    Refused(String),
}

/// A client of one server.
#[derive(Debug)]
pub(super) struct Client {
    url: String,
    http: HttpClient,
}

impl Client {
    pub(super) fn new(url: &str) -> Result<Self, AccuracyError> {
        // A client wants to be told what does TLS, also where there is none. It fails when the process has been
        // told already, which does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = HttpClient::builder().build().map_err(AccuracyError::Http)?;
        Ok(Self { url: url.to_owned(), http })
    }

    /// Enrols somebody's pictures.
    pub(super) fn enrol(
        &self,
        event: &str,
        user: &str,
        files: Vec<Vec<u8>>,
    ) -> Result<Enrolled, AccuracyError> {
        let form = files.into_iter().fold(Form::new(), |form, file| form.part("file", part(file)));
        let (status, json) = self.post(&format!("/v1/events/{event}/users/{user}/faces"), form)?;
        Ok(if status == 201 { Enrolled::Yes } else { Enrolled::No(reasons(&json)) })
    }

    /// Asks whose face a picture shows.
    pub(super) fn identify(&self, event: &str, file: Vec<u8>) -> Result<Answer, AccuracyError> {
        let form = Form::new().part("file", part(file));
        let (status, json) = self.post(&format!("/v1/events/{event}/identify"), form)?;
        Ok(answer(status, &json))
    }

    /// An answer that is the server's own fault ends the measurement.
    fn post(&self, path: &str, form: Form) -> Result<(u16, Value), AccuracyError> {
        let sent = self.http.post(format!("{}{path}", self.url)).multipart(form).send();
        let answer = sent.and_then(|answer| Ok((answer.status().as_u16(), answer.json()?)));
        let (status, json): (u16, Value) = answer.map_err(AccuracyError::Http)?;
        // Anything below counts as an answer to this visitor; with a failing server no rate would mean
        // anything.
        if status >= 500 {
            return Err(AccuracyError::Server(format!("it answered {status}: {}", text(&json, "code"))));
        }
        Ok((status, json))
    }
}

fn part(file: Vec<u8>) -> Part {
    Part::bytes(file).file_name("picture.jpg")
}

fn text(json: &Value, key: &str) -> String {
    json.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The codes of the reasons of a problem, or its own where it gives none.
fn reasons(json: &Value) -> Vec<String> {
    let reasons = json.get("reasons").and_then(Value::as_array).into_iter().flatten();
    let codes: Vec<_> = reasons.map(|reason| text(reason, "code")).collect();
    if codes.is_empty() { vec![text(json, "code")] } else { codes }
}

fn answer(status: u16, json: &Value) -> Answer {
    if status != 200 {
        return Answer::Refused(text(json, "code"));
    }
    // There is one at most: the server is told to take the largest face alone.
    let face = json.pointer("/faces/0").unwrap_or(&Value::Null);
    match text(face, "decision").as_str() {
        "match" => Answer::Match(text(face, "user")),
        "ambiguous" => Answer::Ambiguous,
        _ => Answer::NoMatch,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_read_as_the_api_gives_them() {
        let face = |decision: &str, user: Value| json!({"faces": [{"decision": decision, "user": user}]});
        assert_eq!(answer(200, &face("match", json!("person-1"))), Answer::Match("person-1".to_owned()));
        assert_eq!(answer(200, &face("no_match", Value::Null)), Answer::NoMatch);
        assert_eq!(answer(200, &face("ambiguous", Value::Null)), Answer::Ambiguous);
        assert_eq!(answer(422, &json!({"code": "no_face"})), Answer::Refused("no_face".to_owned()));
        assert_eq!(reasons(&json!({"code": "duplicate_person", "reasons": []})), ["duplicate_person"]);
        let several = json!({"code": "low_quality", "reasons": [{"code": "blurred"}, {"code": "too_dark"}]});
        assert_eq!(reasons(&several), ["blurred", "too_dark"]);
    }
}
