//! What is done at the server whose store becomes a fixture: `tests/api/earlier/events.rs` looks for it.

use anyhow::{Context, Result};
use e2e::{Client, picture, pictures_form};
use serde_json::{Value, json};

use crate::accepted;

/// Events with and without rules of their own, people, check-ins, and what is gone again.
pub(crate) async fn fill(client: &Client) -> Result<()> {
    let face = |name: &str| picture(name);
    // By the routes of the service before.
    for user in ["obama", "biden"] {
        accepted(client.add_user("summit", user, &face(&format!("{user}.jpg"))?).await?)?;
    }
    let seat = json!({"metadata": {"seat": "A 1"}});
    accepted(client.json("PATCH", "/v1/events/summit/users/obama", &seat).await?)?;

    let hall = "/v1/events/Zo%C3%AB%27s%20hall";
    let settings = json!({"match_rule": {"threshold": 0.375}, "on_duplicate": "warn",
        "retain_until": "2100-01-31T00:00:00Z", "metadata": {"venue": "Hall 3"}});
    accepted(client.json("PUT", hall, &settings).await?)?;
    let badge = client.request("POST", &format!("{hall}/users/obama/faces"));
    let badge = badge.header("idempotency-key", "badge-1");
    let both = [face("obama.jpg")?, face("obama3.jpg")?];
    let form = pictures_form(&both.each_ref().map(Vec::as_slice), &[]);
    accepted(client.send(badge.multipart(form)).await?)?;
    let eileen = format!("{hall}/users/eileen/faces");
    accepted(client.pictures(&eileen, &[&face("astronaut.png")?], &[]).await?)?;

    let strict = "/v1/events/strict";
    let target = json!({"match_rule": {"target_false_match_rate": 0.001}});
    accepted(client.json("PUT", strict, &target).await?)?;
    let biden = format!("{strict}/users/biden/faces");
    accepted(client.pictures(&biden, &[&face("biden.jpg")?], &[]).await?)?;
    let empty = json!({"on_duplicate": "allow", "metadata": {"rooms": [1, 2]}});
    accepted(client.json("PUT", "/v1/events/empty", &empty).await?)?;

    // Who is gone again, and what.
    accepted(client.add_user("summit", "gone", &face("astronaut.png")?).await?)?;
    accepted(client.delete_user("summit", "gone").await?)?;
    accepted(client.add_user("cancelled", "obama", &face("obama.jpg")?).await?)?;
    accepted(client.delete_event("cancelled").await?)?;
    check_in(client).await?;
    accepted(client.verify("summit", &face("astronaut.png")?).await?).map(drop)
}

/// One by face, and one by name that was none.
async fn check_in(client: &Client) -> Result<()> {
    let path = "/v1/events/summit/check-ins";
    let door = client.request("POST", path).header("idempotency-key", "door-1");
    let form = pictures_form(&[&picture("obama2.jpg")?], &[("note", "north entrance")]);
    accepted(client.send(door.multipart(form)).await?)?;
    let named = accepted(client.json("POST", path, &json!({"user": "biden"})).await?)?;
    let id = named.json.pointer("/check_in/id").and_then(Value::as_str).context("no check-in")?;
    let voided = json!({"user": null, "reason": "wrong line"});
    accepted(client.json("PATCH", &format!("{path}/{id}"), &voided).await?).map(drop)
}
