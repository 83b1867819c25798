//! Text with `{{ … }}` in it.
//!
//! A template is literal text, or exactly one `{{ … }}` (blanks round it do not count), which keeps the type of its value,
//! or a mixture, which is text. `{% … %}`, `{# … #}` and Jinja's blank-eating `{{-` and `-}}` are refused; the signs
//! themselves are written `{{ '{%' }}`.

use std::sync::Arc;

use super::limits::TEMPLATE_BYTES_MAX;
use super::problem::{Problem, ProblemKind};
use super::{Expression, Span};

/// One parsed template. Cloning is cheap; two are equal if their text is.
#[derive(Clone, Debug)]
pub struct Template {
    source: Arc<str>,
    parts: Arc<[Part]>,
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text as written.
    Text(Arc<str>),
    /// An expression; its own spans begin at `offset` of the template's text.
    Expression { offset: usize, expression: Expression },
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Every problem found, at least one. Spans are within `source`.
    pub fn parse(source: &str) -> Result<Template, Vec<Problem>> {
        if source.len() > TEMPLATE_BYTES_MAX {
            let message = format!("the text is longer than {TEMPLATE_BYTES_MAX} bytes");
            return Err(vec![Problem::new(ProblemKind::TooLarge, Span::new(0, source.len()), message)]);
        }
        let mut reading = Reading {
            source,
            position: 0,
            parts: Vec::new(),
            problems: Vec::new(),
        };
        reading.read();
        if reading.problems.is_empty() {
            Ok(Template {
                source: Arc::from(source),
                parts: reading.parts.into(),
            })
        } else {
            Err(reading.problems)
        }
    }

    /// The text that was parsed.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text, if nothing in it is computed.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.expressions().next().is_none().then_some(&self.source)
    }

    /// The same, shared.
    #[must_use]
    pub fn literal_text(&self) -> Option<Arc<str>> {
        self.literal().map(|_| Arc::clone(&self.source))
    }

    /// The expression and where it begins, if the template is exactly one: then the value keeps its type.
    #[must_use]
    pub fn single(&self) -> Option<(usize, &Expression)> {
        let is_blank = |part: &Part| matches!(part, Part::Text(text) if text.trim().is_empty());
        let mut solid = self.parts.iter().filter(|part| !is_blank(part));
        match (solid.next(), solid.next()) {
            (Some(Part::Expression { offset, expression }), None) => Some((*offset, expression)),
            _ => None,
        }
    }

    /// Every expression with where it begins.
    pub fn expressions(&self) -> impl Iterator<Item = (usize, &Expression)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expression { offset, expression } => Some((*offset, expression)),
            Part::Text(_) => None,
        })
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Template) -> bool {
        self.source == other.source
    }
}

impl Eq for Template {}

struct Reading<'a> {
    source: &'a str,
    position: usize,
    parts: Vec<Part>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn read(&mut self) {
        while let Some(open) = self.next_sign() {
            self.push_text(open);
            match self.source.as_bytes().get(open + 1) {
                Some(b'{') => self.expression(open),
                Some(b'%') => self.refuse_block(open, "%}", "statements are not read in text"),
                _ => self.refuse_block(open, "#}", "comments are not read in text"),
            }
        }
        self.push_text(self.source.len());
    }

    /// The next `{{`, `{%` or `{#`.
    fn next_sign(&self) -> Option<usize> {
        let rest = self.source.as_bytes().get(self.position..)?;
        let found = rest.windows(2).position(|pair| matches!(pair, b"{{" | b"{%" | b"{#"))?;
        Some(self.position + found)
    }

    fn push_text(&mut self, end: usize) {
        let text = self.source.get(self.position..end).unwrap_or("");
        if let Some(at) = text.find('\0') {
            let place = self.position + at;
            let span = Span::new(place, place + 1);
            self.problems
                .push(Problem::new(ProblemKind::Syntax, span, "the character NUL cannot be stored"));
        }
        if !text.is_empty() {
            self.parts.push(Part::Text(Arc::from(text)));
        }
        self.position = end;
    }

    fn refuse_block(&mut self, open: usize, close: &str, message: &str) {
        let rest = self.source.get(open..).unwrap_or("");
        let length = rest.find(close).map_or(rest.len(), |found| found + close.len());
        let sign = rest.get(..2).unwrap_or(rest);
        let span = Span::new(open, open + length);
        let advice = format!("to write the sign itself: {{{{ '{sign}' }}}}");
        self.problems
            .push(Problem::new(ProblemKind::NotInLanguage, span, message).advise(advice));
        self.position = open + length;
    }

    fn expression(&mut self, open: usize) {
        let start = open + 2;
        let Some(end) = end_of_expression(self.source, start) else {
            let span = Span::new(open, self.source.len());
            let problem = Problem::new(ProblemKind::Syntax, span, "`{{` has no `}}`");
            self.problems.push(problem.advise("to write the sign itself: {{ '{{' }}"));
            self.position = self.source.len();
            return;
        };
        self.position = end + 2;
        let text = self.source.get(start..end).unwrap_or("");
        if self.refuses_blank_eating(open, end) {
            return;
        }
        match Expression::parse(text) {
            Ok(expression) => self.parts.push(Part::Expression {
                offset: start,
                expression,
            }),
            Err(problems) => self
                .problems
                .extend(problems.into_iter().map(|problem| problem.shifted(start))),
        }
    }

    /// `{{-x}}` would be minus x here and x in Jinja: neither is taken.
    fn refuses_blank_eating(&mut self, open: usize, end: usize) -> bool {
        let text = self.source.get(open + 2..end).unwrap_or("");
        let first = text.starts_with(['-', '+']).then(|| Span::new(open, open + 3));
        let last = text.ends_with(['-', '+']).then(|| Span::new(end.saturating_sub(1), end + 2));
        let refused = first.or(last);
        if let Some(span) = refused {
            let message = "`{{-` and `-}}` are not read: blanks in text stay as written";
            let problem = Problem::new(ProblemKind::NotInLanguage, span, message);
            self.problems
                .push(problem.advise("put a blank after `{{`: `{{ -x }}` is minus x"));
        }
        refused.is_some()
    }
}

