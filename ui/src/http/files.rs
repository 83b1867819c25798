//! Files: uploads, and what stands in the fields of instances.

use std::future::poll_fn;
use std::pin::Pin;

use axum::Extension;
use axum::body::{Body, HttpBody};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use statewright_core::diagnostic::Code;
use statewright_core::field::FileRecord;
use statewright_core::identity::FileId;
use statewright_core::value::Value;
use statewright_dcs::{ReadOptions, drawing, limits, read};
use statewright_engine::files::{Given, ListedFile};

use super::authentication::Caller;
use super::body::unreadable;
use super::download::{SANDBOX, download};
use super::instances::about_instance;
use super::limit::UPLOAD_PAUSE;
use super::openapi::BYTES;
use super::parameter::{FILE, KEY, WORKFLOW};
use super::problem::{Answered, Problem};
use super::reply::document;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::{Service, Shared};
use crate::json::{members, object, text};

/// Where files are uploaded.
pub const UPLOADS: &str = "/v1/files";

const DISPOSITION: Parameter = Parameter {
    name: "Content-Disposition",
    place: Place::Header,
    description: "What the file is called: `attachment; filename=\"frame.oma\"`, or `filename*` for other letters (RFC 6266)",
    schema: r#"{"type": "string"}"#,
};

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: UPLOADS,
        operation: "uploadFile",
        summary: "Upload a file",
        description: "The body is the file itself. What it is, is found from its bytes; a `Content-Type` that says something else is refused (`application/octet-stream` says nothing). Name it within a day in a `file` field of an input, as {\"file\": ID}: until then nobody can read it, and after that it is forgotten.",
        access: Access::Sender,
        parameters: &[DISPOSITION],
        body: Some(BYTES),
        answers: &[Reply {
            status: 201,
            description: "It is kept",
            content: &[("application/json", "File")],
            headers: &[],
        }],
        problems: &[
            Code::BodyUnreadable,
            Code::FileNotTaken,
            Code::FileTooLarge,
            Code::FilesPending,
            Code::FileInfected,
            Code::ScannerAway,
        ],
        handler: || post(upload),
    },
    Route {
        method: "GET",
        path: "/v1/instances/{workflow}/{key}/files",
        operation: "listFiles",
        summary: "The files of an instance",
        description: "Those that stand in fields that the caller sees.",
        access: Access::Token,
        parameters: &[WORKFLOW, KEY],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "All of them",
            content: &[("application/json", "Files")],
            headers: &[],
        }],
        problems: &[Code::NotFound, Code::BehindGlass],
        handler: || get(list),
    },
    Route {
        method: "GET",
        path: "/v1/instances/{workflow}/{key}/files/{file}",
        operation: "downloadFile",
        summary: "Download a file",
        description: "For whoever sees a field of this instance in which it stands. That it was given is noted in the system's trail.",
        access: Access::Token,
        parameters: &[WORKFLOW, KEY, FILE],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The file, to be saved and not shown",
            content: &[("*/*", "Bytes")],
            headers: &["Content-Disposition", "ETag"],
        }],
        problems: &[Code::NotFound, Code::BehindGlass],
        handler: || get(give),
    },
    Route {
        method: "GET",
        path: "/v1/instances/{workflow}/{key}/files/{file}/shape",
        operation: "drawFile",
        summary: "What a DCS (OMA) file traced, as a picture",
        description: "Both eyes with their boxes and measures. Under the same conditions as the file itself.",
        access: Access::Token,
        parameters: &[WORKFLOW, KEY, FILE],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The picture",
            content: &[("image/svg+xml", "Picture")],
            headers: &[],
        }],
        problems: &[Code::NotFound, Code::BehindGlass],
        handler: || get(draw),
    },
];

async fn upload(State(service): State<Shared>, Extension(caller): Extension<Caller>, request: Request) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let name = file_name(&parts.headers);
    let claimed = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let record = receive(&service, &caller, &name, claimed, body).await?;
    Ok(document(StatusCode::CREATED, &record_value(&record)))
}

/// Takes a file out of a body, as its bytes come.
async fn receive(service: &Service, caller: &Caller, name: &str, claimed: Option<&str>, mut body: Body) -> Answered<FileRecord> {
    let files = service.engine.files();
    let mut receiving = files.receive(&caller.actor, name, claimed).await?;
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let broken = || unreadable("The file broke off; send it again".to_owned());
        match tokio::time::timeout(UPLOAD_PAUSE, frame).await {
            Ok(None) => return Ok(receiving.finish(files).await?),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    receiving.take(files, &data).await?;
                }
            }
            Ok(Some(Err(_))) | Err(_) => {
                receiving.abandon(files).await?;
                return Err(broken());
            }
        }
    }
}

