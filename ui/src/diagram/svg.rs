//! SVG: a picture that needs no script and no font of its own, in light and dark.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use statewright_core::chart::is_within;

use super::layout::{Area, LINE_HEIGHT, Line, Placed, Point};
use super::sketch::{Kind, Shape, Sketch, Way};

/// How much of a corner of a line is rounded.
const BEND: f64 = 9.0;

pub const STYLE: &str = "\
.statewright-diagram{--paper:#fff;--ink:#1d2733;--soft:#5b6875;--line:#8a97a3;--fill:#f3f6f9;--frame:#fbfcfd;--fails:#a4262c;--here:#cfe9e4;--here-line:#0b6b5d;\
font-family:system-ui,sans-serif;font-size:13px}\
@media(prefers-color-scheme:dark){.statewright-diagram{--paper:#141a21;--ink:#e6ebf0;--soft:#a3b0bc;--line:#6d7a87;--fill:#222c37;--frame:#1a222b;--fails:#ff9a9e;--here:#12443d;--here-line:#5fd0bd}}\
.statewright-diagram .paper{fill:var(--paper)}\
.statewright-diagram text{fill:var(--ink)}.statewright-diagram .line{fill:var(--soft);font-size:11px}\
.statewright-diagram .caption{fill:var(--ink);font-size:11px;paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}\
.statewright-diagram .shape{fill:var(--fill);stroke:var(--ink);stroke-width:1.2}\
.statewright-diagram .frame{fill:var(--frame);stroke:var(--line);stroke-width:1.2}\
.statewright-diagram .region{fill:var(--frame);stroke:var(--line);stroke-width:1.2;stroke-dasharray:5 4}\
.statewright-diagram .dot{fill:var(--ink)}\
.statewright-diagram .way{fill:none;stroke:var(--soft);stroke-width:1.3}.statewright-diagram .fails{stroke:var(--fails);stroke-dasharray:5 4}\
.statewright-diagram .head{fill:var(--soft)}.statewright-diagram .head-fails{fill:var(--fails)}\
.statewright-diagram .name{font-weight:600}\
.statewright-diagram .current>.shape{fill:var(--here);stroke:var(--here-line);stroke-width:3}\
.statewright-diagram .current>.frame,.statewright-diagram .current>.region{stroke:var(--here-line);stroke-width:2.5}\
.statewright-diagram .visited>.shape{stroke:var(--here-line);stroke-width:2}\
.statewright-diagram .went{stroke:var(--here-line);stroke-width:2.6}.statewright-diagram .head-went{fill:var(--here-line)}\
.statewright-diagram .count{fill:var(--paper);stroke:var(--here-line);stroke-width:1.2}.statewright-diagram .number{font-size:11px;font-weight:600}\
.statewright-diagram a{cursor:pointer}.statewright-diagram a:hover .name{text-decoration:underline}\
.statewright-diagram a:focus-visible{outline:3px solid var(--here-line);outline-offset:2px}";

/// What is marked on a diagram within a page.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Paths of the states that an instance rests in.
    pub current: BTreeSet<Arc<str>>,
    /// What is said of states, by their paths.
    pub states: BTreeMap<Arc<str>, Mark>,
    /// The ways that it went, from path to path.
    pub went: BTreeSet<(Arc<str>, Arc<str>)>,
}

/// What is said of one state.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    /// An instance was in it.
    pub visited: bool,
    /// What stands in its corner: few characters.
    pub count: Option<String>,
    /// What is said of it to those who point at it, or do not see the picture.
    pub says: String,
    /// Where its name leads.
    pub href: Option<String>,
}

impl Marks {
    /// Whether it rests in this state, or in one within it.
    fn is_in(&self, path: &str) -> bool {
        let rests_within = |state: &Arc<str>| &**state == path || is_within(state, path);
        self.current.iter().any(rests_within)
    }

    fn leads_somewhere(&self) -> bool {
        self.states.values().any(|mark| mark.href.is_some())
    }

    fn has_gone(&self, from: &Shape, to: &Shape) -> bool {
        from.kind != Kind::Beginning && self.went.contains(&(from.path.clone(), to.path.clone()))
    }
}

/// A picture that stands by itself.
pub fn write(sketch: &Sketch, placed: &Placed) -> String {
    draw(sketch, placed, &Marks::default(), &format!("<style>{STYLE}</style>\n"))
}

