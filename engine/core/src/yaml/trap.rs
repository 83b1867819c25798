//! Words that look like text here and are something else to other YAML readers.

/// What other readers make of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// Which readers, and by which rule.
    pub why: &'static str,
    /// What they read.
    pub reading: String,
}

const YAML_1_1: &str = "readers of YAML 1.1";
const YAML_1_2: &str = "readers of YAML 1.2";
const MANY: &str = "many YAML readers";

/// What other YAML readers make of an unquoted word that is text here; `None` when all agree.
///
/// Dates are not among them: a reader that knows dates reads the same day.
pub fn trap(text: &str) -> Option<Trap> {
    let found = |why, reading: String| Some(Trap { why, reading });
    let is_cased = is_cased(text);
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" if is_cased => return found(YAML_1_1, "true".to_owned()),
        "no" | "off" | "n" if is_cased => return found(YAML_1_1, "false".to_owned()),
        "true" | "false" if is_cased && !text.starts_with(['t', 'f']) => {
            return found(MANY, text.to_ascii_lowercase());
        }
        "null" if is_cased && !text.starts_with('n') => return found(MANY, "null".to_owned()),
        "~" => return found(MANY, "null".to_owned()),
        ".inf" | "+.inf" | "-.inf" | ".nan" => {
            return found(MANY, "a float that is no number".to_owned());
        }
        _ => {}
    }
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { "-" } else { "" }, digits),
        None => ("", text),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    radix(sign, digits)
        .or_else(|| sexagesimal(sign, digits))
        .or_else(|| decimal(text, sign, digits))
}

/// All small, all capital, or capital first: the spellings that the rules of YAML 1.1 list.
fn is_cased(text: &str) -> bool {
    let rest = text.get(1..).unwrap_or("");
    let small = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase());
    small(text) || small(rest) || text.bytes().all(|b| b.is_ascii_uppercase())
}

fn radix(sign: &str, digits: &str) -> Option<Trap> {
    let read = |digits: &str, radix, why| {
        let number = u64::from_str_radix(&digits.replace('_', ""), radix).ok()?;
        Some(Trap {
            why,
            reading: format!("{sign}{number}"),
        })
    };
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return read(hexadecimal, 16, MANY);
    }
    if let Some(octal) = digits.strip_prefix("0o") {
        return read(octal, 8, YAML_1_2);
    }
    if let Some(binary) = digits.strip_prefix("0b") {
        return read(binary, 2, YAML_1_1);
    }
    let octal = digits
        .strip_prefix('0')
        .filter(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'_'))?;
    let octal = read(octal, 8, "readers of YAML 1.1 (as octal)");
    octal.or_else(|| read(digits, 10, YAML_1_2))
}

/// `18:30`: some readers count in sixties.
fn sexagesimal(sign: &str, digits: &str) -> Option<Trap> {
    let mut parts = digits.split(':');
    let first = parts.next()?;
    let mut number: u64 = first.parse().ok()?;
    let mut count = 0;
    for part in parts {
        if part.is_empty() || part.len() > 2 || count > 3 {
            return None;
        }
        let sixtieth: u64 = part.parse().ok().filter(|part| *part < 60)?;
        number = number.checked_mul(60)?.checked_add(sixtieth)?;
        count += 1;
    }
    (count > 0).then(|| Trap {
        why: "readers of YAML 1.1 (counting in sixties)",
        reading: format!("{sign}{number}"),
    })
}

/// Numbers that are not in plain decimal notation: `1_000`, `1e3`, `.5`, `5.`, `+5`.
fn decimal(text: &str, sign: &str, digits: &str) -> Option<Trap> {
    let (mantissa, exponent) = digits
        .split_once(['e', 'E'])
        .map_or((digits, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let exponent_is_number = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    let is_number = mantissa.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_'))
        && mantissa.bytes().any(|b| b.is_ascii_digit())
        && mantissa.matches('.').count() <= 1;
    if !is_number || !exponent_is_number {
        return None;
    }
    let grouped = mantissa.contains('_');
    let plain =
        !grouped && exponent.is_none() && !text.starts_with('+') && !mantissa.starts_with('.') && !mantissa.ends_with('.');
    if plain {
        return None;
    }
    let number = digits.replace('_', "");
    Some(Trap {
        why: if grouped { YAML_1_1 } else { MANY },
        reading: format!("the number {sign}{number}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, reading: &str) {
        assert_eq!(
            trap(text).map(|trap| trap.reading).as_deref().unwrap_or("-"),
            reading,
            "{text}"
        );
    }

    #[test]
    fn words_that_other_readers_take_for_something_else() {
        for (text, reading) in [
            ("no", "false"),
            ("No", "false"),
            ("OFF", "false"),
            ("n", "false"),
            ("on", "true"),
            ("y", "true"),
            ("Yes", "true"),
            ("True", "true"),
            ("FALSE", "false"),
            ("~", "null"),
            ("Null", "null"),
            ("012", "10"),
            ("-012", "-10"),
            ("089", "89"),
            ("0x1f", "31"),
            ("0o17", "15"),
            ("0b101", "5"),
            ("08:30", "510"),
            ("18:30", "1110"),
            ("1:00:30", "3630"),
            ("1_000", "the number 1000"),
            ("1e3", "the number 1e3"),
            (".5", "the number .5"),
            ("5.", "the number 5."),
            ("+5", "the number 5"),
            ("-.5", "the number -.5"),
            (".inf", "a float that is no number"),
            ("-.INF", "a float that is no number"),
        ] {
            check(text, reading);
        }
    }

    #[test]
    fn words_on_which_all_readers_agree() {
        for text in [
            "",
            "true",
            "false",
            "null",
            "none",
            "nO",
            "yeS",
            "0",
            "-1",
            "1.10",
            "0.5",
            "10:75",
            "1:2:3:4:5:6",
            "08-17",
            "Lot 4",
            "e3",
            "1e",
            "1.2.3",
            "2026-01-05",
            "ä",
            "now",
            ".",
            "_1",
            "0x",
            "0xg",
            "-",
            "+",
        ] {
            check(text, "-");
        }
    }
}
