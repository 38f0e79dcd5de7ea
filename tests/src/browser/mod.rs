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

pub use camera::Scene;
pub use traffic::Request;

use chromedriver::Chromedriver;

/// Names the browser; `cargo xtask test` finds it and sets this. Without it chromedriver looks for one.
const BROWSER: &str = "CHROMIUM_BIN";

/// What a browser's settings say of a page that asks for the camera.
const ALLOWED: u8 = 1;
const DENIED: u8 = 2;

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
        let still = Scene { pictures: vec![picture.to_vec()], colour: [0; 3], seconds: 0.4 };
        Self::with_film(&[still]).await
    }

    /// Opens a browser whose camera shows the scenes one after another, over and over, and needs no permission.
    ///
    /// # Errors
    /// As [`Browser::with_camera`].
    pub async fn with_film(scenes: &[Scene]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let film = folder.path().join("camera.mjpeg");
        std::fs::write(&film, camera::film(scenes)?)?;
        Self::open(folder, &[format!("--use-file-for-fake-video-capture={}", film.display())], ALLOWED).await
    }

    /// Opens a browser that denies pages the camera, as a person can.
    ///
    /// # Errors
    /// As [`Browser::without_camera`].
    pub async fn denying_the_camera() -> Result<Self> {
        Self::open(tempfile::tempdir()?, &[], DENIED).await
    }

    /// Opens a browser whose camera shows a test signal.
    ///
    /// # Errors
    /// When Chromium or chromedriver is missing or does not start.
    pub async fn without_camera() -> Result<Self> {
        Self::open(tempfile::tempdir()?, &[], ALLOWED).await
    }

    async fn open(folder: TempDir, flags: &[String], camera: u8) -> Result<Self> {
        let mut arguments: Vec<String> = [
            "--headless=new",
            // The sandbox refuses the root user of a container; only this server's pages are opened.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--use-fake-device-for-media-stream",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
        arguments.extend_from_slice(flags);
        if camera == ALLOWED {
            arguments.push("--use-fake-ui-for-media-stream".to_owned());
        }

        let chromedriver = Chromedriver::start()?;
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&arguments, camera))
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

fn capabilities(arguments: &[String], camera: u8) -> Capabilities {
    let mut options = Capabilities::from_iter([
        ("args".to_owned(), json!(arguments)),
        // The page of a new tab would ask its maker's hosts.
        (
            "prefs".to_owned(),
            json!({
                "session": { "restore_on_startup": 4, "startup_urls": ["about:blank"] },
                "profile": { "default_content_setting_values": { "media_stream_camera": camera } },
            }),
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
