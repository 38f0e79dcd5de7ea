//! The pages ask this server and nobody else, and could not if they wanted to.

use e2e::{Browser, Server};
use fantoccini::Locator;

/// ReDoc's own mark, for which it has no option: the page's policy stops it.
const REDOC_LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";

/// Each page, and an element that says that it has drawn itself.
const PAGES: [(&str, &str); 3] = [
    ("/", "#result[data-state='idle']"),
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

#[tokio::test]
async fn the_policy_of_every_page_stops_scripts_that_would_send_elsewhere() {
    const ATTEMPTS: [&str; 3] = [
        "fetch(arguments[0]).then(() => arguments[1]('sent'), () => arguments[1]('stopped'))",
        "const image = new Image(); image.onload = () => arguments[1]('sent'); \
         image.onerror = () => arguments[1]('stopped'); image.src = arguments[0]",
        "const script = document.createElement('script'); script.onload = () => arguments[1]('sent'); \
         script.onerror = () => arguments[1]('stopped'); script.src = arguments[0]; document.body.append(script)",
    ];
    let server = Server::start().unwrap();
    // Another origin that does answer.
    let other = Server::start().unwrap();
    let elsewhere = format!("{}/favicon.svg", other.url());
    let browser = Browser::without_camera().await.unwrap();
    for (path, drawn) in PAGES {
        browser.page().goto(&format!("{}{path}", server.url())).await.unwrap();
        browser.page().wait().for_element(Locator::Css(drawn)).await.unwrap();
        browser.requests().await.unwrap();
        for attempt in ATTEMPTS {
            let outcome =
                browser.page().execute_async(attempt, vec![elsewhere.clone().into()]).await.unwrap();
            assert_eq!(outcome, "stopped", "{path}: {attempt}");
            let requests = browser.requests().await.unwrap();
            assert!(requests.iter().all(|request| request.blocked), "{path}: {requests:?}");
        }
    }
}
