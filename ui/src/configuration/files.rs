//! What files are taken, and who scans them.

use std::sync::Arc;
use std::time::Duration;

use statewright_clamd::{Address, Clamd, Scanner};
use statewright_core::diagnostic::Diagnostics;
use statewright_core::yaml::Node;
use statewright_engine::files::{FILE_BYTES_MAX, FilesConfig, Media, WhenAway};

use super::section::Section;
use super::{exact, unusable};

/// How long connecting to the scanner may take if nothing else is said: it is near.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the scanner may take for a piece and for its answer if nothing else is said: it unpacks what is packed.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What is set; what is not is as the engine has it.
#[derive(Debug, Default)]
pub struct FileSettings {
    largest: Option<usize>,
    pending: Option<usize>,
    pending_bytes: Option<usize>,
    media_types: Option<Vec<String>>,
    scan: Option<ScanSettings>,
}

#[derive(Debug)]
struct ScanSettings {
    clamd: Clamd,
    when_away: WhenAway,
}

impl FileSettings {
    pub fn take(mut section: Section<'_>, problems: &mut Diagnostics) -> Self {
        let largest = i64::try_from(FILE_BYTES_MAX).unwrap_or(i64::MAX);
        let settings = FileSettings {
            largest: section.count("largest", 1..=largest, problems),
            pending: section.count("pending", 1..=1_000, problems),
            pending_bytes: section.count("pending_bytes", 1..=100 * largest, problems),
            media_types: media_types(&mut section, problems),
            scan: section.take("scan").and_then(|node| ScanSettings::take(node, problems)),
        };
        section.finish(problems);
        settings
    }

    /// As the engine takes it.
    pub fn files(&self) -> FilesConfig {
        let default = FilesConfig::default();
        let bytes = |bytes: Option<usize>, default: u64| bytes.map_or(default, |bytes| bytes as u64);
        let scanner = |scan: &ScanSettings| Arc::new(scan.clamd.clone()) as Arc<dyn Scanner>;
        FilesConfig {
            file_bytes_max: bytes(self.largest, default.file_bytes_max),
            pending_files_max: self.pending.unwrap_or(default.pending_files_max),
            pending_bytes_max: bytes(self.pending_bytes, default.pending_bytes_max),
            media_types: self.media_types.clone(),
            scanner: self.scan.as_ref().map(scanner),
            when_away: self.scan.as_ref().map(|scan| scan.when_away).unwrap_or_default(),
        }
    }
}

fn media_types(section: &mut Section<'_>, problems: &mut Diagnostics) -> Option<Vec<String>> {
    let node = section.take("media_types")?;
    let given = section.texts("media_types", problems)?;
    let unknown = given
        .iter()
        .find(|given| !Media::known().any(|known| known == given.as_str()));
    if let Some(unknown) = unknown {
        let known: Vec<&str> = Media::known().collect();
        problems.push(
            unusable(node.span, format!("`{unknown}` is no media type that is known here"))
                .help(format!("write some of: {}", known.join(", "))),
        );
    }
    Some(given)
}

impl ScanSettings {
    fn take(node: &Node, problems: &mut Diagnostics) -> Option<Self> {
        let mut section = Section::of(node, "`scan`", problems)?;
        let wanted = "`tcp:HOST:PORT` or `unix:/PATH`";
        let before = problems.errors();
        let address = section.parsed("address", wanted, |text| text.parse::<Address>().ok(), problems);
        if address.is_none() && problems.errors() == before {
            problems.push(unusable(node.span, "`scan` has no `address`").help(format!("write {wanted}")));
        }
        let duration = "a duration such as `3s`";
        let connect_timeout = section.parsed("connect_timeout", duration, exact, problems);
        let timeout = section.parsed("timeout", duration, exact, problems);
        let when_away = section.parsed("when_away", "`refuse` or `take`", when_away, problems);
        section.finish(problems);
        Some(ScanSettings {
            clamd: Clamd {
                address: address?,
                connect_timeout: connect_timeout.unwrap_or(CONNECT_TIMEOUT),
                timeout: timeout.unwrap_or(TIMEOUT),
            },
            when_away: when_away.unwrap_or_default(),
        })
    }
}

fn when_away(text: &str) -> Option<WhenAway> {
    match text {
        "refuse" => Some(WhenAway::Refuse),
        "take" => Some(WhenAway::Take),
        _ => None,
    }
}
