//! One server process.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tokio::process::Child;

use crate::client::Client;
use crate::doors::Doors;
use crate::program;
use crate::signal::Signal;
use crate::wait;

/// How much of a log is shown when something went wrong.
const LOG_LINES_SHOWN: usize = 40;

/// How a node is started, again and again.
pub struct Plan {
    pub name: String,
    pub store: String,
    pub configuration: PathBuf,
    pub folder: PathBuf,
    pub doors: Arc<Doors>,
}

/// A running server. Killed with its owner.
pub struct Node {
    child: Child,
    plan: Arc<Plan>,
    /// Standard output: one document that says where it listens.
    said: PathBuf,
    /// Standard error.
    log: PathBuf,
}

/// How far a process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rising {
    Starting,
    /// It takes requests.
    Ready,
    /// By itself, before it was ready.
    Ended(ExitStatus),
}

impl Plan {
    /// Starts a process and does not wait for it.
    ///
    /// # Panics
    /// Where it cannot be started at all.
    pub fn spawn(self: &Arc<Plan>) -> Node {
        let [said, log] = ["out", "log"].map(|what| self.folder.join(format!("{}.{what}", self.name)));
        let write = |path: &Path| Stdio::from(std::fs::File::create(path).expect("a log can be written"));
        let mut command = program::command([
            "serve",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--store",
            &self.store,
            "--config",
        ]);
        command
            .arg(&self.configuration)
            .current_dir(&self.folder)
            .stdout(write(&said))
            .stderr(write(&log));
        let child = command.spawn().expect("the program can be run");
        Node {
            child,
            plan: self.clone(),
            said,
            log,
        }
    }

    /// Starts a process and waits until it takes requests; then its door is open.
    ///
    /// # Panics
    /// With its log, where it does not.
    pub async fn start(self: &Arc<Plan>) -> Node {
        let mut node = self.spawn();
        node.ready().await;
        node
    }
}

impl Node {
    /// # Panics
    /// With its log, where it does not become ready within the deadline.
    pub async fn ready(&mut self) {
        let client = Client::new();
        let what = format!("{} to be ready", self.plan.name);
        wait::until(&what, wait::DEADLINE, async || match self.comes_up(&client).await {
            Rising::Ready => Some(()),
            Rising::Starting => None,
            Rising::Ended(status) => panic!("{} ended with {status}:\n{}", self.plan.name, self.log_end()),
        })
        .await;
    }

    /// How far it has come; once it is ready its door is open.
    ///
    /// # Panics
    /// Where the process cannot be asked.
    pub async fn comes_up(&mut self, client: &Client) -> Rising {
        if let Some(status) = self.child.try_wait().expect("a child can be asked") {
            return Rising::Ended(status);
        }
        let Some(url) = self.listens_at() else {
            return Rising::Starting;
        };
        match client.get(&format!("{url}/readyz")).await {
            Ok(reply) if reply.status == 200 => {
                self.plan.doors.open(&self.plan.name, &url);
                Rising::Ready
            }
            Ok(_) | Err(_) => Rising::Starting,
        }
    }

    /// # Panics
    /// With its log, where it has ended: nobody told it to.
    pub fn runs(&mut self) {
        let ended = self.child.try_wait().expect("a child can be asked");
        assert!(
            ended.is_none(),
            "{} ended by itself with {ended:?}:\n{}",
            self.plan.name,
            self.log_end()
        );
    }

    /// SIGSTOP: it stands still with everything that it holds, and whoever balances the load sends it nobody new.
    ///
    /// # Panics
    /// Where it has ended.
    pub fn pause(&self) {
        self.plan.doors.close(&self.plan.name);
        Signal::Stop.send(self.pid());
    }

    /// It goes on, and does not know that time has passed.
    ///
    /// # Panics
    /// Where it has ended, or never listened.
    pub fn resume(&self) {
        Signal::Continue.send(self.pid());
        self.plan.doors.open(&self.plan.name, &self.url());
    }

    fn pid(&self) -> u32 {
        self.child
            .id()
            .unwrap_or_else(|| panic!("{} has ended:\n{}", self.plan.name, self.log_end()))
    }

    /// What it weighed at most since it began.
    ///
    /// # Panics
    /// Where it has ended, or the system does not say it.
    pub fn resident_peak_bytes(&self) -> u64 {
        let status = read(&PathBuf::from(format!("/proc/{}/status", self.pid())));
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
        kibibytes.unwrap_or_else(|| panic!("the system does not say what {} weighs: {status}", self.plan.name)) * 1024
    }

    /// Where it listens, once it says so.
    pub fn listens_at(&self) -> Option<String> {
        let said: Value = serde_json::from_str(&read(&self.said)).ok()?;
        said["url"].as_str().map(str::to_owned)
    }

    /// # Panics
    /// Where it does not listen.
    pub fn url(&self) -> String {
        self.listens_at()
            .unwrap_or_else(|| panic!("{} does not listen:\n{}", self.plan.name, self.log_end()))
    }

    /// SIGKILL, as a power cut would.
    ///
    /// # Panics
    /// Where it had ended by itself before: then something else is wrong.
    pub async fn kill(mut self) {
        self.runs();
        self.plan.doors.close(&self.plan.name);
        self.child.kill().await.expect("a child can be killed");
    }

    /// SIGTERM; what comes of it is awaited by [`Node::ended`].
    ///
    /// # Panics
    /// Where no signal can be sent.
    pub fn terminate(&mut self) {
        self.plan.doors.close(&self.plan.name);
        Signal::Terminate.send(self.pid());
    }

    /// # Panics
    /// With its log, where it does not end within the deadline.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(wait::DEADLINE, self.child.wait()).await;
        ended
            .unwrap_or_else(|_| panic!("{} does not end:\n{}", self.plan.name, self.log_end()))
            .expect("a child can be waited for")
    }

    /// An orderly end.
    ///
    /// # Panics
    /// With its log, where it ends otherwise.
    pub async fn stop(mut self) {
        self.terminate();
        let status = self.ended().await;
        assert!(
            status.success(),
            "{} ended with {status}:\n{}",
            self.plan.name,
            self.log_end()
        );
    }

    pub fn log(&self) -> String {
        read(&self.log)
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the end of the log of {}:\n{}", self.plan.name, self.log_end());
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
