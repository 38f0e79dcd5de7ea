//! The parameters of a call, from whichever of the body forms and the query they came.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a signature never covers.
const UNSIGNED: [&str; 5] = ["file", "cloud_name", "resource_type", "api_key", "signature"];

/// Parameters by name. A name that was sent as `name[]`, `name[0]` or repeatedly has several values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, Vec<String>>);

impl Parameters {
    pub(crate) fn of_query(query: &str) -> Self {
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// The members of a JSON object; null is absent.
    pub(crate) fn of_json(members: serde_json::Map<String, Value>) -> Self {
        let mut parameters = Self::default();
        for (name, value) in members {
            let values = match value {
                // The SDK for Python sends null for what was not given.
                Value::Null => continue,
                Value::Array(items) => items.into_iter().map(plain).collect(),
                Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![plain(value)],
            };
            parameters.0.insert(name, values);
        }
        parameters
    }

    pub(crate) fn add(&mut self, name: &str, value: String) {
        // `name[]` and `name[0]` are two ways to send a list. Signatures are made over the bare name.
        let name = name.split('[').next().unwrap_or(name);
        self.0.entry(name.to_owned()).or_default().push(value);
    }

    /// Takes over another's parameters.
    pub(crate) fn merge(&mut self, other: Self) {
        for (name, mut values) in other.0 {
            self.0.entry(name).or_default().append(&mut values);
        }
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)?.into_iter().next()
    }

    /// The value, unless it is blank.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the parameter was sent, and be it blank.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All values, whether sent one by one or as one list with commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let values = self.0.get(name).map(Vec::as_slice).unwrap_or_default();
        // Right for tags, which cannot contain a comma, and wrong for public ids, which can: those need
        // `each`.
        let values = values.iter().flat_map(|value| value.split(','));
        values.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
    }

    /// All values, each as it was sent.
    pub(crate) fn each(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// A switch, as the SDKs write it: `1` or `true`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|value| matches!(value, "1" | "true"))
    }

    /// The parameters that a signature covers, but for those in `left_out`.
    pub(crate) fn to_sign(&self, left_out: &[&str]) -> impl Iterator<Item = (&str, String)> {
        let covered = |name: &str| !UNSIGNED.contains(&name) && !left_out.contains(&name);
        let parameters = self.0.iter().filter(move |(name, _)| covered(name));
        // As SDKs sign a list: its values with commas between, whatever the form that it is sent in.
        parameters.map(|(name, values)| (name.as_str(), values.join(",")))
    }
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            parameters.add(&name, value);
        }
        parameters
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_brackets_repeated_or_in_an_array_are_one_list() {
        let wanted = ["a.json", "b.json"];
        let json = serde_json::json!({ "public_ids": wanted, "transformations": null });
        let Value::Object(members) = json else { panic!("an object") };
        let json = Parameters::of_json(members);
        assert_eq!(json.each("public_ids"), wanted);
        assert!(!json.has("transformations"));
        for query in
            ["public_ids[]=a.json&public_ids[]=b.json", "public_ids%5B0%5D=a.json&public_ids[1]=b.json"]
        {
            assert_eq!(Parameters::of_query(query).each("public_ids"), wanted, "{query}");
        }
        assert_eq!(Parameters::of_query("tags=a,b&tags=c").list("tags"), ["a", "b", "c"]);
    }
}
