//! Mermaid: `stateDiagram-v2`.

use std::fmt::Write;

use super::sketch::{Kind, Shape, Sketch};

pub fn write(sketch: &Sketch) -> String {
    let mut out = format!("---\ntitle: {}\n---\nstateDiagram-v2\n", quoted(&sketch.title));
    write_within(sketch, None, 1, &mut out);
    out
}

fn write_within(sketch: &Sketch, parent: Option<usize>, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let parallel = sketch
        .children(parent)
        .filter(|child| sketch.shapes[*child].kind == Kind::Region)
        .count()
        > 1;
    for (ordinal, child) in sketch.children(parent).enumerate() {
        let shape = &sketch.shapes[child];
        if shape.kind == Kind::Beginning {
            continue;
        }
        if parallel && ordinal > 0 {
            let _ = writeln!(out, "{indent}--");
        }
        let id = id(sketch, child);
        let _ = writeln!(out, "{indent}state {} as {id}", quoted(&text_of(shape)));
        if shape.kind == Kind::Final {
            let _ = writeln!(out, "{indent}{id} --> [*]");
        }
        if shape.holds_others() && sketch.children(Some(child)).next().is_some() {
            let _ = writeln!(out, "{indent}state {id} {{");
            write_within(sketch, Some(child), depth + 1, out);
            let _ = writeln!(out, "{indent}}}");
        }
    }
    for way in &sketch.ways {
        if home(sketch, way.from, way.to) == parent {
            let (from, to) = (id(sketch, way.from), id(sketch, way.to));
            let captions = way.captions.iter().map(|caption| plain(caption)).collect::<Vec<_>>();
            let caption = if captions.is_empty() {
                String::new()
            } else {
                format!(": {}", captions.join("<br>"))
            };
            let _ = writeln!(out, "{indent}{from} --> {to}{caption}");
        }
    }
}

/// The innermost shape in which both ends stand.
fn home(sketch: &Sketch, from: usize, to: usize) -> Option<usize> {
    let mut at = sketch.shapes[from].parent;
    while let Some(place) = at {
        if sketch.is_within(to, place) {
            return Some(place);
        }
        at = sketch.shapes[place].parent;
    }
    None
}

fn id(sketch: &Sketch, place: usize) -> String {
    match sketch.shapes[place].kind {
        Kind::Beginning => "[*]".into(),
        // names of states hold neither of the two, so that no two paths become one
        _ => format!("s_{}", sketch.shapes[place].path.replace('.', "__")),
    }
}

fn text_of(shape: &Shape) -> String {
    let mut lines = vec![shape.name.clone()];
    lines.extend(shape.lines.iter().cloned());
    lines.iter().map(|line| plain(line)).collect::<Vec<_>>().join("<br>")
}

/// What Mermaid would read as something else is written as its entity.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '<' | '>' | '#' | ';' | ':' | '{' | '}' | '[' | ']' => {
                let _ = write!(out, "#{};", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'"))
}