/// A picture within a page that brings the style along.
pub fn embedded(sketch: &Sketch, placed: &Placed, marks: &Marks) -> String {
    draw(sketch, placed, marks, "")
}

fn draw(sketch: &Sketch, placed: &Placed, marks: &Marks, style: &str) -> String {
    let (width, height) = (placed.width.ceil(), placed.height.ceil());
    // what an image holds is not reached one by one
    let role = if marks.leads_somewhere() { "group" } else { "img" };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"statewright-diagram\" role=\"{role}\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" aria-labelledby=\"diagram-title diagram-text\">\n\
         <title id=\"diagram-title\">{}</title>\n<desc id=\"diagram-text\">{}</desc>\n{style}\
         <defs>{}{}{}</defs>\n<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n",
        escaped(&sketch.title),
        escaped(&in_words(sketch)),
        head("head"),
        head("head-fails"),
        head("head-went"),
    );
    // what holds others lies beneath them, and lines beneath captions
    for (place, shape) in sketch.shapes.iter().enumerate() {
        write_shape(sketch, place, shape, &placed.areas[place], marks, &mut out);
    }
    let ways = || sketch.ways.iter().zip(&placed.lines);
    for (way, line) in ways() {
        let went = marks.has_gone(&sketch.shapes[way.from], &sketch.shapes[way.to]);
        write_line(way, line, went, &mut out);
    }
    for (way, line) in ways() {
        write_captions(way, line, &mut out);
    }
    out += "</svg>\n";
    out
}

fn head(id: &str) -> String {
    format!(
        "<marker id=\"{id}\" class=\"{id}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0L10 5L0 10z\"/></marker>"
    )
}

