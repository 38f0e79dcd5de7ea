//! The pages ask this server and nobody else, and could not if they wanted to.

use e2e::{Browser, Server};
use fantoccini::Locator;

/// ReDoc's own mark, for which it has no option: the page's policy stops it.
const REDOC_LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";

/// Each page, and an element that says that it has drawn itself.
const PAGES: [(&str, &str); 3] = [
    ("/", "#door-view:not([hidden])"),
    ("/docs/index.html", ".opblock"),
    ("/redoc", "#redoc .api-content h1"),
];

#[tokio::test]
async fn no_page_sends_a_request_to_another_host() {
    let server = Server::start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    for (path, drawn) in PAGES {
        browser.page().goto(&format!("{}{path}", server.url())).await.unwrap();
        browser.page().wait().for_element(Locator::Css(drawn)).await.unwrap();
        let requests = browser.requests().await.unwrap();
        assert!(requests.len() > 3, "{path}: {requests:?}");
        for request in requests {
            let stopped = request.blocked && request.url == REDOC_LOGO;
            assert!(stopped || request.stays_at(server.url()), "{path}: {request:?}");
        }
        for complaint in browser.complaints().await.unwrap() {
            assert!(complaint.contains(REDOC_LOGO), "{path}: {complaint}");
        }
    }
}

/// Ways for a script to reach another host. Each calls back when the browser is done with it.
const ATTEMPTS: [&str; 3] = [
    "const [url, done] = arguments; fetch(url, { mode: 'no-cors' }).then(() => done(), () => done())",
    "const [url, done] = arguments; const image = new Image(); \
     image.onload = image.onerror = () => done(); image.src = url",
    "const [url, done] = arguments; const script = document.createElement('script'); \
     script.onload = script.onerror = () => done(); script.src = url; document.documentElement.append(script)",
];

#[tokio::test]
async fn the_policy_of_every_page_stops_scripts_that_would_send_elsewhere() {
    let server = Server::start().unwrap();
    let other = Server::start().unwrap();
    let elsewhere = format!("{}/favicon.svg", other.url());
    let browser = Browser::without_camera().await.unwrap();
    for (path, drawn) in PAGES {
        browser.page().goto(&format!("{}{path}", server.url())).await.unwrap();
        browser.page().wait().for_element(Locator::Css(drawn)).await.unwrap();
        for attempt in ATTEMPTS {
            assert!(is_stopped(&browser, attempt, &elsewhere).await, "{path}: {attempt}");
        }
    }
    // On a page without a policy the same scripts do send, so that the above says something.
    browser.page().goto("about:blank").await.unwrap();
    for attempt in ATTEMPTS {
        assert!(!is_stopped(&browser, attempt, &elsewhere).await, "{attempt}");
    }
}

/// Whether the page's policy keeps the request of the script in the page. One of `fetch` that it stops is not
/// even listed.
async fn is_stopped(browser: &Browser, attempt: &str, url: &str) -> bool {
    browser.page().execute_async(attempt, vec![url.into()]).await.unwrap();
    let requests = browser.requests().await.unwrap();
    requests.iter().filter(|request| request.url == url).all(|request| request.blocked)
}
