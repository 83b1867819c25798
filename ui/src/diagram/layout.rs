//! Where everything stands. The layout itself is dagre's; this wraps it, sizes the shapes and leads ways to and from what holds others.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dagre::graph::{Graph, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel};

use super::sketch::{Kind, Shape, Sketch, Way};

/// In pixels of the picture, as all that follow.
pub const LINE_HEIGHT: f64 = 17.0;
/// Of a character in the font of the picture, about: what is wider than that is cut by nobody and stands a little over.
const CHARACTER_WIDTH: f64 = 8.1;
const SMALL_CHARACTER_WIDTH: f64 = 6.3;
const PADDING: f64 = 14.0;
const NARROWEST: f64 = 84.0;
const DOT: f64 = 14.0;
const MARGIN: f64 = 24.0;
/// What the title of a frame takes above its contents.
pub const FRAME_TITLE: f64 = 24.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// Around its middle.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Default)]
pub struct Placed {
    pub width: f64,
    pub height: f64,
    /// Of each shape of the sketch.
    pub areas: Vec<Area>,
    /// Of each way of the sketch.
    pub lines: Vec<Line>,
}

pub struct Line {
    pub points: Vec<Point>,
    /// The middle of its captions.
    pub caption: Option<Point>,
}

impl Area {
    pub fn left(&self) -> f64 {
        self.x - self.width / 2.0
    }

    pub fn top(&self) -> f64 {
        self.y - self.height / 2.0
    }

    fn holds(&self, point: Point) -> bool {
        (point.x - self.x).abs() <= self.width / 2.0 && (point.y - self.y).abs() <= self.height / 2.0
    }

    /// Where the way from a point within to a point outside crosses the border.
    fn crossing(&self, within: Point, outside: Point) -> Point {
        let (dx, dy) = (outside.x - within.x, outside.y - within.y);
        let share = |distance: f64, edge: f64| {
            if distance.abs() < f64::EPSILON {
                f64::INFINITY
            } else {
                edge / distance
            }
        };
        let across = share(dx, self.x + self.width / 2.0 * dx.signum() - within.x);
        let down = share(dy, self.y + self.height / 2.0 * dy.signum() - within.y);
        let part = across.min(down).clamp(0.0, 1.0);
        Point {
            x: within.x + dx * part,
            y: within.y + dy * part,
        }
    }
}

/// # Errors
/// A sentence: the layout broke down on this sketch.
pub fn placed(sketch: &Sketch) -> Result<Placed, String> {
    let mut graph = graph_of(sketch);
    let options = LayoutOptions {
        nodesep: 36.0,
        edgesep: 18.0,
        ranksep: 46.0,
        marginx: MARGIN,
        marginy: MARGIN,
        ..LayoutOptions::default()
    };
    // a library's fault is no reason to end a server
    catch_unwind(AssertUnwindSafe(|| dagre::layout(&mut graph, Some(options))))
        .map_err(|_| "this workflow cannot be laid out as a picture; as Mermaid or DOT it can be drawn".to_owned())?;
    Ok(read(sketch, &graph))
}

type Laid = Graph<NodeLabel, EdgeLabel>;

fn graph_of(sketch: &Sketch) -> Laid {
    let mut graph = Graph::with_options(GraphOptions {
        directed: true,
        multigraph: true,
        compound: true,
    });
    for (place, shape) in sketch.shapes.iter().enumerate() {
        let is_leaf = sketch.children(Some(place)).next().is_none();
        let (width, height) = if is_leaf { size(shape) } else { (0.0, 0.0) };
        let label = NodeLabel {
            width,
            height,
            ..NodeLabel::default()
        };
        graph.set_node(name(place), Some(label));
    }
    for (place, shape) in sketch.shapes.iter().enumerate() {
        if let Some(parent) = shape.parent {
            graph.set_parent(&name(place), Some(&name(parent)));
        }
    }
    for (number, way) in sketch.ways.iter().enumerate() {
        let (from, to) = (sketch.leaf_from(way.from), sketch.leaf_to(way.to));
        let lines = way.caption_lines();
        let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let label = EdgeLabel {
            width: widest as f64 * SMALL_CHARACTER_WIDTH + if widest == 0 { 0.0 } else { 8.0 },
            height: lines.len() as f64 * LINE_HEIGHT,
            labelpos: LabelPos::Center,
            ..EdgeLabel::default()
        };
        graph.set_edge(name(from), name(to), Some(label), Some(&number.to_string()));
    }
    graph
}

fn read(sketch: &Sketch, graph: &Laid) -> Placed {
    let mut areas: Vec<Area> = (0..sketch.shapes.len()).map(|place| area(graph, place)).collect();
    make_room_for_titles(sketch, &mut areas);
    let ways = sketch.ways.iter().enumerate();
    let lines = ways.map(|(number, way)| line(sketch, graph, &areas, number, way)).collect();
    let placed = Placed {
        areas,
        lines,
        ..Placed::default()
    };
    placed.framed(sketch)
}

fn area(graph: &Laid, place: usize) -> Area {
    let label = graph.node(&name(place)).cloned().unwrap_or_default();
    Area {
        x: label.x.unwrap_or_default(),
        y: label.y.unwrap_or_default(),
        width: label.width,
        height: label.height,
    }
}

