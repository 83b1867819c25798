//! The hours of a day: `08:00-17:00`, and over night `22:00-06:00`.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::time::{Hours, MINUTES_PER_DAY};
use crate::yaml::{Entry, Node, Scalar};

/// The hours that an entry gives its day; an empty one gives none.
pub(super) fn of(entry: &Entry, out: &mut Diagnostics) -> Vec<Hours> {
    let mut hours: Vec<Hours> = Vec::new();
    for scalar in entry
        .value
        .as_sequence()
        .unwrap_or_default()
        .iter()
        .filter_map(Node::as_scalar)
    {
        let Some(read) = read(scalar, out) else { continue };
        if hours.iter().any(|known| known.overlaps(read)) {
            let message = format!("`{}` overlaps hours that stand before it", scalar.text);
            out.push(Diagnostic::error(Code::HoursUnreadable, scalar.span, message).help("write hours that follow one another"));
            continue;
        }
        hours.push(read);
    }
    hours
}

fn read(scalar: &Scalar, out: &mut Diagnostics) -> Option<Hours> {
    let ends = scalar.text.split_once('-').map(|(from, to)| (minutes(from), minutes(to)));
    let hours = match ends {
        // from midnight to the midnight after is written `00:00-24:00`
        Some((Some(from), Some(to))) if from != to => Hours::new(from, to),
        _ => None,
    };
    if hours.is_none() {
        let message = format!("`{}` is not hours of a day", scalar.text);
        out.push(
            Diagnostic::error(Code::HoursUnreadable, scalar.span, message)
                .help("write `08:00-17:00`, over night `22:00-06:00`, all day `00:00-24:00`"),
        );
    }
    hours
}

/// Minutes from midnight of `08:30`; `24:00` is the end of the day.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let digits =
        |text: &str| (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u16>().ok());
    let (hours, minutes) = (digits(hours)??, digits(minutes)??);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= MINUTES_PER_DAY).then_some(total)
}
