//! A form with files (RFC 7578), read as it comes: files go to the engine chunk by chunk, and are never whole in memory.
//!
//! A file becomes the id of its upload under the name of its control. So a form that is not taken keeps what was uploaded with it, and nobody
//! sends a file twice.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use statewright_core::diagnostic::Code;
use statewright_engine::files::Files;

use super::asked::Asked;
use super::posted::{FORM_TOKEN, PAIRS_MAX, foreign, same};
use crate::http::{Answered, BODY_BYTES_MAX, Problem, UPLOAD_PAUSE, disposition};

/// The longest boundary (RFC 2046, section 5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;

/// Bytes of the head of a part: a name, a file's name, a media type.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Files of one form.
const FILES_MAX: usize = 20;

/// The boundary of a form with files; None: it is another kind of form.
pub fn boundary(headers: &HeaderMap) -> Option<String> {
    let media = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let is_multipart = media
        .get(..19)
        .is_some_and(|start| start.eq_ignore_ascii_case("multipart/form-data"));
    let boundary = media.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then(|| value.trim().trim_matches('"').to_owned())
    })?;
    let fits = (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len());
    (is_multipart && fits).then_some(boundary)
}

/// Reads the form. What stands before the first file must hold the token of the visit, or no file is looked at.
///
/// # Errors
/// 400 for what is no such form, 403 for a form of another site, 413 for one that is too long; those of an upload.
pub async fn read(asked: &Asked, body: Body, boundary: &str) -> Answered<Vec<(String, String)>> {
    let mut incoming = Incoming::of(body, boundary);
    let mut form = Form::default();
    incoming.begin().await?;
    while let Some(head) = incoming.head().await? {
        match head.file {
            None => {
                let text = incoming.text(BODY_BYTES_MAX - form.bytes).await?;
                form.bytes += head.name.len() + text.len();
                form.pairs.push((head.name, text));
            }
            Some(_) if incoming.is_empty_part().await? => {
                // nothing was chosen: the control is there, as an empty one of another kind is
                form.pairs.push((head.name, String::new()));
            }
            Some(file) => {
                form.check_token(asked)?;
                form.files += 1;
                let received = receive(asked, &mut incoming, &file, head.media_type.as_deref()).await;
                let id = match received {
                    Ok(id) => id,
                    Err(problem) => {
                        // whoever still sends would not hear why
                        incoming.pass_over().await;
                        return Err(problem);
                    }
                };
                form.pairs.retain(|(name, _)| *name != head.name);
                form.pairs.push((head.name, id));
            }
        }
        if form.pairs.len() > PAIRS_MAX || form.files > FILES_MAX {
            return Err(too_much());
        }
    }
    Ok(form.pairs)
}

async fn receive(asked: &Asked, incoming: &mut Incoming, name: &str, media_type: Option<&str>) -> Answered<String> {
    let files: &Files = asked.engine().files();
    let mut receiving = files.receive(asked.actor()?, name, media_type).await?;
    loop {
        match incoming.more().await {
            Ok(Some(bytes)) => receiving.take(files, &bytes).await?,
            Ok(None) => return Ok(receiving.finish(files).await?.file.to_string()),
            Err(problem) => {
                receiving.abandon(files).await?;
                return Err(problem);
            }
        }
    }
}

#[derive(Default)]
struct Form {
    pairs: Vec<(String, String)>,
    bytes: usize,
    files: usize,
}

impl Form {
    fn check_token(&self, asked: &Asked) -> Answered<()> {
        let expected = &asked.visit()?.form_token;
        let given = self.pairs.iter().find(|(name, _)| name == FORM_TOKEN);
        match given.is_some_and(|(_, given)| same(given.as_bytes(), expected.as_bytes())) {
            true => Ok(()),
            false => Err(foreign()),
        }
    }
}

/// What a part says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    name: String,
    /// What the file is called; None: it is a text.
    file: Option<String>,
    media_type: Option<String>,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Head> {
        let text = String::from_utf8_lossy(bytes);
        let field = |wanted: &str| {
            text.split("\r\n").find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
            })
        };
        let parameters = disposition(&field("content-disposition")?);
        let found = |wanted: &str| {
            parameters
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        };
        Some(Head {
            name: found("name")?,
            file: found("filename"),
            media_type: field("content-type"),
        })
    }
}

/// The body, cut into parts as it comes.
struct Incoming {
    body: Body,
    /// Read and not given yet; never much more than a frame.
    buffer: Vec<u8>,
    /// `\r\n--boundary`, which ends a part.
    delimiter: Vec<u8>,
    ended: bool,
}

impl Incoming {
    fn of(body: Body, boundary: &str) -> Self {
        Incoming {
            body,
            // as if a line had ended before the first
            buffer: b"\r\n".to_vec(),
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            ended: false,
        }
    }

    /// Passes over what stands before the first part.
    async fn begin(&mut self) -> Answered<()> {
        while self.more().await?.is_some() {}
        Ok(())
    }

