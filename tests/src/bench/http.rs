//! A server process of its own, and a client that costs as little as can be: the cores are shared with what is measured.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::node::WORKFLOWS;

/// How long a server may take to be ready before the benchmark gives up.
const READY_MAX: Duration = Duration::from_secs(30);

/// How often a server that starts is asked whether it is ready.
const READY_STEP: Duration = Duration::from_millis(1);

/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

pub struct Server {
    child: Child,
    address: SocketAddr,
    token: String,
}

impl Server {
    pub async fn start(store: &str) -> Result<Server, String> {
        let binary = binary()?;
        let folder = std::env::temp_dir().join(format!("statewright-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        for (name, text) in WORKFLOWS {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(|error| error.to_string())?;
            command(&binary, &["deploy", &path.to_string_lossy(), "--store", store])?;
        }
        let made = command(&binary, &["token", "create", "bench:bench", "--store", store, "--json"])?;
        let made: serde_json::Value = serde_json::from_str(&made).map_err(|error| error.to_string())?;
        let token = made["token"].as_str().ok_or("`token create` gave no token")?.to_string();
        Server::run(&binary, store, token).await
    }

    /// Another process on the same database, and how long it took until it said that it is ready.
    pub async fn restart(self, store: &str) -> Result<(Server, Duration), String> {
        let (binary, token) = (binary()?, self.token.clone());
        self.stop().await;
        let begun = Instant::now();
        let server = Server::run(&binary, store, token).await?;
        Ok((server, begun.elapsed()))
    }

    async fn run(binary: &PathBuf, store: &str, token: String) -> Result<Server, String> {
        let address = free_address()?;
        let child = Command::new(binary)
            .args(["serve", "--store", store, "--listen", &address.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let server = Server { child, address, token };
        server.wait_until_ready().await?;
        Ok(server)
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub async fn connect(&self) -> Result<Connection, String> {
        let stream = TcpStream::connect(self.address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Connection {
            stream,
            token: self.token.clone(),
            buffer: Vec::with_capacity(4_096),
        })
    }

    pub async fn stop(mut self) {
        // SIGTERM, so that it finishes what it has accepted
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = tokio::task::spawn_blocking(move || self.child.wait()).await;
    }

    async fn wait_until_ready(&self) -> Result<(), String> {
        let begun = Instant::now();
        let mut pause = tokio::time::interval(READY_STEP);
        loop {
            pause.tick().await;
            if let Ok(mut connection) = self.connect().await
                && connection
                    .request("GET", "/readyz", "")
                    .await
                    .is_ok_and(|status| status == 200)
            {
                return Ok(());
            }
            if begun.elapsed() > READY_MAX {
                return Err("the server was not ready in time".into());
            }
        }
    }
}

/// One connection that is kept open.
pub struct Connection {
    stream: TcpStream,
    token: String,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn start(&mut self, workflow: &str, key: &str, payload: &str) -> Result<(), String> {
        let body = format!(r#"{{"key":"{key}","with":{payload}}}"#);
        self.expect(201, &format!("/v1/instances/{workflow}"), &body).await
    }

    pub async fn send(&mut self, workflow: &str, key: &str, event: &str, payload: &str) -> Result<(), String> {
        let body = format!(r#"{{"event":"{event}","with":{payload}}}"#);
        self.expect(200, &format!("/v1/instances/{workflow}/{key}/events"), &body)
            .await
    }

    /// The status, whatever it is.
    pub async fn post(&mut self, path: &str, body: &str) -> Result<u16, String> {
        self.request("POST", path, body).await
    }

    async fn expect(&mut self, expected: u16, path: &str, body: &str) -> Result<(), String> {
        let status = self.request("POST", path, body).await?;
        if status == expected {
            return Ok(());
        }
        Err(format!("{path} answered {status}: {}", String::from_utf8_lossy(&self.buffer)))
    }

    /// The status; the whole answer is in the buffer.
    async fn request(&mut self, method: &str, path: &str, body: &str) -> Result<u16, String> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream
            .write_all(request.as_bytes())
            .await
            .map_err(|error| error.to_string())?;
        self.buffer.clear();
        loop {
            if let Some((status, length)) = head(&self.buffer)
                && self.buffer.len() >= length
            {
                return Ok(status);
            }
            if self.buffer.len() > ANSWER_BYTES_MAX {
                return Err("the answer is too long".into());
            }
            if self
                .stream
                .read_buf(&mut self.buffer)
                .await
                .map_err(|error| error.to_string())?
                == 0
            {
                return Err("the server closed the connection".into());
            }
        }
    }
}

/// Status and length of the whole answer, once its head is there.
fn head(buffer: &[u8]) -> Option<(u16, usize)> {
    let end = buffer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&buffer[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    Some((status, end + 4 + length.unwrap_or(0)))
}

fn free_address() -> Result<SocketAddr, String> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map_err(|error| error.to_string())
}

/// The binary beside this one, or the one that `STATEWRIGHT_BINARY` names.
fn binary() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("STATEWRIGHT_BINARY") {
        return Ok(named.into());
    }
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let beside = own.with_file_name("statewright");
    if beside.exists() {
        Ok(beside)
    } else {
        Err(format!(
            "there is no {}: build it, or set STATEWRIGHT_BINARY",
            beside.display()
        ))
    }
}

fn command(binary: &PathBuf, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(binary)
        .args(arguments)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!(
            "statewright {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}
