//! `file`: uploading one, listing those of an instance, downloading one.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use axum::http::header;
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_engine::files::FILE_BYTES_MAX;

use super::*;
use crate::client::Call;
use crate::failure::{Exit, Failure};
use crate::json::{member, member_items, member_number};
use crate::percent::encode;
use crate::table::Table;

#[derive(Debug, Args)]
pub struct File {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Upload a file; name it within a day in a `file` field of an input, as {"file": ID}
    Put {
        /// The file
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// What it is: it is refused where its bytes say otherwise
        #[arg(long, value_name = "TYPE")]
        media_type: Option<String>,
    },
    /// List the files of an instance that you see
    List {
        /// `WORKFLOW/KEY`
        instance: String,
    },
    /// Download a file of an instance
    Get {
        /// `WORKFLOW/KEY`
        instance: String,
        /// The file's id, as `file list` shows it
        id: String,
        /// Where to, or `-` for standard output; without it under its own name in this folder, never over another
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

impl File {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        match self.what {
            What::Put { path, media_type } => put(&self.target, terminal, &path, media_type).await,
            What::List { instance } => {
                let files = self.target.ask(terminal, list(&instance.parse()?)).await?.value()?;
                terminal.answer(&files, || table(member_items(&files, "files")));
                Ok(Exit::Done)
            }
            What::Get { instance, id, to } => get(&self.target, terminal, &instance.parse()?, &id, to).await,
        }
    }
}

async fn put(target: &Target, terminal: Terminal, path: &Path, media_type: Option<String>) -> Outcome {
    let shown = path.display().to_string();
    let unreadable = |error| Failure::unreadable(&shown, error);
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_BYTES_MAX {
        return Err(Failure::no(
            Code::FileTooLarge,
            format!("`{shown}` is larger than {FILE_BYTES_MAX} bytes, the most for any file"),
        ));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut disposition = "attachment; filename*=UTF-8''".to_owned();
    encode(&name, &mut disposition);
    let media_type = media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let call = Call::upload(&["files"], bytes)
        .header(header::CONTENT_TYPE, Some(media_type))
        .header(header::CONTENT_DISPOSITION, Some(disposition));
    let file = target.ask(terminal, call).await?.value()?;
    terminal.answer(&file, || {
        format!(
            "{}  {}, {} bytes\n",
            member(&file, "file"),
            member(&file, "media_type"),
            member_number(&file, "size")
        )
    });
    Ok(Exit::Done)
}

fn list(instance: &InstanceName) -> Call {
    Call::get(&["instances", &instance.workflow, &instance.key, "files"])
}

async fn get(target: &Target, terminal: Terminal, instance: &InstanceName, id: &str, to: Option<PathBuf>) -> Outcome {
    let to = match to {
        Some(to) => to,
        None => {
            let files = target.ask(terminal, list(instance)).await?.value()?;
            let found = member_items(&files, "files").iter().find(|file| member(file, "file") == id);
            let found = found.ok_or_else(|| Failure::no(Code::NotFound, format!("No file {id} stands in {instance}")))?;
            // a server's word alone does not choose a folder
            let name = member(found, "name").rsplit(['/', '\\']).next().unwrap_or_default();
            PathBuf::from(name)
        }
    };
    let call = Call::get(&["instances", &instance.workflow, &instance.key, "files", id]).download();
    let bytes = target.ask(terminal, call).await?.body;
    if to == Path::new("-") {
        terminal.data(bytes);
        return Ok(Exit::Done);
    }
    let shown = to.display().to_string();
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&to)
        .and_then(|mut file| file.write_all(&bytes));
    written.map_err(|error| {
        Failure::no(Code::FileUnreadable, format!("`{shown}` cannot be written: {error}")).hint("Name another with `--to`")
    })?;
    terminal.note(format_args!("`{shown}`, {} bytes", bytes.len()));
    Ok(Exit::Done)
}

fn table(files: &[Value]) -> String {
    let mut table = Table::new(["FILE", "FIELD", "NAME", "TYPE", "BYTES", "SCAN", "BY", "UPLOADED"]);
    for file in files {
        table.row([
            member(file, "file").to_owned(),
            member(file, "field").to_owned(),
            member(file, "name").to_owned(),
            member(file, "media_type").to_owned(),
            member_number(file, "size").to_string(),
            member(file, "scan").to_owned(),
            member(file, "uploader").to_owned(),
            member(file, "uploaded_at").to_owned(),
        ]);
    }
    table.to_string()
}
