//! Swagger UI and ReDoc draw the whole document, and Swagger UI can call the server.

use e2e::{Browser, Server};
use fantoccini::Locator;

/// The document's title and the summaries of its operations.
async fn document(server: &Server) -> (String, Vec<String>) {
    let document = server.client().get("/openapi.json").await.unwrap().json;
    let operations = document["paths"].as_object().unwrap().values();
    let summaries = operations
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["summary"].as_str().unwrap().to_owned())
        .collect();
    (document["info"]["title"].as_str().unwrap().to_owned(), summaries)
}

#[tokio::test]
async fn swagger_ui_shows_every_operation_and_can_try_one() {
    let server = Server::start().unwrap();
    let (title, summaries) = document(&server).await;
    let browser = Browser::without_camera().await.unwrap();
    let page = browser.page();
    page.goto(&format!("{}/docs/index.html", server.url())).await.unwrap();
    page.wait().for_element(Locator::Css(".opblock")).await.unwrap();
    assert!(text(&browser, ".info .title").await.contains(&title));
    assert_eq!(page.find_all(Locator::Css(".opblock")).await.unwrap().len(), summaries.len());
    let shown = text(&browser, "#swagger-ui").await;
    for summary in summaries {
        assert!(shown.contains(&summary), "{summary}");
    }

    let live = "//*[contains(@class, 'opblock-get')][.//*[@data-path='/health/live']]";
    page.find(Locator::XPath(&format!("{live}//button"))).await.unwrap().click().await.unwrap();
    let execute = format!("{live}//button[contains(@class, 'execute')]");
    page.wait().for_element(Locator::XPath(&execute)).await.unwrap().click().await.unwrap();
    let answer = format!("{live}//*[contains(@class, 'live-responses-table')]//td[normalize-space()='200']");
    page.wait().for_element(Locator::XPath(&answer)).await.unwrap();
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn redoc_shows_the_title_and_every_operation() {
    let server = Server::start().unwrap();
    let (title, summaries) = document(&server).await;
    let browser = Browser::without_camera().await.unwrap();
    browser.page().goto(&format!("{}/redoc", server.url())).await.unwrap();
    browser.page().wait().for_element(Locator::Css("#redoc .api-content h1")).await.unwrap();
    assert!(text(&browser, "#redoc .api-content h1").await.contains(&title));
    let shown = text(&browser, "#redoc").await;
    for summary in summaries {
        assert!(shown.contains(&summary), "{summary}");
    }
}

/// All text of an element, as it is in the page and not as styles show it.
async fn text(browser: &Browser, element: &str) -> String {
    let script = "return document.querySelector(arguments[0]).textContent";
    let text = browser.page().execute(script, vec![element.into()]).await.unwrap();
    text.as_str().map(str::to_owned).unwrap_or_default()
}
