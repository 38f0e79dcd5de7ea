//! The parameters of a call, from whichever of the body forms and the query they came.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::answer::Refusal;

/// What a signature never covers.
const UNSIGNED: [&str; 5] = ["file", "cloud_name", "resource_type", "api_key", "signature"];

/// Parameters by name. A name that was sent as `name[]`, `name[0]` or repeatedly has several values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, Vec<String>>);

impl Parameters {
    /// Takes over the pairs of a form or a query.
    pub(crate) fn take_form(&mut self, form: &[u8]) {
        for (name, value) in form_urlencoded::parse(form) {
            self.add(&name, value.into_owned());
        }
    }

    /// Takes over the members of a JSON object.
    pub(crate) fn take_json(&mut self, members: Map<String, Value>) {
        for (name, value) in members {
            let values = match value {
                // The SDK for Python sends null for what was not given.
                Value::Null => continue,
                Value::Array(items) => items,
                Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value],
            };
            for value in values {
                self.add(&name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
        }
    }

    pub(crate) fn add(&mut self, name: &str, value: String) {
        // `name[]` and `name[0]` are two ways to send a list. Signatures are made over the bare name.
        let name = name.split('[').next().unwrap_or(name);
        self.0.entry(name.to_owned()).or_default().push(value);
    }

    /// The value, unless it is blank.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.each(name).first().map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    /// All values, whether sent one by one or as one list with commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        // Right for tags, which cannot contain a comma, and wrong for public ids, which can: those need
        // `each`.
        let values = self.each(name).iter().flat_map(|value| value.split(','));
        values.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
    }

    /// All values, each as it was sent.
    pub(crate) fn each(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The pairs of `key=value|key=value`, with `\=` and `\|` inside keys and values.
    pub(crate) fn pairs(&self, name: &str) -> BTreeMap<String, String> {
        // What is escaped is put out of the way of the separators, as characters that no text has.
        let hidden = self.text(name).unwrap_or_default().replace(r"\|", "\u{1}").replace(r"\=", "\u{2}");
        let shown = |text: &str| text.replace('\u{1}', "|").replace('\u{2}', "=");
        let pairs = hidden.split('|').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (shown(key), shown(value))).collect()
    }

    /// A switch, as the SDKs write it: `1` or `true`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|value| matches!(value, "1" | "true"))
    }

    /// The parameters that a signature covers.
    pub(crate) fn to_sign(&self) -> impl Iterator<Item = (&str, String)> {
        let covered = self.0.iter().filter(|(name, _)| !UNSIGNED.contains(&name.as_str()));
        // As SDKs sign a list: its values with commas between, whatever the form that it is sent in.
        covered.map(|(name, values)| (name.as_str(), values.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_query(query: &str) -> Parameters {
        let mut parameters = Parameters::default();
        parameters.take_form(query.as_bytes());
        parameters
    }

    #[test]
    fn values_in_brackets_repeated_or_in_an_array_are_one_list() {
        let wanted = ["a.json", "b.json"];
        let json = serde_json::json!({ "public_ids": wanted, "transformations": null, "all": true });
        let Value::Object(members) = json else { panic!("an object") };
        let mut json = Parameters::default();
        json.take_json(members);
        assert_eq!(json.each("public_ids"), wanted);
        assert_eq!((json.text("transformations"), json.flag("all")), (None, Some(true)));
        for query in
            ["public_ids[]=a.json&public_ids[]=b.json", "public_ids%5B0%5D=a.json&public_ids[1]=b.json"]
        {
            assert_eq!(of_query(query).each("public_ids"), wanted, "{query}");
        }
        assert_eq!(of_query("tags=a,b&tags=c").list("tags"), ["a", "b", "c"]);
    }

    #[test]
    fn escaped_separators_belong_to_the_value() {
        let pairs = of_query(r"context=u=user\=0\|x|etag=9a|k=a=b").pairs("context");
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("etag", "9a"), ("k", "a=b"), ("u", "user=0|x")]);
    }
}
