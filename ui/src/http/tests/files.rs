//! Files through the API: who may name one, who gets it back, and what is left of those nobody named.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use statewright_engine::configuration::EngineConfig;
use statewright_engine::files::{Away, FilesConfig, Scanner, Scanning, Verdict, WhenAway};
use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;

use super::api::{Ask, Heard, ask, post, quoted};
use super::specification::conforms;
use super::*;
use crate::json::{member, member_items, member_number};

const FOLDER: &str = include_str!("folder.yaml");

const TRACE: &str = "JOB=7\r\nTRCFMT=1;4;E;R;F\r\nR=2000;1500;2000;1500\r\n";

async fn api() -> Api {
    let api = Api::new().await;
    deploy(&api).await;
    api
}

async fn deploy(api: &Api) {
    let files = format!("{{\"main\": \"f.yaml\", \"files\": {{\"f.yaml\": {}}}}}", quoted(FOLDER));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
}

fn upload(name: &str, body: &str) -> Ask {
    ask("POST", "/v1/files", body).with("content-disposition", &format!("attachment; filename=\"{name}\""))
}

async fn uploaded(api: &Api, by: &str, body: &str) -> String {
    let heard = api.check(upload("a.txt", body).by(by), "201").await;
    member(&heard.value(), "file").to_owned()
}

async fn folder(api: &Api, code: &str) {
    let start = post("/v1/instances/folder", &format!("{{\"with\": {{\"code\": \"{code}\"}}}}"));
    api.check(start.by(&api.clerk), "201").await;
}

fn add(code: &str, with: &str) -> Ask {
    send(code, "ADD", with)
}

fn send(code: &str, event: &str, with: &str) -> Ask {
    let body = format!("{{\"event\": \"{event}\", \"with\": {with}}}");
    post(&format!("/v1/instances/folder/{code}/events"), &body)
}

fn naming(field: &str, file: &str) -> String {
    format!("{{\"{field}\": {{\"file\": \"{file}\"}}}}")
}

async fn download(api: &Api, code: &str, file: &str, by: &str) -> Heard {
    api.ask(get(&format!("/v1/instances/folder/{code}/files/{file}")).by(by))
        .await
}

/// What the system's own trail says.
async fn system_trail(api: &Api) -> String {
    let entries = api
        .service
        .engine
        .system_trail(0, 1_000)
        .await
        .expect("a store in memory answers");
    entries.iter().map(|entry| entry.bytes.as_str()).collect()
}

/// How many uploads there were that nobody named.
async fn forgotten(store: &Arc<MemoryStore>) -> usize {
    let swept = store.files().sweep_files(i64::MAX, 99).await;
    swept.expect("a store in memory answers")
}

