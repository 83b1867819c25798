//! Lengths of time and shares that simulations draw, as they are written.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::time::{Distribution, DistributionError};
use crate::yaml::{Kind, Mapping, Node, Scalar};

/// Ten thousandths that are the whole.
pub const WHOLE: u32 = 10_000;

/// `20m`, `2h..6h`, `{mean: 20m}` or `{least: 5m, likely: 10m, most: 1h}`. What has another shape was told by the grammar.
pub fn distribution(node: &Node, out: &mut Diagnostics) -> Option<Distribution> {
    match &node.kind {
        Kind::Scalar(scalar) => {
            let read = Distribution::parse(&scalar.text);
            read.map_err(|error| out.push(refused(scalar, &error))).ok()
        }
        Kind::Mapping(mapping) => shaped(node, mapping, out),
        _ => None,
    }
}

fn shaped(node: &Node, mapping: &Mapping, out: &mut Diagnostics) -> Option<Distribution> {
    let scalar = |key: &str| mapping.get(key).and_then(Node::as_scalar);
    let read = match (scalar("mean"), scalar("least"), scalar("likely"), scalar("most")) {
        (Some(mean), None, None, None) => Distribution::with_mean(&mean.text).map_err(|error| refused(mean, &error)),
        (None, Some(least), Some(likely), Some(most)) => {
            let read = Distribution::triangle(&least.text, &likely.text, &most.text);
            read.map_err(|error| {
                let one_of_them = [least, likely, most]
                    .into_iter()
                    .find(|scalar| Distribution::parse(&scalar.text).is_err());
                refused(one_of_them.unwrap_or(least), &error)
            })
        }
        _ if mapping.incomplete => return None,
        _ => {
            let message = "a distribution has either `mean`, or `least`, `likely` and `most`";
            let help = "write `{mean: 20m}` or `{least: 5m, likely: 10m, most: 1h}`";
            Err(Diagnostic::error(Code::KeysExclude, node.span, message).help(help))
        }
    };
    read.map_err(|diagnostic| out.push(diagnostic)).ok()
}

fn refused(scalar: &Scalar, error: &DistributionError) -> Diagnostic {
    let message = format!("`{}` cannot be drawn: {error}", scalar.text);
    Diagnostic::error(Code::NotADuration, scalar.span, message)
        .help("write a duration such as `20m`, or a range such as `2h..6h`")
}

/// `5%`, in ten thousandths.
pub fn share(scalar: &Scalar, out: &mut Diagnostics) -> Option<u32> {
    let share = scalar.text.trim().strip_suffix('%').and_then(hundredths);
    let share = share.filter(|share| *share <= WHOLE);
    if share.is_none() {
        let message = format!("`{}` is not a share", scalar.text);
        let help = "write a percentage from `0%` to `100%`, with at most two digits after the point";
        out.push(Diagnostic::error(Code::WrongShape, scalar.span, message).help(help));
    }
    share
}

/// `12`, `0.5` and `0.25` as whole hundredths.
fn hundredths(number: &str) -> Option<u32> {
    let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), "0"));
    let is_number = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole, 3) || !is_number(fraction, 2) {
        return None;
    }
    let fraction = format!("{fraction:0<2}");
    Some(whole.parse::<u32>().ok()? * 100 + fraction.parse::<u32>().ok()?)
}
