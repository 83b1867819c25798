//! A clamd of a test's own: in a folder of its own, on a socket and a free port, with one signature that is ours.
//!
//! It is run where `STATEWRIGHT_TEST_CLAMD` names the program.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use statewright_clamd::Address;

/// What the daemon takes for harm: text of ours, which harms nobody.
pub const HARM: &[u8] = b"this text stands for one that does harm: 7f3a-statewright";

/// What it calls it. Signatures that are not of the official database say so.
pub const NAME: &str = "Statewright-Test.UNOFFICIAL";

/// How long it may take to start.
const START: Duration = Duration::from_secs(60);

pub struct Daemon {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Daemon {
    /// None, and says so, where no program is named.
    pub fn start() -> Option<Daemon> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        #[allow(clippy::disallowed_methods)] // a test has no configuration
        let Ok(program) = std::env::var("STATEWRIGHT_TEST_CLAMD") else {
            println!("skipped: STATEWRIGHT_TEST_CLAMD names no clamd");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("statewright-clamd-{}-{number}", std::process::id()));
        std::fs::create_dir_all(folder.join("signatures")).expect("the folder for temporary files can be written");
        let signature: String = HARM.iter().map(|byte| format!("{byte:02x}")).collect();
        let signature = format!("Statewright-Test:0:*:{signature}\n");
        std::fs::write(folder.join("signatures/test.ndb"), signature).expect("it can be written");
        let port = free_port();
        let settings = format!(
            "Foreground yes\nDatabaseDirectory {0}/signatures\nOfficialDatabaseOnly no\nLocalSocket {0}/clamd.sock\n\
             TCPSocket {port}\nTCPAddr 127.0.0.1\nStreamMaxLength 1M\nTemporaryDirectory {0}\n",
            folder.display()
        );
        std::fs::write(folder.join("clamd.conf"), settings).expect("it can be written");
        let child = Command::new(program)
            .arg("--config-file")
            .arg(folder.join("clamd.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("STATEWRIGHT_TEST_CLAMD can be run");
        let mut daemon = Daemon { child, folder, port };
        daemon.wait();
        Some(daemon)
    }

    pub fn unix(&self) -> Address {
        Address::Unix(self.folder.join("clamd.sock"))
    }

    pub fn tcp(&self) -> Address {
        Address::Tcp(format!("127.0.0.1:{}", self.port))
    }

    pub fn stop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    #[allow(clippy::disallowed_methods)] // a deadline, under which nothing is measured
    fn wait(&mut self) {
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.folder.join("clamd.sock")).is_err()
            || std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err()
        {
            assert!(begun.elapsed() < START, "clamd does not start");
            assert!(self.child.try_wait().expect("it is ours").is_none(), "clamd has ended");
            std::thread::yield_now();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}