async fn list(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
) -> Answered<Response> {
    let shown = service.engine.show(&workflow, &key, &caller.actor).await;
    let shown = about_instance(&service, &caller, shown, &workflow, &key).await?;
    let listed = service.engine.files_of(&shown).await?;
    let files = Value::from_items(listed.iter().map(listed_value).collect());
    Ok(document(StatusCode::OK, &object([("files", files)])))
}

async fn give(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key, file)): Path<(String, String, String)>,
) -> Answered<Response> {
    Ok(download(given(&service, &caller, &workflow, &key, &file).await?))
}

async fn draw(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key, file)): Path<(String, String, String)>,
) -> Answered<Response> {
    picture(given(&service, &caller, &workflow, &key, &file).await?).await
}

/// What was traced in a file.
///
/// # Errors
/// 404 where nothing was; those of the store.
pub async fn picture(mut given: Given) -> Answered<Response> {
    let nothing = || Problem::of(Code::NotFound, "The file holds no trace");
    if given.record.size > limits::INPUT_BYTES_MAX as u64 {
        return Err(nothing());
    }
    let mut bytes = Vec::new();
    while let Some(more) = given.next().await? {
        bytes.extend_from_slice(&more);
    }
    let picture = drawing::svg(&read(&bytes, &ReadOptions::default())).ok_or_else(nothing)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
    ];
    Ok((StatusCode::OK, headers, picture).into_response())
}

/// A file of an instance, for who sees a field in which it stands.
///
/// # Errors
/// 404 where none of that id stands there, or the instance is not to be seen; those of the store.
pub async fn given(service: &Service, caller: &Caller, workflow: &str, key: &str, file: &str) -> Answered<Given> {
    // no id of ours: shown as what is not there, to who sees the instance too
    let id = file.parse().unwrap_or(FileId([0; 16]));
    let given = service.engine.give_file(workflow, key, id, &caller.actor).await;
    let given = about_instance(service, caller, given, workflow, key).await?;
    given.ok_or_else(|| Problem::nothing(format_args!("file {file} in {workflow}/{key}")))
}

/// Schema `File`.
fn record_value(record: &FileRecord) -> Value {
    record.to_value()
}

/// An item of schema `Files`.
fn listed_value(listed: &ListedFile) -> Value {
    let mut value = members(&listed.record.to_value());
    let more = object([
        ("attached_at", Value::from_instant(listed.attached_at)),
        ("field", text(&listed.field)),
        ("uploaded_at", Value::from_instant(listed.uploaded_at)),
        ("uploader", text(&listed.uploader)),
    ]);
    value.extend(members(&more));
    Value::from_fields(value)
}

/// What the sender calls the file; `filename*` before `filename`.
fn file_name(headers: &HeaderMap) -> String {
    let given = headers.get(header::CONTENT_DISPOSITION).map(HeaderValue::as_bytes);
    let given = String::from_utf8_lossy(given.unwrap_or_default());
    let (mut plain, mut extended) = (None, None);
    for (name, value) in disposition(&given) {
        match name.as_str() {
            "filename" => plain = Some(value),
            "filename*" => extended = extended_value(&value),
            _ => {}
        }
    }
    extended.or(plain).unwrap_or_default()
}

/// The parameters of a disposition: `name=token` or `name="quoted \" text"`, after semicolons.
pub fn disposition(given: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = given;
    while let Some((_, parameter)) = rest.split_once(';') {
        let Some((name, value)) = parameter.split_once('=') else {
            break;
        };
        let value = value.trim_start();
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value[..end].trim().to_owned(), &value[end..])
            }
        };
        found.push((name.trim().to_ascii_lowercase(), value));
        rest = after;
    }
    found
}

/// The text up to the closing quote, and what follows it.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((place, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[place + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// `UTF-8''percent%20encoded`.
fn extended_value(given: &str) -> Option<String> {
    let mut parts = given.splitn(3, '\'');
    let (charset, _, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_browsers_and_programs_write_it() {
        let check = |given: &str, expected: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::CONTENT_DISPOSITION,
                HeaderValue::from_bytes(given.as_bytes()).expect("a header"),
            );
            assert_eq!(file_name(&headers), expected, "{given}");
        };
        check("attachment; filename=a.pdf", "a.pdf");
        check("attachment; filename=\"a b.pdf\"; size=7", "a b.pdf");
        check(r#"attachment; filename="say \"hi\".txt""#, "say \"hi\".txt");
        check(
            "attachment; filename=\"x\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt",
            "Größe.txt",
        );
        check("attachment; filename*=utf-8'de'a%2fb", "a/b");
        check("attachment; FILENAME=\"é.txt\"", "é.txt");
        check("attachment; filename=\"x\"; filename*=UTF-8''%zz", "x");
        check("attachment; filename=\"open", "open");
        for nothing in ["attachment", "", ";", "attachment; filename", "a;b;c=="] {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::CONTENT_DISPOSITION,
                HeaderValue::from_bytes(nothing.as_bytes()).expect("a header"),
            );
            assert!(file_name(&headers).is_empty(), "{nothing}");
        }
    }
}