#[tokio::test]
async fn a_file_is_completed_by_the_engine_and_saved_by_whoever_sees_its_field() {
    let api = api().await;
    folder(&api, "A").await;
    let heard = api.check(upload("..\\frame.oma", TRACE).by(&api.clerk), "201").await;
    conforms("File", &heard.body);
    let file = member(&heard.value(), "file").to_owned();
    assert_eq!(member(&heard.value(), "name"), "frame.oma");
    // what is said of it is not what stands there
    let claims =
        format!(r#"{{"trace": {{"file": "{file}", "size": 1, "name": "x.exe", "media_type": "text/html", "scan": "clean"}}}}"#);
    api.check(add("A", &claims).by(&api.clerk), "200").await;
    let shown = api.check(get("/v1/instances/folder/A").by(&api.clerk), "200").await.value();
    let trace = shown
        .field("data")
        .and_then(|data| data.field("trace"))
        .cloned()
        .expect("it stands there");
    assert_eq!(
        (member(&trace, "name"), member(&trace, "media_type")),
        ("frame.oma", "text/plain")
    );
    assert_eq!(
        member_number(&trace, "size"),
        i64::try_from(TRACE.len()).expect("a small number")
    );
    assert_eq!(
        trace.field("scan"),
        Some(&statewright_core::value::Value::Null),
        "nobody scanned it"
    );

    for by in [&api.clerk, &api.guest] {
        let heard = download(&api, "A", &file, by).await;
        assert_eq!((heard.status.as_u16(), heard.body.as_str()), (200, TRACE));
        assert_eq!(heard.header("content-type"), "text/plain");
        assert!(
            heard
                .header("content-disposition")
                .starts_with("attachment; filename=\"frame.oma\"")
        );
        assert_eq!(heard.header("x-content-type-options"), "nosniff");
        assert_eq!(heard.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(heard.header("cache-control"), "no-store");
        assert_eq!(heard.header("content-length"), TRACE.len().to_string());
    }
    let listed = api.check(get("/v1/instances/folder/A/files").by(&api.guest), "200").await;
    conforms("Files", &listed.body);
    let listed = listed.value();
    let only = &member_items(&listed, "files")[0];
    assert_eq!(
        (member(only, "field"), member(only, "uploader"), member(only, "file")),
        ("trace", "carl", file.as_str())
    );
    // each time that it was given is noted
    let trail = system_trail(&api).await;
    assert_eq!(trail.matches("file_read").count(), 2, "{trail}");
    assert!(trail.contains(&file) && !trail.contains("frame.oma"), "{trail}");
}

#[tokio::test]
async fn nobody_gets_a_file_by_its_id_or_its_digest() {
    let api = api().await;
    folder(&api, "A").await;
    folder(&api, "B").await;
    let file = uploaded(&api, &api.clerk, "secret").await;
    let nothing = |heard: Heard| assert_eq!(heard.status.as_u16(), 404, "{}", heard.body);
    // it is pending: not even its uploader reads it
    nothing(download(&api, "A", &file, &api.clerk).await);
    // what is another's cannot be named, as if it were not there
    let unnameable = "422 SW-2202 trace: names no upload of yours: upload the file first, and name it before the upload expires [invalid trace]";
    api.check(add("A", &naming("trace", &file)).by(&api.guest), unnameable).await;
    api.check(add("A", &naming("trace", &"0".repeat(32))).by(&api.guest), unnameable)
        .await;
    api.check(add("A", &naming("scan", &file)).by(&api.clerk), "200").await;
    // a field that is not seen, another instance, a digest, nonsense, and nobody
    nothing(download(&api, "A", &file, &api.guest).await);
    nothing(download(&api, "B", &file, &api.clerk).await);
    nothing(download(&api, "A", &file, &api.stranger).await);
    let sha256 = statewright_core::identity::Digest::of(b"secret").to_string();
    nothing(download(&api, "A", &sha256, &api.clerk).await);
    nothing(download(&api, "A", "x", &api.clerk).await);
    api.check(add("A", &naming("trace", &file)).by(&api.guest), unnameable).await;
    assert_eq!(download(&api, "A", &file, &api.clerk).await.body, "secret");
    let listed = api
        .check(get("/v1/instances/folder/A/files").by(&api.guest), "200")
        .await
        .value();
    assert_eq!(member_items(&listed, "files").len(), 0);
    // the same bytes from another are another file, and nothing tells them of the first
    let other = uploaded(&api, &api.guest, "secret").await;
    assert_ne!(other, file);
    api.check(add("A", &naming("trace", &other)).by(&api.guest), "200").await;
    assert_eq!(download(&api, "A", &other, &api.guest).await.body, "secret");
    nothing(download(&api, "A", &file, &api.guest).await);
}

#[tokio::test]
async fn a_record_that_somebody_made_up_is_refused() {
    let api = api().await;
    folder(&api, "A").await;
    let made_up = format!(
        r#"{{"trace": {{"name": "a", "sha256": "{}", "size": 1, "media_type": "text/plain"}}}}"#,
        "0".repeat(64)
    );
    let refused =
        "422 SW-2202 trace: must name an upload, as {\"file\": ID}: what is said about a file is not believed [invalid trace]";
    api.check(add("A", &made_up).by(&api.clerk), refused).await;
    let start = format!(
        "{{\"with\": {{\"code\": \"Z\", \"trace\": {}}}}}",
        &made_up[10..made_up.len() - 1]
    );
    api.check(post("/v1/instances/folder", &start).by(&api.clerk), refused).await;
}

#[tokio::test]
async fn a_file_goes_where_the_workflow_sends_it() {
    let api = api().await;
    let file = uploaded(&api, &api.clerk, TRACE).await;
    let start = format!("{{\"with\": {{\"code\": \"A\", \"trace\": {{\"file\": \"{file}\"}}}}}}");
    api.check(post("/v1/instances/folder", &start).by(&api.clerk), "201").await;
    folder(&api, "B").await;
    api.check(send("A", "PASS", "{\"copy_of\": \"B\"}").by(&api.clerk), "200")
        .await;
    let taken = async {
        while download(&api, "B", &file, &api.guest).await.status.as_u16() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), taken)
        .await
        .expect("B takes it");
    // what stands in a field that one sees may be sent again, as whoever corrects a form does
    let letters = format!("{{\"letters\": [{{\"file\": \"{file}\"}}]}}");
    api.check(add("B", &letters).by(&api.guest), "200").await;
    api.check(send("A", "CLEAR", "{}").by(&api.clerk), "200").await;
    assert_eq!(
        download(&api, "A", &file, &api.clerk).await.status.as_u16(),
        404,
        "no field names it any more"
    );
    assert_eq!(download(&api, "B", &file, &api.guest).await.body, TRACE);
}

#[tokio::test]
async fn a_trace_shows_its_shape() {
    let api = api().await;
    let file = uploaded(&api, &api.clerk, TRACE).await;
    let text = uploaded(&api, &api.clerk, "no trace").await;
    folder(&api, "A").await;
    api.check(add("A", &naming("trace", &file)).by(&api.clerk), "200").await;
    api.check(
        add("A", &format!("{{\"letters\": [{{\"file\": \"{text}\"}}]}}")).by(&api.clerk),
        "200",
    )
    .await;
    let shape = |file: &str| get(&format!("/v1/instances/folder/A/files/{file}/shape"));
    let heard = api.check(shape(&file).by(&api.guest), "200").await;
    assert_eq!(heard.header("content-type"), "image/svg+xml");
    assert!(
        heard.body.starts_with("<svg") && heard.body.contains("A 40.00"),
        "{}",
        heard.body
    );
    api.check(shape(&text).by(&api.clerk), "404 SW-2103 The file holds no trace")
        .await;
    assert_eq!(api.ask(shape(&text).by(&api.guest)).await.status.as_u16(), 404);
}

#[tokio::test]
async fn what_is_not_taken_is_told_why_and_kept_nowhere() {
    let store = Arc::new(MemoryStore::new());
    let mut configuration = EngineConfig::named("test");
    configuration.files.file_bytes_max = 8;
    configuration.files.pending_files_max = 3;
    configuration.files.pending_bytes_max = 15;
    configuration.files.media_types = Some(vec!["text/plain".into(), "text/csv".into()]);
    let api = Api::on(store.clone(), configuration).await;
    let taken = "taken are: text/plain, text/csv";
    let unknown = format!("415 SW-2301 A file of this kind is not taken here; {taken}");
    api.check(upload("a", "").by(&api.clerk), "415 SW-2301 The file is empty")
        .await;
    api.check(upload("a", "<svg/>").by(&api.clerk), &unknown).await;
    api.check(upload("a", "%PDF-1.7").by(&api.clerk), &unknown).await;
    let claimed = upload("a", "text").with("content-type", "image/png").by(&api.clerk);
    let mismatch = "415 SW-2301 Its bytes are text/plain, and it is said to be image/png: send it as what it is";
    api.check(claimed, mismatch).await;
    let too_large = "413 SW-2302 The file is larger than 8 bytes, which is the most for text/plain";
    api.check(upload("a", "123456789").by(&api.clerk), too_large).await;
    api.check(upload("a", "12345678").by(&api.clerk), "201").await;
    let too_much = "409 SW-2303 Your uploads that wait to be attached come to more than 15 bytes with this one: attach some, or wait until they expire";
    api.check(upload("a", "12345678").by(&api.clerk), too_much).await;
    api.check(upload("a", "1234").with("content-type", "text/csv").by(&api.clerk), "201")
        .await;
    api.check(upload("a", "12").by(&api.clerk), "201").await;
    let too_many = "409 SW-2303 3 of your uploads wait to be attached already: attach some, or wait until they expire";
    api.check(upload("a", "1").by(&api.clerk), too_many).await;
    api.check(upload("a", "1").by(&api.guest), "201").await;
    assert_eq!(forgotten(&store).await, 4, "nothing but what was taken was there");
}

#[derive(Default)]
struct Fake {
    away: Mutex<bool>,
    seen: Arc<Mutex<Vec<u8>>>,
}

struct Look(Arc<Mutex<Vec<u8>>>);

#[async_trait]
impl Scanner for Fake {
    async fn begin(&self) -> Result<Box<dyn Scanning>, Away> {
        match *self.away.lock().expect("no panic held it") {
            true => Err(Away("asleep".into())),
            false => Ok(Box::new(Look(self.seen.clone()))),
        }
    }
}

#[async_trait]
impl Scanning for Look {
    async fn feed(&mut self, bytes: &[u8]) -> Result<(), Away> {
        self.0.lock().expect("no panic held it").extend_from_slice(bytes);
        Ok(())
    }

    async fn end(self: Box<Self>) -> Result<Verdict, Away> {
        let seen = std::mem::take(&mut *self.0.lock().expect("no panic held it"));
        Ok(match seen.windows(4).any(|word| word == b"harm") {
            true => Verdict::Infected {
                found: "Harm.Test".into(),
            },
            false => Verdict::Clean,
        })
    }
}

async fn scanned(when_away: WhenAway) -> (Api, Arc<Fake>, Arc<MemoryStore>) {
    let (fake, store) = (Arc::new(Fake::default()), Arc::new(MemoryStore::new()));
    let mut configuration = EngineConfig::named("test");
    configuration.files = FilesConfig {
        scanner: Some(fake.clone()),
        when_away,
        ..FilesConfig::default()
    };
    (Api::on(store.clone(), configuration).await, fake, store)
}

#[tokio::test]
async fn what_does_harm_is_kept_nowhere_and_stands_in_the_systems_trail() {
    let (api, _, store) = scanned(WhenAway::Refuse).await;
    let heard = api
        .check(
            upload("a.txt", "harmless").by(&api.clerk),
            "422 SW-2304 The scanner found something in the file that does harm; it was not kept",
        )
        .await;
    assert!(
        !heard.body.contains("Harm.Test"),
        "whoever tries is not told how it was found"
    );
    let heard = api.check(upload("a.txt", "good").by(&api.clerk), "201").await;
    assert_eq!(member(&heard.value(), "scan"), "clean");
    assert_eq!(forgotten(&store).await, 1);
    let trail = system_trail(&api).await;
    let sha256 = statewright_core::identity::Digest::of(b"harmless").to_string();
    for expected in ["file_infected", "Harm.Test", &sha256, "carl"] {
        assert!(trail.contains(expected), "{expected}: {trail}");
    }
}

#[tokio::test]
async fn while_the_scanner_is_away_no_file_is_taken_unless_it_is_said_so() {
    let (api, fake, store) = scanned(WhenAway::Refuse).await;
    *fake.away.lock().expect("no panic held it") = true;
    let away = "503 SW-2305 The scanner does not answer, and no file is taken without it: send it again later";
    let heard = api.check(upload("a.txt", "good").by(&api.clerk), away).await;
    assert_eq!(heard.header("retry-after"), "1");
    assert_eq!(forgotten(&store).await, 0);
    *fake.away.lock().expect("no panic held it") = false;
    api.check(upload("a.txt", "good").by(&api.clerk), "201").await;

    let (api, fake, _) = scanned(WhenAway::Take).await;
    *fake.away.lock().expect("no panic held it") = true;
    let heard = api.check(upload("a.txt", "harm").by(&api.clerk), "201").await;
    assert_eq!(member(&heard.value(), "scan"), "pending");
}
