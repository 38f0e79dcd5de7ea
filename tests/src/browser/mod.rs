//! A headless Chromium of its own, with a fake camera, and what its pages asked of the network.

mod camera;
mod chromedriver;
mod traffic;

use std::env;

use anyhow::{Context, Result};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

pub use traffic::Request;

use chromedriver::Chromedriver;

/// Names the browser; `cargo xtask test` finds it and sets this. Without it chromedriver looks for one.
const BROWSER: &str = "CHROMIUM_BIN";

/// A running browser with an empty profile, ended when the test is.
///
/// The fields are dropped in this order: the folder is in use until chromedriver has ended the browser.
#[derive(Debug)]
pub struct Browser {
    page: Client,
    chromedriver: Chromedriver,
    _folder: TempDir,
}

impl Browser {
    /// Opens a browser whose camera shows the picture and needs no permission.
    ///
    /// # Errors
    /// When Chromium or chromedriver is missing or does not start, or the picture is none.
    pub async fn with_camera(picture: &[u8]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let film = folder.path().join("camera.mjpeg");
        std::fs::write(&film, camera::film(picture)?)?;
        Self::open(folder, &[format!("--use-file-for-fake-video-capture={}", film.display())]).await
    }

    /// Opens a browser whose camera shows a test signal.
    ///
    /// # Errors
    /// When Chromium or chromedriver is missing or does not start.
    pub async fn without_camera() -> Result<Self> {
        Self::open(tempfile::tempdir()?, &[]).await
    }

    async fn open(folder: TempDir, flags: &[String]) -> Result<Self> {
        let mut arguments: Vec<String> = [
            "--headless=new",
            // The sandbox refuses the root user of a container; only this server's pages are opened.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
        arguments.extend_from_slice(flags);

        let chromedriver = Chromedriver::start()?;
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&arguments))
            .connect(chromedriver.url())
            .await
            .context("chromedriver could not start the browser")?;
        Ok(Self { page, chromedriver, _folder: folder })
    }

    /// The page that is open.
    #[must_use]
    pub fn page(&self) -> &Client {
        &self.page
    }

    /// What the pages asked of the network since this was last called.
    ///
    /// # Errors
    /// When the browser has ended.
    pub async fn requests(&self) -> Result<Vec<Request>> {
        Ok(traffic::requests(&self.log("performance").await?))
    }

    /// What the browser complained of since this was last called: scripts that failed, answers that were
    /// errors, whatever a content security policy blocked.
    ///
    /// # Errors
    /// When the browser has ended.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        self.log("browser").await
    }

    /// The messages of one of chromedriver's logs, which are no part of the WebDriver standard.
    async fn log(&self, name: &str) -> Result<Vec<String>> {
        let session = self.page.session_id().await?.context("the session has ended")?;
        let url = format!("{}/session/{session}/se/log", self.chromedriver.url());
        let answer = crate::http_client().post(url).json(&json!({ "type": name })).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        let entries = answer.get("value").and_then(Value::as_array).context("no log")?;
        Ok(entries.iter().filter_map(|entry| entry.get("message")?.as_str().map(str::to_owned)).collect())
    }
}

fn capabilities(arguments: &[String]) -> Capabilities {
    let mut options = Capabilities::from_iter([
        ("args".to_owned(), json!(arguments)),
        // The page of a new tab would ask its maker's hosts.
        (
            "prefs".to_owned(),
            json!({ "session": { "restore_on_startup": 4, "startup_urls": ["about:blank"] } }),
        ),
    ]);
    if let Ok(program) = env::var(BROWSER) {
        options.insert("binary".to_owned(), program.into());
    }
    Capabilities::from_iter([
        ("goog:chromeOptions".to_owned(), options.into()),
        ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL", "performance": "ALL" })),
    ])
}
