//! The shell of the page: views by role, the address, the languages, the keyboard, and what it weighs.

use e2e::{Browser, Server, revoke_key, soon};
use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use serde_json::Value;

const EVENT: &str = "conference_2024";

async fn run(page: &Client, script: &str) -> Value {
    page.execute(script, Vec::new()).await.unwrap()
}

async fn views(page: &Client) -> String {
    let shown =
        "return [...document.querySelectorAll('.views a:not([hidden])')].map((a) => a.textContent).join()";
    run(page, shown).await.as_str().unwrap().to_owned()
}

async fn text_of(page: &Client, element: &str) -> String {
    page.find(Locator::Css(element)).await.unwrap().text().await.unwrap()
}

async fn give(page: &Client, key: &str) {
    page.wait().for_element(Locator::Css("#key-card:not([hidden])")).await.unwrap();
    page.find(Locator::Css("#key")).await.unwrap().send_keys(key).await.unwrap();
    page.find(Locator::Css("#key-form button")).await.unwrap().click().await.unwrap();
    page.wait().for_element(Locator::Css("#key-card[hidden]")).await.unwrap();
}

#[tokio::test]
async fn a_key_is_asked_for_and_shows_the_views_of_its_role_alone() {
    let (builder, office) = Server::builder().unwrap().key("office", "admin", &[]).unwrap();
    let (builder, desk) = builder.key("desk", "enrol", &[]).unwrap();
    let (builder, door) = builder.key("door", "verify", &[]).unwrap();
    let server = builder.start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    let page = browser.page();
    page.goto(&format!("{}/#/event?event={EVENT}", server.url())).await.unwrap();
    page.wait().for_element(Locator::Css("#key-card:not([hidden])")).await.unwrap();
    assert_eq!(text_of(page, "#key-note").await, "This server asks for a key. It stays in this tab.");
    assert_eq!(views(page).await, "");

    for (key, view, shown) in
        [(&office, "event", "Door,Desk,Event"), (&desk, "door", "Door,Desk"), (&door, "door", "")]
    {
        give(page, key).await;
        // What the address asks for is shown where the key is for it, else what it is for.
        let is_shown = format!("#{view}-view:not([hidden])");
        page.wait().for_element(Locator::Css(&is_shown)).await.unwrap();
        assert_eq!(views(page).await, shown, "{view}");
        // A page that is loaded again has the key still, and the address has it not, but the event.
        page.refresh().await.unwrap();
        page.wait().for_element(Locator::Css(&is_shown)).await.unwrap();
        let address = page.current_url().await.unwrap();
        assert!(!address.as_str().contains("face_") && address.as_str().ends_with(EVENT), "{address}");
        if key != &door {
            run(page, "document.getElementById('key-forget').click()").await;
        }
    }

    // A key that was revoked is asked for again.
    revoke_key(server.folder(), "door").unwrap();
    let client = server.client().with_key(&door);
    assert!(soon(async || client.get("/v1/events").await.unwrap().code() == 401).await);
    page.refresh().await.unwrap();
    page.wait().for_element(Locator::Css("#key-card:not([hidden])")).await.unwrap();
    assert!(text_of(page, "#key-note").await.starts_with("The key does not hold"));
    assert_eq!(run(page, "return document.querySelectorAll('main > section:not([hidden])').length").await, 1);
}

#[tokio::test]
async fn the_skip_link_leads_to_the_content_and_leaves_view_and_event_as_they_are() {
    let server = Server::start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    let page = browser.page();
    let address = format!("{}/#/desk?event={EVENT}", server.url());
    page.goto(&address).await.unwrap();
    page.wait().for_element(Locator::Css("#desk-view:not([hidden])")).await.unwrap();
    page.active_element().await.unwrap().send_keys(&char::from(Key::Tab).to_string()).await.unwrap();
    let link = page.active_element().await.unwrap();
    assert_eq!(link.attr("id").await.unwrap().as_deref(), Some("skip"));
    link.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
    assert_eq!(run(page, "return document.activeElement.id").await, "main");
    assert_eq!(page.current_url().await.unwrap().as_str(), address);
    assert_eq!(run(page, "return document.getElementById('event').value").await, EVENT);
    // Addresses of earlier versions lead to their event.
    page.goto(&format!("{}/?again#event=gala", server.url())).await.unwrap();
    page.wait().for_element(Locator::Css("#door-view:not([hidden])")).await.unwrap();
    assert_eq!(run(page, "return document.getElementById('event').value").await, "gala");
}

#[tokio::test]
async fn every_language_fills_the_whole_page_and_is_kept() {
    let server = Server::start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    let page = browser.page();
    page.goto(server.url()).await.unwrap();
    page.wait().for_element(Locator::Css("#door-view:not([hidden])")).await.unwrap();
    for (tag, direction, door) in
        [("de", "ltr", "Tür"), ("es", "ltr", "Entrada"), ("ar", "rtl", "الباب"), ("en", "ltr", "Door")]
    {
        let choose = "const [tag] = arguments; const choice = document.getElementById('language'); \
                      choice.value = tag; choice.dispatchEvent(new Event('change'))";
        page.execute(choose, vec![tag.into()]).await.unwrap();
        page.wait().for_element(Locator::Css(&format!("html[lang={tag}][dir={direction}]"))).await.unwrap();
        assert_eq!(text_of(page, "#to-door").await, door);
        let bare = "return [...document.querySelectorAll('[data-t]')].map((e) => e.textContent) \
                    .filter((words) => /^$|^[a-z_]+\\.[a-z_.]+$/.test(words))";
        assert_eq!(run(page, bare).await, Value::Array(Vec::new()), "{tag}");
        assert_eq!(
            run(page, "return document.documentElement.scrollWidth <= innerWidth").await,
            true,
            "{tag}"
        );
        page.refresh().await.unwrap();
        page.wait().for_element(Locator::Css(&format!("html[lang={tag}]"))).await.unwrap();
    }
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn the_first_load_of_the_door_is_below_120_kilobytes() {
    let server = Server::start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    let page = browser.page();
    page.goto(server.url()).await.unwrap();
    page.wait().for_element(Locator::Css("#door-view:not([hidden])")).await.unwrap();
    let weight = "return performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')) \
                  .reduce((sum, entry) => sum + entry.transferSize, 0)";
    let weight = run(page, weight).await.as_f64().unwrap();
    assert!((10_000.0..120_000.0).contains(&weight), "{weight}");
    let desk = "return performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/desk/')).length";
    assert_eq!(run(page, desk).await, 0, "the door needs nothing of the desk");
}