    /// The head of the next part; None behind the last.
    async fn head(&mut self) -> Answered<Option<Head>> {
        self.require(2).await?;
        if self.buffer.starts_with(b"--") {
            return Ok(None);
        }
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                return Head::read(&head).map(Some).ok_or_else(unreadable);
            }
            if self.buffer.len() > HEAD_BYTES_MAX || !self.fill().await? {
                return Err(unreadable());
            }
        }
    }

    /// More bytes of this part; None: the delimiter came, and was taken.
    async fn more(&mut self) -> Answered<Option<Vec<u8>>> {
        loop {
            if let Some(end) = find(&self.buffer, &self.delimiter) {
                if end > 0 {
                    return Ok(Some(self.buffer.drain(..end).collect()));
                }
                self.buffer.drain(..self.delimiter.len());
                return Ok(None);
            }
            // what may be the beginning of the delimiter is kept back
            let sure = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
            if sure > 0 {
                return Ok(Some(self.buffer.drain(..sure).collect()));
            }
            if !self.fill().await? {
                return Err(unreadable());
            }
        }
    }

    async fn text(&mut self, most: usize) -> Answered<String> {
        let mut bytes = Vec::new();
        while let Some(more) = self.more().await? {
            bytes.extend_from_slice(&more);
            if bytes.len() > most {
                return Err(too_much());
            }
        }
        String::from_utf8(bytes).map_err(|_| unreadable())
    }

    /// Whether this part holds nothing; then it is over.
    async fn is_empty_part(&mut self) -> Answered<bool> {
        self.require(self.delimiter.len()).await?;
        let is_empty = self.buffer.starts_with(&self.delimiter);
        if is_empty {
            self.buffer.drain(..self.delimiter.len());
        }
        Ok(is_empty)
    }

    async fn require(&mut self, bytes: usize) -> Answered<()> {
        while self.buffer.len() < bytes {
            if !self.fill().await? {
                return Err(unreadable());
            }
        }
        Ok(())
    }

    /// Reads on to the end, as far as a form may reach.
    async fn pass_over(&mut self) {
        let mut passed = 0;
        while passed < statewright_engine::files::FILE_BYTES_MAX && self.fill().await.unwrap_or(false) {
            passed += self.buffer.len() as u64;
            self.buffer.clear();
        }
    }

    /// False: there is nothing more.
    async fn fill(&mut self) -> Answered<bool> {
        while !self.ended {
            let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context));
            match tokio::time::timeout(UPLOAD_PAUSE, frame).await {
                Ok(None) => self.ended = true,
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                        return Ok(true);
                    }
                }
                Ok(Some(Err(_))) | Err(_) => return Err(unreadable()),
            }
        }
        Ok(false)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn unreadable() -> Problem {
    Problem::of(Code::BodyUnreadable, "The form broke off, or is none; send it again")
}

fn too_much() -> Problem {
    Problem::of(Code::BodyTooLarge, "The form has too many fields, or they are too long")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a body that comes in pieces of one length: name, file name, bytes.
    async fn parts(body: &str, piece: usize) -> Result<Vec<(String, Option<String>, String)>, Problem> {
        let mut incoming = Incoming::of(Body::empty(), "X");
        // each piece is what one frame would bring
        let mut found = Vec::new();
        let mut rest = body.as_bytes().chunks(piece);
        let mut feed = |incoming: &mut Incoming| rest.next().map(|more| incoming.buffer.extend_from_slice(more)).is_some();
        macro_rules! until_fed {
            ($asked:expr) => {
                loop {
                    match $asked {
                        Err(_) if feed(&mut incoming) => {}
                        answered => break answered?,
                    }
                }
            };
        }
        while until_fed!(incoming.more().await).is_some() {}
        while let Some(head) = until_fed!(incoming.head().await) {
            let mut bytes = Vec::new();
            while let Some(more) = until_fed!(incoming.more().await) {
                bytes.extend_from_slice(&more);
            }
            found.push((head.name, head.file, String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(found)
    }

    const FORM: &str = "before\r\n--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--\r\n-X\r\n--X\r\n\
        Content-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n\r\n--X--\r\n";

    #[tokio::test]
    async fn a_form_is_the_same_wherever_it_is_cut() {
        let expected = vec![
            ("a".to_owned(), None, "one\r\n--\r\n-X".to_owned()),
            ("f".to_owned(), Some("x.txt".to_owned()), "\r\n".to_owned()),
        ];
        for piece in 1..FORM.len() {
            assert_eq!(parts(FORM, piece).await, Ok(expected.clone()), "in pieces of {piece}");
        }
    }

    #[tokio::test]
    async fn what_is_no_form_is_told() {
        for body in [
            "",
            "--X",
            "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none",
            "--X\r\n\r\n\r\n--X--",
        ] {
            assert_eq!(parts(body, 7).await, Err(unreadable()), "{body}");
        }
    }
}
