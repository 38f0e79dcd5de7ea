//! Whether a server shows what was acknowledged: everything, once, and nothing besides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result, ensure};
use e2e::Client;
use serde_json::{Value, json};

use crate::cluster::EVENTS;
use crate::ledger::{Ledger, User};

/// How much a server shows.
#[derive(Debug, Default)]
pub(crate) struct Found {
    users: usize,
    faces: usize,
    check_ins: usize,
    transactions: usize,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, faces, check_ins, transactions } = self;
        write!(
            f,
            "{users} users, {faces} faces, {check_ins} check-ins, {transactions} transactions in the audit"
        )
    }
}

/// Compares what a server shows with what it or another acknowledged.
pub(crate) async fn check(client: &Client, ledgers: &[Ledger]) -> Result<Found> {
    let mut found = Found::default();
    for ledger in ledgers {
        for user in &ledger.users {
            found.faces += check_faces(client, user).await?;
        }
        if let Some(field) = &ledger.field {
            let event = client.get(&format!("/v1/events/{}", field.event)).await?;
            ensure!(
                event.json.get(field.name) == Some(&field.value),
                "{field:?} is otherwise: {}",
                event.text
            );
        }
    }
    let users = || ledgers.iter().flat_map(|ledger| &ledger.users);
    for event in (0..EVENTS).map(|event| format!("hall-{event}")) {
        let mut expected = BTreeMap::new();
        for user in users().filter(|user| user.event == event) {
            expected.extend(user.check_ins.iter().map(|id| (id.clone(), user.name.clone())));
        }
        let listed = all(client, &format!("/v1/events/{event}/check-ins"), "check_ins").await?;
        let shown = by_id(&listed, "id", "user")?;
        ensure!(shown == expected, "{event}: other check-ins: {}", difference(&shown, &expected));
        found.check_ins += shown.len();
        let listed = all(client, &format!("/v1/events/{event}/users"), "users").await?;
        found.users += listed.len();
        for (name, _) in by_id(&listed, "name", "name")? {
            let known = users().find(|user| user.event == event && user.name == name);
            ensure!(
                known.is_some_and(|user| !user.faces.is_empty() || user.perhaps > 0),
                "{event}: {name} is there and was deleted, or was never enrolled"
            );
        }
    }
    let mut counted = BTreeMap::<String, usize>::new();
    for entry in all(client, "/v1/audit", "entries").await? {
        *counted.entry(text(&entry, "transaction_id")?).or_default() += 1;
    }
    for transaction in ledgers.iter().flat_map(|ledger| &ledger.transactions) {
        let entries = counted.get(transaction).copied().unwrap_or_default();
        ensure!(entries == 1, "the audit has {entries} entries of the transaction {transaction}");
        found.transactions += 1;
    }
    Ok(found)
}

/// The faces of a user, and the metadata; returns how many faces there are.
async fn check_faces(client: &Client, user: &User) -> Result<usize> {
    let path = user.path();
    if user.faces.is_empty() {
        let code = client.get(&path).await?.code();
        ensure!(code == 404 || user.perhaps > 0, "{path} was deleted: {code}");
        return Ok(0);
    }
    let answer = client.get(&path).await?;
    ensure!(answer.code() == 200, "{path}: {answer:?}");
    let metadata = user.metadata.map_or(json!({}), |sent| json!({"sent": sent}));
    ensure!(
        answer.json.get("metadata") == Some(&metadata),
        "{path} has other metadata than {metadata}: {}",
        answer.text
    );
    let listed = all(client, &format!("{path}/faces"), "faces").await?;
    let shown: BTreeSet<_> = by_id(&listed, "id", "id")?.into_keys().collect();
    let lost: Vec<_> = user.faces.difference(&shown).collect();
    ensure!(lost.is_empty(), "{path} has lost faces: {lost:?}");
    let more = shown.len() - user.faces.len();
    ensure!(more <= user.perhaps, "{path} has {more} faces more than were acknowledged");
    Ok(shown.len())
}

/// All items of a list.
async fn all(client: &Client, path: &str, items: &str) -> Result<Vec<Value>> {
    let (mut listed, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("limit", "1000")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = client.send(client.request("GET", path).query(&query)).await?;
        ensure!(page.code() == 200, "{path}: {page:?}");
        listed.extend(page.json.get(items).and_then(Value::as_array).context("no list")?.iter().cloned());
        match page.json.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(listed),
        }
    }
}

/// One field by another, each of which is there once.
fn by_id(items: &[Value], id: &str, value: &str) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for item in items {
        let id = text(item, id)?;
        ensure!(found.insert(id.clone(), text(item, value)?).is_none(), "{id} is there twice");
    }
    Ok(found)
}

fn text(item: &Value, key: &str) -> Result<String> {
    Ok(item.get(key).and_then(Value::as_str).with_context(|| format!("no {key} in {item}"))?.to_owned())
}

/// What one has and the other has not, in few words.
fn difference(shown: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) -> String {
    let only = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<_> {
        one.iter()
            .filter(|(id, user)| other.get(*id) != Some(user))
            .map(|(id, user)| format!("{user}/{id}"))
            .collect()
    };
    format!("too many {:?}, missing {:?}", only(shown, expected), only(expected, shown))
}