/// Where the `}}` stands that ends the expression beginning at `start`: texts in quotes and braces inside do not count.
fn end_of_expression(source: &str, start: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut quote = None;
    let mut open_braces = 0_usize;
    let mut position = start;
    while let Some(byte) = bytes.get(position) {
        match (quote, byte) {
            (Some(_), b'\\') => position += 1,
            (Some(delimiter), _) if delimiter == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(*byte),
            (None, b'{') => open_braces += 1,
            (None, b'}') if open_braces > 0 => open_braces -= 1,
            (None, b'}') if bytes.get(position + 1) == Some(&b'}') => return Some(position),
            (None, _) => {}
        }
        position += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts joined by `·`, expressions in `⟨…⟩`, or the problems with the text they mark.
    fn check(source: &str, expected: &str) {
        let shown = match Template::parse(source) {
            Ok(template) => {
                let part = |part: &Part| match part {
                    Part::Text(text) => text.to_string(),
                    Part::Expression { offset, expression } => {
                        assert!(source[*offset..].starts_with(expression.source()));
                        format!("⟨{}⟩", expression.source())
                    }
                };
                template.parts().iter().map(part).collect::<Vec<_>>().join("·")
            }
            Err(problems) => {
                let problem = |problem: &Problem| format!("{} at `{}`", problem.message, problem.span.text(source));
                problems.iter().map(problem).collect::<Vec<_>>().join("; ")
            }
        };
        assert_eq!(shown, expected, "{source}");
    }

    #[test]
    fn text_and_expressions_are_told_apart() {
        check("", "");
        check("plain } text }}", "plain } text }}");
        check("Inspect {{ order_no }}", "Inspect ·⟨ order_no ⟩");
        check("{{ a }}{{ b }}!", "⟨ a ⟩·⟨ b ⟩·!");
        check("{{ '}}' }}", "⟨ '}}' ⟩");
        check(r#"{{ "it\"s }}" }}"#, r#"⟨ "it\"s }}" ⟩"#);
        check("{{ {'a': {'b': 1}} }}", "⟨ {'a': {'b': 1}} ⟩");
        check("ü {{ a }} ü", "ü ·⟨ a ⟩· ü");
        check("{{ '{%' }}", "⟨ '{%' ⟩");
    }

    #[test]
    fn what_is_no_template_is_named() {
        check("a {{ b", "`{{` has no `}}` at `{{ b`");
        check(
            "{% if x %}y{% endif %}",
            "statements are not read in text at `{% if x %}`; statements are not read in text at `{% endif %}`",
        );
        check("{# note #} x", "comments are not read in text at `{# note #}`");
        check(
            "{{- x }}",
            "`{{-` and `-}}` are not read: blanks in text stay as written at `{{-`",
        );
        check(
            "{{ x -}}",
            "`{{-` and `-}}` are not read: blanks in text stay as written at `-}}`",
        );
        check("a {{ }} b", "an expression is missing at ` `");
        check(
            "ü {{ x | lenght }} {{ 1 +* }}",
            "there is no filter `lenght` at `lenght`; unexpected `*` at `*`",
        );
    }

    #[test]
    fn one_expression_alone_keeps_its_type() {
        let single = |source: &str| {
            Template::parse(source)
                .map(|template| template.single().map(|(at, _)| at))
                .unwrap_or_default()
        };
        assert_eq!(single("{{ x }}"), Some(2));
        assert_eq!(single(" {{ x }}\n"), Some(3));
        assert_eq!(single("{{ x }}{{ y }}"), None);
        assert_eq!(single("x"), None);
        assert_eq!(
            Template::parse("5 }}").map(|template| template.literal() == Some("5 }}")),
            Ok(true)
        );
    }
}