/// Led to a shape in what holds others, and cut off at the border of what it is meant for.
fn line(sketch: &Sketch, graph: &Laid, areas: &[Area], number: usize, way: &Way) -> Line {
    let (from, to) = (sketch.leaf_from(way.from), sketch.leaf_to(way.to));
    let label = graph.edge(&name(from), &name(to), Some(&number.to_string()));
    let points = label.map(|label| label.points.as_slice()).unwrap_or_default();
    let mut points: Vec<Point> = points.iter().map(|point| Point { x: point.x, y: point.y }).collect();
    let mut hidden = Vec::new();
    if from != way.from {
        points.reverse();
        cut_off(&mut points, &areas[way.from]);
        points.reverse();
        hidden.push(&areas[way.from]);
    }
    if to != way.to {
        cut_off(&mut points, &areas[way.to]);
        hidden.push(&areas[way.to]);
    }
    let laid = label.and_then(|label| label.x.zip(label.y)).map(|(x, y)| Point { x, y });
    // what was cut off is not where its caption is looked for
    let seen = laid.filter(|caption| !hidden.iter().any(|area| area.holds(*caption)));
    Line {
        caption: seen.or_else(|| middle(&points)).filter(|_| !way.captions.is_empty()),
        points,
    }
}

/// Half-way along a line.
fn middle(points: &[Point]) -> Option<Point> {
    let length = |pair: &[Point]| (pair[1].x - pair[0].x).hypot(pair[1].y - pair[0].y);
    let mut left = points.windows(2).map(length).sum::<f64>() / 2.0;
    for pair in points.windows(2) {
        let piece = length(pair);
        if piece >= left && piece > 0.0 {
            let share = left / piece;
            return Some(Point {
                x: pair[0].x + (pair[1].x - pair[0].x) * share,
                y: pair[0].y + (pair[1].y - pair[0].y) * share,
            });
        }
        left -= piece;
    }
    points.first().copied()
}

impl Placed {
    /// With everything moved to where the margin ends, and as large as it takes.
    fn framed(mut self, sketch: &Sketch) -> Placed {
        let (mut left, mut top, mut right, mut bottom) = (f64::INFINITY, f64::INFINITY, 0.0_f64, 0.0_f64);
        let mut hold = |area: &Area| {
            left = left.min(area.left());
            top = top.min(area.top());
            right = right.max(area.x + area.width / 2.0);
            bottom = bottom.max(area.y + area.height / 2.0);
        };
        self.areas.iter().for_each(&mut hold);
        for (line, way) in self.lines.iter().zip(&sketch.ways) {
            let dots = line.points.iter().map(|point| (*point, 0.0, 0.0));
            let captions = way.caption_lines();
            let widest = captions.iter().map(|line| line.chars().count()).max().unwrap_or(0);
            let caption = line.caption.map(|middle| {
                (
                    middle,
                    widest as f64 * SMALL_CHARACTER_WIDTH,
                    captions.len() as f64 * LINE_HEIGHT,
                )
            });
            for (Point { x, y }, width, height) in dots.chain(caption) {
                hold(&Area { x, y, width, height });
            }
        }
        let (dx, dy) = (MARGIN - left, MARGIN - top);
        for area in &mut self.areas {
            area.x += dx;
            area.y += dy;
        }
        for point in self
            .lines
            .iter_mut()
            .flat_map(|line| line.points.iter_mut().chain(&mut line.caption))
        {
            point.x += dx;
            point.y += dy;
        }
        self.width = right + dx + MARGIN;
        self.height = bottom + dy + MARGIN;
        self
    }
}

/// The innermost first, so that a frame holds the titles of those within it.
fn make_room_for_titles(sketch: &Sketch, areas: &mut [Area]) {
    for (place, shape) in sketch.shapes.iter().enumerate().rev() {
        if sketch.children(Some(place)).next().is_none() {
            continue;
        }
        let wanted = widest_line(shape) + 2.0 * PADDING;
        let inner_top = sketch
            .children(Some(place))
            .map(|child| areas[child].top())
            .fold(f64::INFINITY, f64::min);
        let title_top = inner_top - 8.0 - title_height(shape);
        let area = &mut areas[place];
        area.width = area.width.max(wanted);
        let bottom = area.y + area.height / 2.0;
        let top = area.top().min(title_top);
        area.height = bottom - top;
        area.y = (bottom + top) / 2.0;
    }
}

/// Of the lines above what a frame holds.
fn title_height(shape: &Shape) -> f64 {
    FRAME_TITLE + shape.lines.len() as f64 * LINE_HEIGHT
}

/// Leaves out what lies within the area that the line leads into.
fn cut_off(points: &mut Vec<Point>, area: &Area) {
    let Some(inside) = points.iter().rposition(|point| !area.holds(*point)).map(|last| last + 1) else {
        return;
    };
    let Some((outside, within)) = points.get(inside - 1).copied().zip(points.get(inside).copied()) else {
        return;
    };
    points.truncate(inside);
    points.push(area.crossing(within, outside));
}

fn size(shape: &Shape) -> (f64, f64) {
    match shape.kind {
        Kind::Beginning => (DOT, DOT),
        Kind::History => (28.0, 28.0),
        _ => {
            let lines = 1 + shape.lines.len();
            (
                (widest_line(shape) + 2.0 * PADDING).max(NARROWEST),
                lines as f64 * LINE_HEIGHT + PADDING + 4.0,
            )
        }
    }
}

fn widest_line(shape: &Shape) -> f64 {
    let name = shape.name.chars().count() as f64 * CHARACTER_WIDTH;
    let lines = shape
        .lines
        .iter()
        .map(|line| line.chars().count() as f64 * SMALL_CHARACTER_WIDTH);
    lines.fold(name, f64::max)
}

fn name(place: usize) -> String {
    place.to_string()
}
