//! Time zones, from the database that is built in: the same on every machine and in every replay.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A name that is no IANA zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone `{name}`{}", .nearest.as_ref().map(|near| format!("; the nearest name is `{near}`")).unwrap_or_default())]
pub struct UnknownZone {
    pub name: String,
    /// The known name that is most like it.
    pub nearest: Option<String>,
}

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Bytes of the longest name looked for. The longest known one has 30; comparing takes as long as both names together are, and with
/// each of some six hundred.
const NAME_BYTES_MAX: usize = 64;

/// How alike (0 to 1) a known name must be to be proposed.
const LIKENESS_MIN: f64 = 0.8;

/// The zone of that IANA name, such as `Europe/Berlin`.
///
/// # Errors
/// [`UnknownZone`], with the nearest name.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    match ZONES.get(name) {
        Ok(zone) if !zone.is_unknown() => Ok(zone),
        _ => Err(UnknownZone {
            name: name.to_owned(),
            nearest: nearest(name),
        }),
    }
}

/// The last part of a name (`Berlin`) counts as well as the whole, since that is what people remember.
fn nearest(name: &str) -> Option<String> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let mut best: Option<(f64, String)> = None;
    for known in ZONES.available() {
        let known = known.as_str();
        let city = known.rsplit('/').next().unwrap_or(known);
        let likeness = strsim::jaro_winkler(name, known).max(strsim::jaro_winkler(name, city));
        if likeness >= LIKENESS_MIN && best.as_ref().is_none_or(|(most, _)| likeness > *most) {
            best = Some((likeness, known.to_owned()));
        }
    }
    best.map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::{NAME_BYTES_MAX, zone};

    #[test]
    fn zones_are_found_by_name_or_proposed() {
        assert!(zone("Europe/Berlin").is_ok());
        assert!(zone("UTC").is_ok());
        let sentence = |name: &str| zone(name).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(
            sentence("Europe/Berlim"),
            Err("there is no time zone `Europe/Berlim`; the nearest name is `Europe/Berlin`".to_owned())
        );
        assert_eq!(
            sentence("Berlin"),
            Err("there is no time zone `Berlin`; the nearest name is `Europe/Berlin`".to_owned())
        );
        assert_eq!(sentence("xqzj"), Err("there is no time zone `xqzj`".to_owned()));
        assert!(zone("Etc/Unknown").is_err());
        assert!(zone("").is_err());
        let long = format!("Europe/Berli{}", "n".repeat(NAME_BYTES_MAX));
        assert_eq!(
            zone(&long).map_err(|error| error.nearest),
            Err(None),
            "nobody means a zone with that"
        );
    }
}
