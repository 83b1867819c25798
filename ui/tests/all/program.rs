//! Running the program in a folder of its own, and what came of it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// A folder in which commands run, with nothing of the outside's environment.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Empty at the beginning.
    pub fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Folder { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&self.path)).expect("a folder for the test");
        std::fs::write(path, text).expect("a file for the test");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path.join(name)).expect("a file of the test")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_statewright"));
        command
            .args(arguments)
            .current_dir(&self.path)
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// Standard output of a command that is expected to do what it was asked.
    pub fn answer(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", shown(&output.stderr));
        shown(&output.stdout)
    }

    /// Runs command lines one after the other and writes down what each said, with everything that differs from run to run named
    /// instead of shown. `> FILE` at the end of a line keeps standard output in that file.
    pub fn session(&self, lines: &[&str]) -> String {
        let mut transcript = String::new();
        for line in lines {
            let (words, file) = line
                .split_once(" > ")
                .map_or((*line, None), |(words, file)| (words, Some(file)));
            let arguments = words_of(words);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let output = self.run(&arguments);
            let mut stdout = shown(&output.stdout);
            if let Some(file) = file {
                self.write(file, &stdout);
                stdout.clear();
            }
            // Writing into a String cannot fail.
            let _ = write!(transcript, "$ statewright {line}\n{stdout}");
            for line in shown(&output.stderr).lines() {
                let _ = writeln!(transcript, "! {line}");
            }
            let _ = writeln!(transcript, "= {}\n", output.status.code().unwrap_or(-1));
        }
        named(&transcript)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A server that runs beside the test, and ends with it.
pub struct Serving {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// Reads standard error as it comes: a server whose log nobody reads stands still.
    log: std::thread::JoinHandle<String>,
}

impl Serving {
    pub fn start(folder: &Folder, arguments: &[&str]) -> Serving {
        Serving::begin(folder.command(arguments))
    }

    /// One that logs all that it can.
    pub fn start_talkative(folder: &Folder, arguments: &[&str]) -> Serving {
        let mut command = folder.command(arguments);
        command.env("STATEWRIGHT_LOG", "debug");
        Serving::begin(command)
    }

    fn begin(mut command: Command) -> Serving {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let stdout = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut stderr = child.stderr.take().expect("standard error is piped");
        let log = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            shown(&bytes)
        });
        Serving { child, stdout, log }
    }

    /// What it says of itself as it begins to serve.
    pub fn announcement(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line on standard output");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Asks it to end, and waits until it has.
    pub fn end(self) -> Option<i32> {
        self.end_by("-TERM")
    }

    /// The same, with everything that it logged.
    pub fn end_with_log(mut self) -> (Option<i32>, String) {
        let code = self.end_now("-TERM");
        let log = std::mem::replace(&mut self.log, std::thread::spawn(String::new));
        (code, log.join().expect("the log is read to its end"))
    }

    /// Sends it this signal, and waits until it has ended.
    pub fn end_by(mut self, signal: &str) -> Option<i32> {
        self.end_now(signal)
    }

    fn end_now(&mut self, signal: &str) -> Option<i32> {
        let asked = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "the server can be told to end");
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // After `end` there is nobody left to be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Words as a shell would part them, with single quotes.
fn words_of(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match (character, words.last_mut()) {
            ('\'', _) => quoted = !quoted,
            (' ', _) if !quoted => words.push(String::new()),
            (character, Some(word)) => word.push(character),
            (_, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Moments, digests, ids and tokens by what they are.
pub fn named(transcript: &str) -> String {
    let mut out = String::new();
    let mut after_moment = false;
    for word in Words(transcript) {
        // A moment is shorter where its fraction ends with zeros, and what stands behind it in a column moves with it.
        if std::mem::take(&mut after_moment) && word.trim().is_empty() && !word.contains('\n') {
            out.push_str("  ");
            continue;
        }
        let hexadecimal = word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let name = match word.len() {
            64 if hexadecimal => "[digest]",
            32 if hexadecimal => "[id]",
            16 if hexadecimal => "[token id]",
            68 if word.starts_with("swt_") => "[token]",
            20..=27 if is_moment(word) => {
                after_moment = true;
                "[moment]"
            }
            _ if is_cursor(word) => "[cursor]",
            _ => word,
        };
        out.push_str(name);
    }
    out
}

fn is_moment(word: &str) -> bool {
    let shape: String = word
        .chars()
        .map(|character| if character.is_ascii_digit() { '0' } else { character })
        .collect();
    shape.starts_with("0000-00-00T00:00:00") && shape.ends_with('Z')
}

/// Where a page ended: a moment in microseconds, and an instance's id; of a queue also a priority before them and a name behind.
fn is_cursor(word: &str) -> bool {
    let mut parts = word.split('.').skip_while(|part| part.len() == 1);
    let is_moment = |part: &&str| part.len() == 16 && part.parse::<u64>().is_ok();
    parts.next().filter(is_moment).is_some() && parts.any(|part| part.len() == 32)
}

/// Runs of letters, digits and what stands in moments and tokens; and what stands between them.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let first = self.0.chars().next()?;
        let joins = |character: char| character.is_ascii_alphanumeric() || "_-:.".contains(character);
        let end = self
            .0
            .find(|character| joins(character) != joins(first))
            .unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(word)
    }
}
