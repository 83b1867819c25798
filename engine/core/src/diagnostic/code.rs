//! The table of codes: one line a code, one page each in `docs/errors`.
//!
//! Ranges: 01xx YAML · 02xx keys and shapes · 03xx names and references · 04xx types and expressions · 05xx states and
//! transitions · 06xx fields and data · 07xx understood and not built yet · 08xx what the graph shows · 1xxx a running
//! instance · 2xxx the interface.

use std::fmt;

/// Declares the codes: a name for the program, the number for people, and a title of a few words.
macro_rules! codes {
    ($($name:ident = $number:literal, $title:literal;)*) => {
        /// A stable name for one kind of problem, shown as `SW-NNNN`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`SW-", $number, "`: ", $title, ".")] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as people read it: `SW-0111`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => concat!("SW-", $number),)* }
            }

            /// A few words for lists of codes.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The page that explains it, as Markdown.
            pub fn page_text(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../../../../docs/errors/SW-", $number, ".md")),)* }
            }
        }
    };
}

codes! {
    // 01xx: the YAML text.
    DuplicateKey = "0111", "the same key twice";
    MergeKey = "0112", "a merge key";
    Tag = "0113", "a YAML tag";

    // 02xx: keys and the shapes of their values.
    UnknownKey = "0201", "an unknown key";
}

impl Code {
    /// The code with this number, written as `SW-0111`.
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn numbers_have_four_digits_and_ascend() {
        for code in Code::ALL {
            let digits = code.as_str().strip_prefix("SW-").unwrap_or("");
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{code}");
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
        assert!(
            Code::ALL.is_sorted_by(|a, b| a.as_str() < b.as_str()),
            "the table is kept in the order of its numbers"
        );
    }

    #[test]
    fn every_page_has_its_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let pages: BTreeSet<String> = std::fs::read_dir(&folder)
            .expect("the folder of pages is part of the repository")
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("SW-"))
            .collect();
        let codes: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
        assert_eq!(pages, codes);
    }
}
