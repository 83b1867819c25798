//! The page that explains a code.

use super::Code;

/// The sections every page has, in this order.
const SECTIONS: [&str; 3] = ["What it means", "Example", "What to do"];

/// One page of `docs/errors`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// What stands behind the code in the first line.
    pub title: &'a str,
    pub means: &'a str,
    /// The whole section, with its fences.
    pub example: &'a str,
    pub remedy: &'a str,
    /// The first fenced block of the example, and the word after its fence (`yaml`, `json`, …).
    pub language: &'a str,
    pub source: &'a str,
}

/// Why a page is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("the first line should be `# {0}: …`")]
    Title(Code),
    #[error("the section `## {0}` is missing, empty or out of order")]
    Section(&'static str),
    #[error("the example holds no fenced block")]
    Fence,
}

impl Code {
    /// The page of this code.
    ///
    /// # Errors
    /// When it lacks its title, one of its sections or its example.
    pub fn page(self) -> Result<Page<'static>, PageError> {
        Page::parse(self, self.page_text())
    }
}

impl<'a> Page<'a> {
    /// Takes a page apart.
    ///
    /// # Errors
    /// When the title, a section or the example is missing.
    pub fn parse(code: Code, text: &'a str) -> Result<Self, PageError> {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let title = first
            .strip_prefix(&format!("# {code}: "))
            .map(str::trim)
            .filter(|title| !title.is_empty());
        let title = title.ok_or(PageError::Title(code))?;
        let [means, example, remedy] = sections(rest)?;
        let (language, source) = fenced(example).ok_or(PageError::Fence)?;
        Ok(Self {
            title,
            means,
            example,
            remedy,
            language,
            source,
        })
    }
}

fn sections(text: &str) -> Result<[&str; 3], PageError> {
    let mut found = [""; 3];
    let mut rest = text;
    for (index, name) in SECTIONS.into_iter().enumerate() {
        let after = rest
            .split_once(&format!("## {name}\n"))
            .map(|(_, after)| after)
            .ok_or(PageError::Section(name))?;
        let end = after.find("\n## ").map_or(after.len(), |at| at + 1);
        let body = after.get(..end).unwrap_or("").trim();
        if body.is_empty() {
            return Err(PageError::Section(name));
        }
        found[index] = body;
        rest = after.get(end..).unwrap_or("");
    }
    Ok(found)
}

fn fenced(text: &str) -> Option<(&str, &str)> {
    let (_, after) = text.split_once("```")?;
    let (language, body) = after.split_once('\n')?;
    let (body, _) = body.split_once("```")?;
    Some((language.trim(), body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_whole_page() {
        for code in Code::ALL {
            let page = code.page().unwrap_or_else(|error| panic!("docs/errors/{code}.md: {error}"));
            assert_eq!(page.title, code.title(), "{code}: the table and the page give one title");
        }
    }

    #[test]
    fn a_page_without_its_parts_is_refused() {
        let check = |text: &str, error: PageError| assert_eq!(Page::parse(Code::Tag, text), Err(error));
        check("# Tags\n", PageError::Title(Code::Tag));
        check("# SW-0113: a tag\n## What it means\nx\n", PageError::Section("Example"));
        check(
            "# SW-0113: a tag\n## What it means\n\n## Example\nx\n## What to do\ny\n",
            PageError::Section("What it means"),
        );
        check(
            "# SW-0113: a tag\n## What it means\nm\n## Example\nx\n## What to do\ny\n",
            PageError::Fence,
        );
    }
}
