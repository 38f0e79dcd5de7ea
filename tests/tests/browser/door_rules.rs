//! The rules of the door, with times and boxes that are given: when a face is asked about, and what is wanting.

use e2e::{Browser, Server};
use serde_json::{Value, json};

/// Runs a script in the page that has the door's modules at hand, and gives what it hands to `done`.
async fn run(script: &str) -> Value {
    let server = Server::start().unwrap();
    let browser = Browser::without_camera().await.unwrap();
    browser.page().goto(server.url()).await.unwrap();
    let script = format!(
        "const done = arguments[0]; (async () => {{ \
           const [{{ Presence }}, {{ Turns }}, {{ wanting }}, {{ Queue }}, {{ HeadTurn }}] = await Promise.all( \
             ['presence', 'turns', 'hint', 'queue', 'head-turn'].map((name) => import(`/door/${{name}}.js`))); \
           {script} }})().catch((failure) => done(String(failure.stack)))"
    );
    browser.page().execute_async(&script, Vec::new()).await.unwrap()
}

#[tokio::test]
async fn a_face_is_asked_about_once_when_it_holds_still_and_never_by_a_frame_of_before_the_verdict() {
    let told = run("const at = (left) => ({ left, top: 50, width: 60, height: 80 }); \
         const presence = new Presence(); const turns = new Turns(); const said = []; \
         const may = (time) => presence.isSteady(time) && turns.mayAsk(presence, time); \
         for (const time of [0, 100, 200, 300]) { presence.observe(at(100), time); said.push(may(time)); } \
         turns.asked(presence, 300); turns.answered('A'); turns.cleared(4000); \
         presence.observe(at(101), 3900); said.push(['a frame of before', may(3900)]); \
         for (const time of [4100, 4200, 4300]) presence.observe(at(100), time); \
         said.push(['the same person stays', may(4300), turns.alreadyNamed(presence)]); \
         for (const time of [6400, 6500]) presence.observe(at(100), time); \
         said.push(['once more, later', may(6500), turns.alreadyNamed(presence)]); \
         turns.asked(presence, 6500); turns.answered('A'); \
         for (const time of [60000, 60100, 60400]) presence.observe(at(100), time); \
         said.push(['and never again', may(60400)]); \
         for (const time of [60500, 60600, 60700, 60950]) presence.observe(null, time); \
         said.push(['left', presence.isThere]); \
         for (const time of [61000, 61100, 61200, 61300]) presence.observe(at(100), time); \
         said.push(['the next one', may(61300), turns.alreadyNamed(presence)]); \
         turns.settled(presence); said.push(['said by hand', may(61400)]); \
         done(said);")
    .await;
    let expected = json!([
        false,
        false,
        false,
        true,
        ["a frame of before", false],
        ["the same person stays", false, "A"],
        ["once more, later", true, "A"],
        ["and never again", false],
        ["left", false],
        ["the next one", true, null],
        ["said by hand", false]
    ]);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn another_place_is_another_person_and_a_face_that_moves_is_waited_for() {
    let told = run(
        "const at = (left, width = 60) => ({ left, top: 50, width, height: width * 1.3 }); \
         const presence = new Presence(); const ids = []; \
         const see = (box, time) => { presence.observe(box, time); ids.push([presence.id, presence.isSteady(time)]); }; \
         see(at(100), 0); see(at(110), 200); see(at(120), 400); see(at(121), 600); see(at(121), 800); \
         see(null, 900); see(at(121), 1000); see(at(200), 1100); see(at(200, 120), 1200); \
         done(ids);",
    )
    .await;
    // A detection that missed does not make another person of the same one; a leap or another size does.
    let expected = json!([
        [1, false],
        [1, false],
        [1, false],
        [1, false],
        [1, true],
        [1, false],
        [1, false],
        [2, false],
        [3, false]
    ]);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn one_thing_at_a_time_is_wanting_and_bystanders_are_none_of_it() {
    let told = run(
        "const face = (change = {}) => ({ box: { left: 100, top: 50, width: 60, height: 80 }, shortcomings: [], \
           quality: { eye_distance: 30, inside: 1 }, ...change }); \
         const small = { box: { left: 0, top: 0, width: 20, height: 26 } }; \
         const seen = (...faces) => wanting({ width: 320, height: 180, faces }); \
         const short = (...codes) => face({ shortcomings: codes.map((code) => ({ code })) }); \
         done([seen(), seen(face()), seen(face(), face(small)), seen(face(), face()), \
           seen(face({ quality: { eye_distance: 30, inside: 0.8 } })), \
           seen(face({ quality: { eye_distance: 8, inside: 1 } })), \
           seen(short('blurred', 'too_dark')), seen(short('face_too_small'))]);",
    )
    .await;
    let expected =
        json!(["no_face", "", "", "multiple_faces", "face_cut_off", "face_too_small", "too_dark", ""]);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_frame_is_sent_again_while_the_server_is_away_and_three_wait_at_most() {
    let told = run(
        "const counts = []; const queue = new Queue((waiting) => counts.push(waiting)); \
         let away = true; let sent = 0; \
         const send = async () => { sent += 1; if (away) throw { status: 0 }; return 'answered'; }; \
         const all = [1, 2, 3].map(() => queue.send(performance.now(), send)); \
         await Promise.resolve(); const full = queue.isFull; \
         const old = await queue.send(performance.now() - 60000, send).catch((failure) => failure.constructor.name); \
         const other = await queue.send(performance.now(), async () => { throw { status: 422 }; }) \
           .catch((failure) => failure.status); \
         away = false; const answers = await Promise.all(all); \
         done([full, old, other, answers, sent >= 7, counts.at(-1), queue.isFull]);",
    )
    .await;
    let answers = json!(["answered", "answered", "answered"]);
    assert_eq!(told, json!([true, "Dropped", 422, answers, true, 0, false]));
}

#[tokio::test]
async fn the_head_is_turned_to_the_side_that_chance_said_and_back() {
    let told = run(
        "const sides = [true, false, false]; const turn = new HeadTurn(() => sides.shift() ?? true); const said = []; \
         const see = (id, yaw, time) => said.push(turn.observe(id, yaw, time)); \
         see(1, 2, 0); see(1, 10, 100); see(1, -14, 200); see(1, 18, 300); see(1, -14, 400); see(1, -12, 500); \
         said.push(turn.isAsked(1)); see(1, 3, 600); said.push(turn.isDone(1), turn.isDone(2)); \
         see(2, 0, 700); done(said);",
    )
    .await;
    // To the other side chance decides anew, and another face is asked anew.
    let expected =
        json!(["left", "left", "right", "right", "back", "back", true, "back", true, false, "left"]);
    assert_eq!(told, expected);
}
