//! Diagrams of a small chart, word for word, and of all that ship, by what must be so of any.

use std::path::{Path, PathBuf};

use statewright_core::chart::Chart;
use statewright_core::diagnostic::Sources;
use statewright_core::lang::compile;

use super::layout::{Area, placed};
use super::sketch::{Kind, Sketch};
use super::{Format, Mark, Marks, Words, draw, embedded};
use crate::definition::{Folder, examine_file};

const LOAN: &str = r#"
workflow: loan
title: Loan <of books>
data: {reader: optional string}
start: {by: [librarian]}
access: [{for: [librarian]}]
initial: shelf
states:
  shelf:
    label: "On the shelf & free"
    on: {LEND: {target: lent, by: [librarian], input: [reader], guard: event.reader != "nobody"}}
  lent:
    type: parallel
    on: {LOSE: {target: lost, by: [librarian]}, NOTE: {by: [librarian], input: {text: string}}}
    states:
      where:
        initial: out
        states:
          out: {task: {title: Ask for it back, for: [librarian]}, after: {7d: asked}}
          asked:
            invoke: {id: letter, adapter: post, action: letter, onDone: out, onError: {target: out}}
            on: {BROUGHT: {target: brought, by: [librarian]}}
          brought: {type: final}
      fine:
        initial: none
        states:
          none: {after: {28d: due}}
          due: {on: {PAID: {target: paid, by: [librarian]}}}
          paid: {type: final}
    onDone: {target: shelf}
  lost: {type: final}
"#;

fn chart(source: &str) -> Chart {
    let mut sources = Sources::default();
    let main = sources.add("loan.yaml", source);
    let compiled = compile(&mut sources, main, &Folder);
    compiled.chart.expect("it is sound")
}

#[test]
fn the_same_is_drawn_in_each_format() {
    let chart = chart(LOAN);
    insta::assert_snapshot!("loan_mermaid", draw(&chart, Format::Mermaid).expect("it is drawn"));
    insta::assert_snapshot!("loan_dot", draw(&chart, Format::Dot).expect("it is drawn"));
    insta::assert_snapshot!("loan_svg", draw(&chart, Format::Svg).expect("it is drawn"));
}

fn shipped() -> Vec<PathBuf> {
    let workflows = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workflows");
    let houses = ["lab", "clinic"].map(|house| workflows.join(house));
    let files = houses
        .iter()
        .flat_map(|house| std::fs::read_dir(house).expect("the house is there"));
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.expect("it is there").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.retain(|path| !path.to_string_lossy().ends_with(".test.yaml"));
    paths.sort();
    paths
}

#[test]
fn what_ships_is_laid_out_with_everything_in_its_place() {
    let mut drawn = 0;
    for path in shipped() {
        let mut sources = Sources::default();
        let compiled = examine_file(&mut sources, &path).expect("it can be read");
        let Some(chart) = &compiled.chart else { continue };
        drawn += 1;
        let svg = draw(chart, Format::Svg).expect("it is drawn");
        assert_eq!(Ok(svg), draw(chart, Format::Svg), "the same again, {}", path.display());
        let sketch = Sketch::of(chart, Words::Written);
        let placed = placed(&sketch).expect("it is laid out");
        check_areas(&sketch, &placed.areas, &path);
        for (line, way) in placed.lines.iter().zip(&sketch.ways) {
            assert!(
                line.points.len() >= 2,
                "{}: a way without a line to {}",
                path.display(),
                sketch.shapes[way.to].path
            );
            let whole = |x: f64, y: f64| (0.0..=placed.width).contains(&x) && (0.0..=placed.height).contains(&y);
            let outside = line.points.iter().chain(&line.caption).find(|point| !whole(point.x, point.y));
            assert_eq!(outside, None, "{}", path.display());
        }
    }
    assert!(drawn > 10, "the workflows are found: {drawn}");
}

#[test]
fn what_is_marked_is_seen_and_said() {
    let chart = chart(LOAN);
    let mark = |count: &str, says: &str, href: Option<&str>| Mark {
        visited: true,
        count: (!count.is_empty()).then(|| count.to_owned()),
        says: says.to_owned(),
        href: href.map(str::to_owned),
    };
    let marks = Marks {
        current: ["lent.where.out".into()].into(),
        states: [
            ("shelf".into(), mark("2×", "entered 2 times", Some("/cases?a=1&b=2"))),
            ("lent.where.out".into(), mark("", "entered once", None)),
        ]
        .into(),
        went: [("shelf".into(), "lent".into())].into(),
    };
    let drawn = embedded(&chart, Words::Written, &marks).expect("it is drawn");
    for expected in [
        "role=\"group\"",
        "<g data-state=\"shelf\" class=\"visited\"><title>On the shelf &amp; free: entered 2 times</title>",
        "<a href=\"/cases?a=1&amp;b=2\" aria-label=\"On the shelf &amp; free: entered 2 times\">",
        ">2×</text>",
        "<g data-state=\"lent.where.out\" class=\"current\"><title>Out: it is here now, entered once</title>",
    ] {
        assert!(drawn.contains(expected), "{expected}\n{drawn}");
    }
    assert_eq!(drawn.matches("class=\"way went\"").count(), 1, "only the way that it went");
    let plain = embedded(&chart, Words::Written, &Marks::default()).expect("it is drawn");
    assert!(plain.contains("role=\"img\"") && !plain.contains("way went\"") && !plain.contains("<a "));
}

/// What stands in something lies within it, and of two that stand side by side neither lies on the other.
fn check_areas(sketch: &Sketch, areas: &[Area], path: &Path) {
    let told = |place: usize| format!("{}: {} {:?}", path.display(), sketch.shapes[place].path, areas[place]);
    let (right, bottom) = (
        |area: &Area| area.x + area.width / 2.0,
        |area: &Area| area.y + area.height / 2.0,
    );
    for (place, shape) in sketch.shapes.iter().enumerate() {
        let area = &areas[place];
        if let Some(parent) = shape.parent {
            let frame = &areas[parent];
            let within = frame.left() <= area.left()
                && frame.top() <= area.top()
                && right(area) <= right(frame)
                && bottom(area) <= bottom(frame);
            assert!(within, "{} is not in {}", told(place), told(parent));
        }
        for other in sketch.children(shape.parent).filter(|other| *other > place) {
            // a history state and a beginning are too small for anybody to lie on
            if shape.kind == Kind::Beginning || sketch.shapes[other].kind == Kind::Beginning {
                continue;
            }
            let beside = &areas[other];
            let apart = right(area) <= beside.left()
                || right(beside) <= area.left()
                || bottom(area) <= beside.top()
                || bottom(beside) <= area.top();
            assert!(apart, "{} lies on {}", told(place), told(other));
        }
    }
}