/// The same in sentences, for those who do not see the picture.
fn in_words(sketch: &Sketch) -> String {
    let name = |place: usize| match sketch.shapes[place].kind {
        Kind::Beginning => "the beginning",
        _ => sketch.shapes[place].name.as_str(),
    };
    let sentences = sketch.ways.iter().map(|way| {
        let by = if way.captions.is_empty() {
            String::new()
        } else {
            format!(" by {}", way.captions.join(" or "))
        };
        format!("From {} to {}{by}.", name(way.from), name(way.to))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn write_shape(sketch: &Sketch, place: usize, shape: &Shape, area: &Area, marks: &Marks, out: &mut String) {
    let (left, top) = (round(area.left()), round(area.top()));
    let (x, y, width, height) = (round(area.x), round(area.y), round(area.width), round(area.height));
    let holds = sketch.children(Some(place)).next().is_some();
    if shape.kind == Kind::Beginning {
        let _ = writeln!(out, "<circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"6\"/>");
        return;
    }
    let mark = marks.states.get(&shape.path);
    open_group(shape, mark, marks, out);
    if shape.kind == Kind::History {
        let _ = write!(out, "<circle class=\"shape\" cx=\"{x}\" cy=\"{y}\" r=\"13\"/>");
        write_text("name", "middle", &x, area.y + 4.5, "H", out);
        out.push_str("</g>\n");
        return;
    }
    let class = match (holds, shape.kind) {
        (true, Kind::Region) => "region",
        (true, _) => "frame",
        (false, _) => "shape",
    };
    let _ = write!(
        out,
        "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"9\"/>"
    );
    if shape.kind == Kind::Final {
        let _ = write!(
            out,
            "<rect class=\"shape\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
            round(area.left() + 3.5),
            round(area.top() + 3.5),
            round(area.width - 7.0),
            round(area.height - 7.0)
        );
    }
    let first = if holds {
        area.top() + 17.0
    } else {
        area.y - shape.lines.len() as f64 * LINE_HEIGHT / 2.0 + 4.5
    };
    let (anchor, at) = if holds {
        ("start", round(area.left() + 12.0))
    } else {
        ("middle", x)
    };
    let href = mark.and_then(|mark| mark.href.as_deref());
    if let Some((mark, href)) = mark.zip(href) {
        let (href, name) = (escaped(href), escaped(&said_of(shape, mark, marks)));
        let _ = write!(out, "<a href=\"{href}\" aria-label=\"{name}\">");
    }
    write_text("name", anchor, &at, first, &shape.name, out);
    if href.is_some() {
        out.push_str("</a>");
    }
    for (ordinal, line) in (1..).zip(&shape.lines) {
        write_text("line", anchor, &at, first + f64::from(ordinal) * LINE_HEIGHT, line, out);
    }
    if let Some(count) = mark.and_then(|mark| mark.count.as_deref()) {
        write_count(count, area, out);
    }
    out.push_str("</g>\n");
}

/// A state's group: marked by a class and in words, since not everybody sees the colour.
fn open_group(shape: &Shape, mark: Option<&Mark>, marks: &Marks, out: &mut String) {
    let path = escaped(&shape.path);
    let class = match (marks.is_in(&shape.path), mark.is_some_and(|mark| mark.visited)) {
        (true, _) => " class=\"current\"",
        (false, true) => " class=\"visited\"",
        (false, false) => "",
    };
    let _ = write!(out, "<g data-state=\"{path}\"{class}>");
    if marks.current.contains(&shape.path) || mark.is_some_and(|mark| !mark.says.is_empty()) {
        let says = mark.map_or_else(|| said_of(shape, &Mark::default(), marks), |mark| said_of(shape, mark, marks));
        let _ = write!(out, "<title>{}</title>", escaped(&says));
    }
}

fn said_of(shape: &Shape, mark: &Mark, marks: &Marks) -> String {
    let here = marks.current.contains(&shape.path).then_some("it is here now");
    let says = (!mark.says.is_empty()).then_some(mark.says.as_str());
    let said: Vec<&str> = here.into_iter().chain(says).collect();
    match said.as_slice() {
        [] => shape.name.clone(),
        said => format!("{}: {}", shape.name, said.join(", ")),
    }
}

/// In the upper right corner, over the edge.
fn write_count(count: &str, area: &Area, out: &mut String) {
    let width = 12.0 + 7.0 * count.chars().count() as f64;
    let (right, top) = (area.left() + area.width + 6.0, area.top() - 8.0);
    let _ = write!(
        out,
        "<rect class=\"count\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"16\" rx=\"8\"/>",
        round(right - width),
        round(top),
        round(width)
    );
    write_text("number", "middle", &round(right - width / 2.0), top + 12.0, count, out);
}

fn write_text(class: &str, anchor: &str, x: &str, y: f64, text: &str, out: &mut String) {
    let (y, text) = (round(y), escaped(text));
    let _ = write!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>"
    );
}

fn write_line(way: &Way, line: &Line, went: bool, out: &mut String) {
    let Some(path) = path_of(&line.points) else { return };
    let (class, head) = match (went, way.fails) {
        (true, _) => ("way went", "head-went"),
        (false, true) => ("way fails", "head-fails"),
        (false, false) => ("way", "head"),
    };
    let _ = writeln!(out, "<path class=\"{class}\" d=\"{path}\" marker-end=\"url(#{head})\"/>");
}

/// Straight pieces with rounded corners.
fn path_of(points: &[Point]) -> Option<String> {
    let (first, rest) = points.split_first()?;
    let mut path = format!("M{} {}", round(first.x), round(first.y));
    for (place, point) in rest.iter().enumerate() {
        let Some(next) = rest.get(place + 1) else {
            let _ = write!(path, "L{} {}", round(point.x), round(point.y));
            break;
        };
        let (before, after) = (towards(*point, points[place]), towards(*point, *next));
        let _ = write!(
            path,
            "L{} {}Q{} {} {} {}",
            round(before.x),
            round(before.y),
            round(point.x),
            round(point.y),
            round(after.x),
            round(after.y)
        );
    }
    Some(path)
}

/// A little way from one point to another, at most half of it.
fn towards(from: Point, to: Point) -> Point {
    let length = (to.x - from.x).hypot(to.y - from.y);
    let share = if length < f64::EPSILON {
        0.0
    } else {
        (BEND / length).min(0.5)
    };
    Point {
        x: from.x + (to.x - from.x) * share,
        y: from.y + (to.y - from.y) * share,
    }
}

fn write_captions(way: &Way, line: &Line, out: &mut String) {
    let Some(middle) = line.caption else { return };
    let lines = way.caption_lines();
    let first = middle.y - (lines.len() as f64 - 1.0) * LINE_HEIGHT / 2.0 + 4.0;
    for (ordinal, caption) in (0..).zip(lines) {
        write_text(
            "caption",
            "middle",
            &round(middle.x),
            first + f64::from(ordinal) * LINE_HEIGHT,
            caption,
            out,
        );
    }
    out.push('\n');
}

/// With a tenth of a pixel: the same on every machine, and short.
fn round(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    if rounded == rounded.trunc() {
        format!("{rounded:.0}")
    } else {
        format!("{rounded:.1}")
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            character => out.push(character),
        }
    }
    out
}
