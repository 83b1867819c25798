//! An instance's trail as the API exports it.

use serde_json::Value;

use crate::client::{Client, Unanswered};

/// Entries of a page: as many as the API gives.
const PAGE: usize = 1_000;

/// A head line's first bytes, by which it is told from an entry.
const HEAD: &str = "{\"head\":";

/// Every entry, in order, and the head line as the last line of `lines`.
pub struct Trail {
    pub entries: Vec<Value>,
    /// The exported bytes.
    pub lines: String,
}

impl Trail {
    /// Page by page, in the name of an auditor.
    ///
    /// # Errors
    /// The server did not answer.
    ///
    /// # Panics
    /// Where the answer is no trail.
    pub async fn read(auditor: &Client, url: &str, workflow: &str, key: &str) -> Result<Trail, Unanswered> {
        let mut lines = String::new();
        let mut entries = Vec::new();
        loop {
            let page = format!(
                "{url}/v1/instances/{workflow}/{key}/trail?after={}&limit={PAGE}",
                entries.len()
            );
            let reply = auditor.get_as(&page, "application/jsonl").await?;
            assert_eq!(reply.status, 200, "the trail of {workflow}/{key}: {}", reply.body);
            lines.push_str(&reply.body);
            let read = |line: &str| serde_json::from_str(line).expect("an entry is JSON");
            let page: Vec<&str> = reply.body.lines().collect();
            match page.split_last() {
                Some((last, before)) if last.starts_with(HEAD) => {
                    entries.extend(before.iter().copied().map(read));
                    return Ok(Trail { entries, lines });
                }
                Some(_) => entries.extend(page.into_iter().map(read)),
                None => panic!("the trail of {workflow}/{key} ends without its head"),
            }
        }
    }
}
