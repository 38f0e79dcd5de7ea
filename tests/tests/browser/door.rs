//! The door with a camera that films people: who walks up is checked in once, by a frame of their own.

use e2e::{Browser, Scene, Server, mirrored, picture, soon};
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

const EVENT: &str = "conference_2024";
/// A name that is markup, to be shown as text.
const HOSTILE: &str = "<img src=x onerror=alert(1)> & co";

/// Notes of every frame that is sent the colour of its scene, its key, when it was taken out of the film and what was
/// answered; and of every verdict what was shown.
const WATCH: &str = r"
    window.sent = []; window.shown = [];
    const ask = window.fetch;
    window.fetch = async (url, options) => {
      const isCheckIn = String(url).endsWith('/check-ins') && options.body instanceof FormData;
      if (!isCheckIn) return ask(url, options);
      const picture = await createImageBitmap(options.body.get('file'));
      const canvas = new OffscreenCanvas(1, 1).getContext('2d');
      canvas.drawImage(picture, 0, 0, 1, 1, 0, 0, 1, 1);
      const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
      const scene = red > 150 ? 'first' : green > 150 ? 'second' : blue > 150 ? 'stranger' : 'other';
      const note = { scene, key: options.headers['idempotency-key'] };
      window.sent.push(note);
      const answer = await ask(url, options);
      note.user = (await answer.clone().json()).check_in?.user ?? null;
      return answer;
    };
    const panel = document.getElementById('verdict');
    new MutationObserver(() => {
      const outcome = panel.dataset.outcome;
      if (outcome !== 'none') window.shown.push([outcome, document.getElementById('verdict-name').textContent]);
    }).observe(panel, { attributes: true, attributeFilter: ['data-outcome'] });
";

async fn run(page: &Client, script: &str) -> Value {
    page.execute(script, Vec::new()).await.unwrap()
}

async fn enrolled(server: &Server, user: &str, picture: &[u8]) {
    let answer = server.client().add_user(EVENT, user, picture).await.unwrap();
    assert_eq!(answer.code(), 200, "{answer:?}");
}

async fn opened(browser: &Browser, server: &Server) {
    let page = browser.page();
    page.goto(&format!("{}/#/door?event={EVENT}", server.url())).await.unwrap();
    page.wait().for_element(Locator::Css("#stage[data-camera='on']")).await.unwrap();
}

async fn checked_in(server: &Server) -> Vec<String> {
    let list = server.client().get(&format!("/v1/events/{EVENT}/check-ins?order=oldest")).await.unwrap();
    let users = list.json["check_ins"].as_array().unwrap();
    users.iter().map(|one| one["user"].as_str().unwrap().to_owned()).collect()
}

fn scene(picture: Option<Vec<u8>>, colour: [u8; 3], seconds: f32) -> Scene {
    Scene { pictures: picture.into_iter().collect(), colour, seconds }
}

