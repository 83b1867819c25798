//! Names of files: what a sender calls one, made harmless for whoever saves it.

use statewright_core::field::FILE_NAME_CHARACTERS_MAX;

/// What a file is called whose name is nothing.
const NAMELESS: &str = "file";

/// Characters behind the last point that are kept when a name is too long.
const EXTENSION_CHARACTERS_MAX: usize = 10;

/// The last part of a path, without what a file system, a header or a reader's eye could be misled by.
pub(super) fn cleaned(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let harmless: String = last.chars().filter(|c| !misleads(*c)).map(saveable).collect();
    // Windows drops points and spaces at the end, and a point at the beginning hides a file.
    let trimmed = harmless.trim().trim_matches('.').trim();
    match trimmed.is_empty() {
        true => NAMELESS.to_owned(),
        false => shortened(trimmed),
    }
}

/// Control characters, and those that turn the direction of reading round or take no room: `gpj.exe` must not look like `exe.jpg`.
fn misleads(c: char) -> bool {
    let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_control() || turns
}

fn saveable(c: char) -> char {
    if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') {
        '_'
    } else {
        c
    }
}

fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= FILE_NAME_CHARACTERS_MAX {
        return name.to_owned();
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let extension = extension.filter(|extension| extension.chars().count() <= EXTENSION_CHARACTERS_MAX);
    let ending = extension.map_or_else(String::new, |extension| format!(".{extension}"));
    let kept = FILE_NAME_CHARACTERS_MAX - ending.chars().count();
    name.chars().take(kept).chain(ending.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_harmless() {
        let check = |given: &str, expected: &str| assert_eq!(cleaned(given), expected, "{given:?}");
        check("frame.oma", "frame.oma");
        check("Brief an Müller.pdf", "Brief an Müller.pdf");
        check("../../etc/passwd", "passwd");
        check(r"C:\Users\ann\scan.pdf", "scan.pdf");
        check("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt");
        check("photo\u{202e}gpj.exe", "photogpj.exe");
        check("..", "file");
        check(" . ", "file");
        check("", "file");
        check("dir/", "file");
        check(".htaccess", "htaccess");
        check("what?*.txt", "what__.txt");
        let long = format!("{}.pdf", "ü".repeat(400));
        let kept = cleaned(&long);
        assert_eq!(kept.chars().count(), FILE_NAME_CHARACTERS_MAX);
        assert!(kept.ends_with("ü.pdf"));
        assert_eq!(cleaned(&"x".repeat(300)).len(), FILE_NAME_CHARACTERS_MAX);
    }
}
