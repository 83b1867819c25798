//! Where the servers are now: each has another address after every start.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::wait::{self, Looks};

/// Addresses by node; in turn, so that clients are spread over all.
#[derive(Default)]
pub struct Doors {
    open: Mutex<BTreeMap<String, String>>,
    turn: AtomicUsize,
}

impl Doors {
    pub fn open(&self, node: &str, url: &str) {
        self.lock().insert(node.to_owned(), url.to_owned());
    }

    pub fn close(&self, node: &str) {
        self.lock().remove(node);
    }

    /// One of those that are open, as soon as there is one.
    pub async fn any(&self) -> String {
        let mut looks = Looks::for_what("a server", wait::DEADLINE);
        loop {
            looks.next().await;
            if let Some(url) = self.next() {
                return url;
            }
        }
    }

    fn next(&self) -> Option<String> {
        let open = self.lock();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        open.values().nth(turn.checked_rem(open.len())?).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.open.lock().expect("nobody panics while holding the doors")
    }
}
