//! Lists as JSON, NDJSON and CSV: the same things have the same names in all three.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::Client;
use super::recogniser::{BIDEN, OBAMA, OBAMA_2};
use super::server::start;

/// The rows of a CSV file without line breaks in its cells, by the names in its header.
fn rows(csv: &str) -> Vec<Vec<(String, String)>> {
    let mut lines = csv.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect()
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// As a cell of CSV has it; of a list, how many it has.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.len().to_string(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// Compares the three forms of the list at a path.
async fn compare(client: &Client, path: &str, list: &str, old_columns: &str) {
    let json = client.get(path).await.json;
    let json = json[list].as_array().unwrap();
    let separator = if path.contains('?') { '&' } else { '?' };
    let file = async |format: &str| client.get(&format!("{path}{separator}format={format}")).await.text;
    let ndjson = file("ndjson").await;
    let lines: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let csv = file("csv").await;
    assert!(csv.starts_with(&format!("{old_columns},")), "the old columns stay in their places: {csv}");
    let rows = rows(&csv);
    assert!(json.len() > 1 && json.len() == lines.len() && json.len() == rows.len(), "{json:?}\n{csv}");
    for ((item, line), row) in json.iter().zip(&lines).zip(&rows) {
        let columns: BTreeSet<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names(line), columns, "NDJSON has what CSV has");
        assert!(names(item).is_subset(&columns), "{item} {columns:?}");
        // The one thing that the files have under an older name besides.
        assert_eq!(columns.difference(&names(item)).copied().collect::<Vec<_>>(), ["transaction"]);
        for (name, value) in item.as_object().unwrap() {
            let (_, shown) = row.iter().find(|(column, _)| column == name).unwrap();
            assert_eq!(shown, &cell(value), "{name}");
            match value.as_array() {
                // Of the parts of a list the names are the same; who was named before says more in the file.
                Some(parts) => {
                    let same = parts.iter().map(names).eq(line[name].as_array().unwrap().iter().map(names));
                    assert!(same, "{line}");
                }
                None => assert_eq!(&line[name], value, "{name}"),
            }
        }
    }
}

#[actix_web::test]
async fn check_ins_and_audit_are_named_alike_in_every_form() {
    let client = start().await;
    client.add_user("summit", "obama", OBAMA).await;
    client.add_user("summit", "biden", BIDEN).await;
    let path = "/v1/events/summit/check-ins";
    let came = client.pictures(path, &[OBAMA_2], &[("note", "north entrance")]).await;
    assert_eq!(came.json["check_in"]["decision"], "match", "{came:?}");
    let named = client.json("POST", path, &json!({"user": "biden"})).await;
    assert!(named.json["check_in"]["decision"].is_null(), "{named:?}");
    let one = format!("{path}/{}", named.json["check_in"]["id"].as_str().unwrap());
    client.json("PATCH", &one, &json!({"user": "obama", "reason": "twins"})).await;
    let columns = "id,time,action,outcome,transaction,actor,event,user,distance,threshold,model,code";
    compare(&client, "/v1/audit?event=summit", "entries", columns).await;
    let columns = "id,time,event,user,voided,method,decision,distance,threshold,note,transaction,corrections";
    compare(&client, path, "check_ins", columns).await;
}
