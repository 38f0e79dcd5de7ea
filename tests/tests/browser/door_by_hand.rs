//! The door with the keyboard alone: a frame by Space, a correction, and a check-in by the letters of a name.

use e2e::{Browser, Server, picture, soon};
use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

const EVENT: &str = "conference_2024";

async fn run(page: &Client, script: &str) -> Value {
    page.execute(script, Vec::new()).await.unwrap()
}

async fn press(page: &Client, keys: &str) {
    page.active_element().await.unwrap().send_keys(keys).await.unwrap();
}

/// Goes from element to element until the one with this id has the focus.
async fn tab_to(page: &Client, id: &str) {
    for _ in 0..40 {
        press(page, &char::from(Key::Tab).to_string()).await;
        if run(page, "return document.activeElement.id").await == id {
            return;
        }
    }
    panic!("{id} cannot be reached by the keyboard");
}

async fn shown(page: &Client, outcome: &str) -> String {
    let verdict = format!("#verdict[data-outcome='{outcome}']");
    page.wait().for_element(Locator::Css(&verdict)).await.unwrap();
    run(page, "return document.getElementById('verdict-name').textContent").await.as_str().unwrap().to_owned()
}

/// Types letters into the dialog, and takes the first name that is found.
async fn choose(page: &Client, letters: &str) {
    page.wait().for_element(Locator::Css("#by-hand[open]")).await.unwrap();
    press(page, letters).await;
    page.wait().for_element(Locator::Css("#by-hand-names button")).await.unwrap();
    press(page, &char::from(Key::Down).to_string()).await;
    press(page, &char::from(Key::Enter).to_string()).await;
}

#[tokio::test]
async fn a_guest_is_checked_in_corrected_and_entered_by_hand_with_the_keyboard_alone() {
    let (builder, office) = Server::builder().unwrap().key("office", "admin", &[]).unwrap();
    let (builder, door) = builder.key("door", "verify", &[EVENT]).unwrap();
    let server = builder.start().unwrap();
    let client = server.client().with_key(&office);
    for (user, file) in [("Barack Obama", "obama.jpg"), ("Joe Biden", "biden.jpg")] {
        let added = client.add_user(EVENT, user, &picture(file).unwrap()).await.unwrap();
        assert_eq!(added.code(), 200, "{added:?}");
    }
    let standing = async || {
        let list = client.get(&format!("/v1/events/{EVENT}/check-ins?order=oldest")).await.unwrap();
        let users = list.json["check_ins"].as_array().unwrap().clone();
        users.into_iter().map(|one| one["user"].clone()).collect::<Value>()
    };

    let browser = Browser::with_camera(&picture("obama2.jpg").unwrap()).await.unwrap();
    let page = browser.page();
    page.goto(server.url()).await.unwrap();
    run(page, "localStorage.setItem('face-door', JSON.stringify({ byItself: false }))").await;
    page.refresh().await.unwrap();
    page.wait().for_element(Locator::Css("#key-card:not([hidden])")).await.unwrap();
    tab_to(page, "key").await;
    press(page, &door).await;
    press(page, &char::from(Key::Enter).to_string()).await;
    // The only event of the key is taken without a question.
    page.wait().for_element(Locator::Css("#stage[data-camera='on']")).await.unwrap();
    assert!(
        soon(async || run(page, "return document.getElementById('door-video').videoWidth > 0").await
            == json!(true))
        .await
    );

    run(page, "document.activeElement.blur()").await;
    press(page, " ").await;
    assert_eq!(shown(page, "checked_in").await, "Barack Obama");
    assert_eq!(standing().await, json!(["Barack Obama"]));

    // Somebody else was named: it does not count from that moment on, and is the one who is chosen then.
    tab_to(page, "not-me").await;
    press(page, &char::from(Key::Enter).to_string()).await;
    page.wait().for_element(Locator::Css("#by-hand[open]")).await.unwrap();
    assert_eq!(standing().await, json!([]));
    choose(page, "bid").await;
    assert_eq!(shown(page, "checked_in").await, "Joe Biden");
    assert_eq!(standing().await, json!(["Joe Biden"]));

    page.wait().for_element(Locator::Css("#verdict[data-outcome='none']")).await.unwrap();
    tab_to(page, "by-hand-open").await;
    press(page, &char::from(Key::Enter).to_string()).await;
    choose(page, "oba").await;
    assert_eq!(shown(page, "checked_in").await, "Barack Obama");
    assert_eq!(standing().await, json!(["Joe Biden", "Barack Obama"]));
}