#[tokio::test]
async fn two_people_one_after_the_other_are_checked_in_once_each_and_a_stranger_is_not() {
    let server = Server::start().unwrap();
    enrolled(&server, "obama", &picture("obama.jpg").unwrap()).await;
    enrolled(&server, HOSTILE, &picture("biden.jpg").unwrap()).await;
    let second = mirrored(&picture("biden.jpg").unwrap()).unwrap();
    let first = picture("obama2.jpg").unwrap();
    let both = Scene { pictures: vec![first.clone(), second.clone()], colour: [90; 3], seconds: 2.0 };
    let nobody = scene(None, [90; 3], 2.0);
    let browser = Browser::with_film(&[
        scene(Some(first), [220, 0, 0], 5.0),
        nobody.clone(),
        scene(Some(second), [0, 220, 0], 5.0),
        nobody.clone(),
        scene(Some(picture("astronaut.png").unwrap()), [0, 0, 220], 5.0),
        nobody.clone(),
        both,
        nobody,
    ])
    .await
    .unwrap();
    let page = browser.page();
    opened(&browser, &server).await;
    run(page, WATCH).await;
    // Nobody touches anything until all of them were there, and the first one for a second time.
    let wanted = [
        json!(["checked_in", "obama"]),
        json!(["checked_in", HOSTILE]),
        json!(["no_match", ""]),
        json!(["already_checked_in", "obama"]),
    ];
    let mut shown = Value::Null;
    for _ in 0..4 {
        let all = soon(async || {
            shown = run(page, "return window.shown").await;
            wanted.iter().all(|verdict| shown.as_array().unwrap().contains(verdict))
        });
        if all.await {
            break;
        }
    }
    assert!(wanted.iter().all(|verdict| shown.as_array().unwrap().contains(verdict)), "{shown}");
    let mut users = checked_in(&server).await;
    users.sort();
    assert_eq!(users, [HOSTILE, "obama"]);
    assert!(run(page, "return document.querySelector('img[src=x]') === null").await.as_bool().unwrap());
    assert_eq!(run(page, "return document.getElementById('counts').textContent").await, "Here: 2 of 2");

    let sent = run(page, "return window.sent").await;
    let sent = sent.as_array().unwrap();
    // Each frame names whom it shows, or nobody: whatever stood there before.
    for frame in sent.iter().filter(|frame| !frame["user"].is_null()) {
        let of_scene = if frame["scene"] == "first" { "obama" } else { HOSTILE };
        assert_eq!(frame["user"], of_scene, "{sent:?}");
        assert_ne!(frame["scene"], "stranger", "{sent:?}");
    }
    // No frame of two people is taken, and each has a key of its own.
    assert!(sent.iter().all(|frame| frame["scene"] != "other"), "{sent:?}");
    let mut keys: Vec<_> = sent.iter().map(|frame| frame["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), sent.len());
}

#[tokio::test]
async fn what_is_taken_while_the_server_is_away_is_sent_once_it_is_back_and_done_once() {
    let server = Server::start().unwrap();
    enrolled(&server, "obama", &picture("obama.jpg").unwrap()).await;
    let browser = Browser::with_camera(&picture("obama2.jpg").unwrap()).await.unwrap();
    let page = browser.page();
    page.goto(server.url()).await.unwrap();
    run(page, "localStorage.setItem('face-door', JSON.stringify({ byItself: false }))").await;
    page.goto("about:blank").await.unwrap();
    opened(&browser, &server).await;
    // The first answer is lost on its way back, and then nothing gets through.
    let away = r"
        window.keys = []; window.away = true;
        const ask = window.fetch; let first = true;
        window.fetch = async (url, options) => {
          const isCheckIn = String(url).endsWith('/check-ins') && options.method === 'POST';
          if (isCheckIn) window.keys.push(options.headers['idempotency-key']);
          if (isCheckIn && first) { first = false; await ask(url, options); }
          if (window.away) throw new TypeError('away');
          return ask(url, options);
        };";
    run(page, away).await;
    page.find(Locator::Css("#take")).await.unwrap().click().await.unwrap();
    page.wait().for_element(Locator::Css("#late:not([hidden])")).await.unwrap();
    let said = run(page, "return document.getElementById('late').textContent").await;
    assert!(said.as_str().unwrap().starts_with("The server does not answer"), "{said}");
    assert!(soon(async || run(page, "return window.keys.length > 1").await == json!(true)).await);
    run(page, "window.away = false").await;
    // Over the picture, or beside it when another could have come since.
    let answered = "return document.getElementById('verdict-name').textContent === 'obama' \
                    || document.getElementById('late').textContent.includes('obama')";
    assert!(soon(async || run(page, answered).await == json!(true)).await);
    assert_eq!(checked_in(&server).await, ["obama"]);
    assert_eq!(run(page, "return new Set(window.keys).size").await, 1);

    // Whoever leaves the door while it waits finds it at work when they are back.
    let leave = "window.away = true; document.getElementById('take').click(); location.hash = '#/desk?event=conference_2024'";
    run(page, leave).await;
    page.wait().for_element(Locator::Css("#stage[data-camera='off']")).await.unwrap();
    run(page, "window.away = false; location.hash = '#/door?event=conference_2024'").await;
    page.wait().for_element(Locator::Css("#stage[data-camera='on']")).await.unwrap();
    let is_live = "return document.getElementById('door-video').videoWidth > 0";
    assert!(soon(async || run(page, is_live).await == json!(true)).await);
    page.find(Locator::Css("#take")).await.unwrap().click().await.unwrap();
    page.wait().for_element(Locator::Css("#verdict[data-outcome='already_checked_in']")).await.unwrap();
}

#[tokio::test]
async fn a_camera_that_is_denied_or_lost_says_so_and_comes_back() {
    let server = Server::start().unwrap();
    enrolled(&server, "obama", &picture("obama.jpg").unwrap()).await;
    let denying = Browser::denying_the_camera().await.unwrap();
    let page = denying.page();
    page.goto(&format!("{}/#/door?event={EVENT}", server.url())).await.unwrap();
    page.wait().for_element(Locator::Css("#camera-start:not([hidden])")).await.unwrap();
    let words = page.find(Locator::Css("#door-note-words")).await.unwrap().text().await.unwrap();
    assert!(words.starts_with("The browser denies the camera to this page."), "{words}");

    let browser = Browser::with_camera(&picture("obama2.jpg").unwrap()).await.unwrap();
    let page = browser.page();
    opened(&browser, &server).await;
    // As when the device is pulled out: the track ends by itself.
    let lose = "const [track] = document.getElementById('door-video').srcObject.getVideoTracks(); \
                window.lost = track; track.stop(); track.dispatchEvent(new Event('ended'))";
    run(page, lose).await;
    let is_back = "const stream = document.getElementById('door-video').srcObject; \
                   return document.getElementById('stage').dataset.camera === 'on' && stream !== null \
                     && stream.getVideoTracks()[0] !== window.lost";
    assert!(soon(async || run(page, is_back).await == json!(true)).await);

    // As when the screen is locked: off at once, and opened anew afterwards.
    let hide = "window.lost = document.getElementById('door-video').srcObject.getVideoTracks()[0]; \
                Object.defineProperty(document, 'hidden', { value: true, configurable: true }); \
                document.dispatchEvent(new Event('visibilitychange')); \
                return [window.lost.readyState, document.getElementById('door-video').srcObject]";
    assert_eq!(run(page, hide).await, json!(["ended", null]));
    run(page, "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))").await;
    assert!(soon(async || run(page, is_back).await == json!(true)).await);
}

#[tokio::test]
async fn nothing_moves_when_a_verdict_comes_and_its_name_is_large_and_whole() {
    let server = Server::start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    let page = browser.page();
    page.goto(&format!("{}/#/door", server.url())).await.unwrap();
    page.wait().for_element(Locator::Css("#door-view:not([hidden])")).await.unwrap();
    let script = r"
        const [width, height, done] = arguments;
        (async () => {
          const { showVerdict, clearVerdict } = await import('/door/verdict.js');
          const places = () => ['take', 'by-hand-open', 'hint', 'door-settings-open'].map((id) => {
            const { x, y, width, height } = document.getElementById(id).getBoundingClientRect();
            return [x, y, width, height].join();
          }).join(' ');
          const name = document.getElementById('verdict-name');
          const panel = document.getElementById('verdict');
          const before = places();
          const told = [];
          for (const text of ['Li', 'Maximiliane Schönfelder', 'W'.repeat(128)]) {
            showVerdict('checked_in', { name: text });
            const size = parseFloat(getComputedStyle(name).fontSize);
            const share = size / Math.max(innerWidth, innerHeight);
            const whole = name.scrollWidth <= name.clientWidth && panel.scrollHeight <= panel.clientHeight;
            told.push([whole, places() === before, share >= 0.0649 || text.length === 128]);
          }
          clearVerdict();
          done(told);
        })();";
    for (width, height) in [(360, 640), (1280, 800), (1920, 1080)] {
        page.set_window_size(width, height).await.unwrap();
        let told = page.execute_async(script, vec![width.into(), height.into()]).await.unwrap();
        assert_eq!(told, json!([[true, true, true], [true, true, true], [true, true, true]]), "{width}");
    }
}
