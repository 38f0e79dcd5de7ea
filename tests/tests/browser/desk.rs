//! The desk: people are registered and looked up, with files and with the camera.

use std::fs;
use std::path::{Path, PathBuf};

use e2e::{Browser, Server, faceless, picture};
use fantoccini::{Client, Locator};

const EVENT: &str = "conference_2024";

/// Path of one of the test pictures.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures").join(name)
}

async fn opened(browser: &Browser, server: &Server, event: &str) {
    browser.page().goto(&format!("{}/#/desk", server.url())).await.unwrap();
    browser.page().wait().for_element(Locator::Css("#desk-view:not([hidden])")).await.unwrap();
    type_into(browser.page(), "#event", event).await;
}

async fn type_into(page: &Client, field: &str, words: &str) {
    page.find(Locator::Css(field)).await.unwrap().send_keys(words).await.unwrap();
}

async fn click(page: &Client, button: &str) {
    page.find(Locator::Css(button)).await.unwrap().click().await.unwrap();
}

async fn choose(page: &Client, file: &Path) {
    type_into(page, "#file", file.to_str().unwrap()).await;
    page.wait().for_element(Locator::Css("#preview[data-source='picture']")).await.unwrap();
}

async fn text_of(page: &Client, element: &str) -> String {
    page.find(Locator::Css(element)).await.unwrap().text().await.unwrap()
}

/// Waits for the answer, and gives its state, its name and the server's words.
async fn result(page: &Client) -> (String, String, String) {
    let panel = page.wait().for_element(Locator::Css("#result:not([data-state='busy'])")).await.unwrap();
    let state = panel.attr("data-state").await.unwrap().unwrap();
    (state, text_of(page, "#result-name").await, text_of(page, "#result-message").await)
}

fn told(state: &str, name: &str, message: &str) -> (String, String, String) {
    (state.to_owned(), name.to_owned(), message.to_owned())
}

/// A name within a sentence, set apart from the direction of what is around it.
fn apart(name: &str) -> String {
    format!("\u{2068}{name}\u{2069}")
}

/// No script failed and nothing was blocked. That the users of an event were asked for before it came into
/// being is no fault.
async fn nothing_is_wrong(browser: &Browser) {
    let too_early = |complaint: &String| complaint.contains("/api/all_user?") && complaint.contains("404");
    let complaints = browser.complaints().await.unwrap();
    assert!(complaints.iter().all(too_early), "{complaints:?}");
}

async fn enrol(page: &Client, file: &Path, user: &str) {
    choose(page, file).await;
    type_into(page, "#username", user).await;
    click(page, "#enrol").await;
    assert_eq!(result(page).await, told("enrolled", user, &format!("Added to {}.", apart(EVENT))));
    page.wait().for_element(Locator::Css("#users li")).await.unwrap();
    assert_eq!(text_of(page, "#users li span").await, user);
}

#[tokio::test]
async fn a_person_enrolled_from_a_file_is_recognised_by_the_camera_and_nobody_else_is() {
    let server = Server::start().unwrap();
    let browser = Browser::with_camera(&picture("obama2.jpg").unwrap()).await.unwrap();
    let page = browser.page();
    opened(&browser, &server, EVENT).await;
    enrol(page, &file("obama.jpg"), "obama").await;
    assert_eq!(text_of(page, "#users-count").await, "1");

    click(page, "#desk-camera-start").await;
    page.wait().for_element(Locator::Css("#preview[data-source='live']")).await.unwrap();
    let matched = told("match", "obama", &format!("Recognised in {}.", apart(EVENT)));
    // One press at the door: the live picture is taken and checked.
    page.wait().for_element(Locator::Css("#desk-camera-take:not([hidden])")).await.unwrap();
    click(page, "#verify").await;
    assert_eq!(result(page).await, matched);
    let confidence: f64 = text_of(page, "#result-confidence").await.parse().unwrap();
    assert!((60.0..100.0).contains(&confidence), "{confidence}");
    // The next answer is about whoever stands there then, and not about the picture of the guest before.
    page.wait().for_element(Locator::Css("#preview[data-source='live']")).await.unwrap();
    // The picture is taken first, looked at, and checked then.
    click(page, "#desk-camera-take").await;
    page.wait().for_element(Locator::Css("#preview[data-source='picture']")).await.unwrap();
    click(page, "#verify").await;
    assert_eq!(result(page).await, matched);

    choose(page, &file("biden.jpg")).await;
    assert!(page.find(Locator::Css("#desk-camera-start")).await.unwrap().is_displayed().await.unwrap());
    click(page, "#verify").await;
    let message = format!("Nobody of {} is recognised.", apart(EVENT));
    assert_eq!(result(page).await, told("no-match", "", &message));
    nothing_is_wrong(&browser).await;

    let folder = tempfile::tempdir().unwrap();
    let noise = folder.path().join("noise.png");
    fs::write(&noise, faceless().unwrap()).unwrap();
    choose(page, &noise).await;
    click(page, "#verify").await;
    assert_eq!(result(page).await, told("error", "", "No face was found in the picture"));
}

#[tokio::test]
async fn names_that_are_markup_are_shown_as_text() {
    const USER: &str = "<img src=x onerror=alert(1)>";
    let server = Server::start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    let page = browser.page();
    opened(&browser, &server, EVENT).await;
    enrol(page, &file("obama.jpg"), USER).await;
    choose(page, &file("obama2.jpg")).await;
    click(page, "#verify").await;
    assert_eq!(result(page).await, told("match", USER, &format!("Recognised in {}.", apart(EVENT))));
    click(page, "#users li button").await;
    assert_eq!(
        text_of(page, "#confirm-question").await,
        format!("Remove {} from {}?", apart(USER), apart(EVENT))
    );
    assert!(page.find_all(Locator::Css("img[src='x']")).await.unwrap().is_empty());
    assert!(page.get_alert_text().await.unwrap_err().is_no_such_alert());
    nothing_is_wrong(&browser).await;

    click(page, "#confirm-yes").await;
    page.wait().for_element(Locator::Css("#users:empty")).await.unwrap();
    assert_eq!(text_of(page, "#users-status").await, format!("Removed: {}.", apart(USER)));
}

#[tokio::test]
async fn a_face_that_has_another_name_is_added_only_when_somebody_says_so() {
    let server = Server::start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    let page = browser.page();
    opened(&browser, &server, EVENT).await;
    enrol(page, &file("obama.jpg"), "obama").await;
    let names = async || {
        let answer = server.client().get(&format!("/api/all_user?event_name={EVENT}")).await.unwrap();
        answer.json["users"].to_string()
    };
    let ask = async || {
        page.find(Locator::Css("#username")).await.unwrap().clear().await.unwrap();
        choose(page, &file("obama2.jpg")).await;
        type_into(page, "#username", "barack").await;
        click(page, "#enrol").await;
        page.wait().for_element(Locator::Css("#confirm[open]")).await.unwrap();
        assert!(text_of(page, "#confirm-question").await.contains(&apart("obama")));
    };
    ask().await;
    click(page, "#confirm-no").await;
    assert_eq!(result(page).await.0, "idle");
    assert_eq!(names().await, r#"["obama"]"#);
    ask().await;
    click(page, "#confirm-yes").await;
    page.wait().for_element(Locator::Css("#result[data-state='enrolled']")).await.unwrap();
    assert_eq!(names().await, r#"["barack","obama"]"#);
}
