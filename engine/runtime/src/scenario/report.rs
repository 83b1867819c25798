//! What came of the scenarios, for people and for programs.

use std::fmt::Write as _;

use statewright_core::diagnostic::{Sources, Span};
use statewright_core::value::{Object, Value};

use super::coverage::{Taken, Untaken};

/// What came of one file.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// As it was named.
    pub file: String,
    pub test: String,
    pub scenarios: Vec<ScenarioReport>,
    pub taken: Taken,
}

/// What came of one scenario.
#[derive(Clone, Debug)]
pub struct ScenarioReport {
    pub sentence: String,
    pub span: Span,
    /// Orders of its races that were gone through, 1 where there is none.
    pub orders: usize,
    pub failures: Vec<Failed>,
}

/// Something that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub span: Span,
    /// What is wrong, without a full stop.
    pub sentence: String,
    pub differences: Vec<Difference>,
    /// What led there: an instance's name, and its trail, a line an entry.
    pub trails: Vec<(String, Vec<String>)>,
    /// In which order what raced came, if anything did.
    pub order: Vec<String>,
}

/// Expected and actual, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which part: `data.tray`.
    pub path: String,
    pub expected: String,
    pub actual: String,
}

impl FileReport {
    pub fn held(&self) -> usize {
        self.scenarios.iter().filter(|scenario| scenario.failures.is_empty()).count()
    }

    pub fn failed(&self) -> usize {
        self.scenarios.len() - self.held()
    }

    /// A line a scenario; of those that failed, what, where, and what led there.
    pub fn words(&self, sources: &Sources) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{}", self.file);
        for scenario in &self.scenarios {
            let word = if scenario.failures.is_empty() { "held  " } else { "FAILED" };
            let orders = match scenario.orders {
                1 => String::new(),
                orders => format!("  ({orders} orders)"),
            };
            let _ = writeln!(out, "  {word}  {}{orders}", scenario.sentence);
            scenario.failures.iter().for_each(|failed| failed.write(sources, &mut out));
        }
        out
    }

    /// The same as a document.
    pub fn value(&self, sources: &Sources) -> Value {
        let scenario = |scenario: &ScenarioReport| {
            object([
                ("failures", list(scenario.failures.iter().map(|failed| failed.value(sources)))),
                ("held", Value::Boolean(scenario.failures.is_empty())),
                ("orders", count(scenario.orders)),
                ("place", Value::from_text(&place(sources, scenario.span))),
                ("scenario", Value::from_text(&scenario.sentence)),
            ])
        };
        object([
            ("file", Value::from_text(&self.file)),
            ("scenarios", list(self.scenarios.iter().map(scenario))),
            ("test", Value::from_text(&self.test)),
        ])
    }
}

impl Failed {
    pub(super) fn new(span: Span, sentence: impl Into<String>) -> Self {
        Failed {
            span,
            sentence: sentence.into(),
            differences: Vec::new(),
            trails: Vec::new(),
            order: Vec::new(),
        }
    }

    fn write(&self, sources: &Sources, out: &mut String) {
        let _ = writeln!(out, "\n    {}: {}", place(sources, self.span), self.sentence);
        let _ = writeln!(out, "      {}", line_of(sources, self.span));
        let width = self
            .differences
            .iter()
            .map(|difference| difference.path.chars().count())
            .max()
            .unwrap_or(0);
        for Difference { path, expected, actual } in &self.differences {
            let _ = writeln!(out, "      {path:width$}  expected  {expected}");
            let _ = writeln!(out, "      {:width$}  actual    {actual}", "");
        }
        if !self.order.is_empty() {
            let _ = writeln!(out, "      the order: {}", self.order.join(", "));
        }
        for (name, lines) in &self.trails {
            let _ = writeln!(out, "      the trail of {name}:");
            lines.iter().for_each(|line| _ = writeln!(out, "      {line}"));
        }
        out.push('\n');
    }

    fn value(&self, sources: &Sources) -> Value {
        let difference = |Difference { path, expected, actual }: &Difference| {
            object([
                ("actual", Value::from_text(actual)),
                ("expected", Value::from_text(expected)),
                ("path", Value::from_text(path)),
            ])
        };
        let texts = |lines: &[String]| list(lines.iter().map(|line| Value::from_text(line.trim_start())));
        let trail =
            |(name, lines): &(String, Vec<String>)| object([("entries", texts(lines)), ("instance", Value::from_text(name))]);
        object([
            ("differences", list(self.differences.iter().map(difference))),
            ("order", texts(&self.order)),
            ("place", Value::from_text(&place(sources, self.span))),
            ("sentence", Value::from_text(&self.sentence)),
            ("trails", list(self.trails.iter().map(trail))),
        ])
    }
}

impl Untaken {
    /// With its place: `lab/order.yaml:12:7: order open, CLOSE`.
    pub fn line(&self, sources: &Sources) -> String {
        format!("{}: {}", place(sources, self.span), self.words())
    }

    pub fn value(&self, sources: &Sources) -> Value {
        object([
            ("branch", self.branch.map_or(Value::Null, count)),
            ("event", Value::from_text(&self.event)),
            ("place", Value::from_text(&place(sources, self.span))),
            ("state", Value::Text(self.state.clone())),
            ("workflow", Value::Text(self.workflow.clone())),
        ])
    }
}

/// `file:line:column`.
fn place(sources: &Sources, span: Span) -> String {
    let position = sources.position(span);
    let file = sources.get(span.file).map_or("", |source| source.name());
    format!("{file}:{}:{}", position.line, position.column)
}

/// The line that a place is in, without its indentation.
fn line_of(sources: &Sources, span: Span) -> &str {
    let position = sources.position(span);
    sources.get(span.file).map_or("", |source| source.line(position.line)).trim()
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (name.into(), value));
    Value::from_fields(members.collect::<Object>())
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::from_items(items.collect())
}

fn count(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
