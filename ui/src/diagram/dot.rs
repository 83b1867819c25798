//! DOT, the language of Graphviz.

use std::fmt::Write;

use super::sketch::{Kind, Sketch};

pub fn write(sketch: &Sketch) -> String {
    let mut out = String::from("digraph workflow {\n");
    let _ = writeln!(
        out,
        "  graph [label={}, labelloc=t, compound=true, fontname=\"sans-serif\"]",
        quoted(&sketch.title)
    );
    out += "  node [shape=box, style=rounded, fontname=\"sans-serif\"]\n  edge [fontname=\"sans-serif\", fontsize=10]\n";
    write_within(sketch, None, 1, &mut out);
    for way in &sketch.ways {
        write_way(sketch, way, &mut out);
    }
    out += "}\n";
    out
}

fn write_within(sketch: &Sketch, parent: Option<usize>, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    for child in sketch.children(parent) {
        let shape = &sketch.shapes[child];
        if shape.holds_others() && sketch.children(Some(child)).next().is_some() {
            let _ = writeln!(out, "{indent}subgraph cluster_{child} {{");
            let _ = writeln!(
                out,
                "{indent}  label={}; style={}",
                quoted(&text_of(sketch, child)),
                if shape.kind == Kind::Region { "dashed" } else { "rounded" }
            );
            write_within(sketch, Some(child), depth + 1, out);
            let _ = writeln!(out, "{indent}}}");
            continue;
        }
        let look = match shape.kind {
            Kind::Beginning => "shape=point, width=0.15",
            Kind::Final => "peripheries=2",
            Kind::History => "shape=circle",
            Kind::Plain | Kind::Frame | Kind::Region => "shape=box",
        };
        let _ = writeln!(out, "{indent}n{child} [label={}, {look}]", quoted(&text_of(sketch, child)));
    }
}

fn write_way(sketch: &Sketch, way: &super::sketch::Way, out: &mut String) {
    let mut looks = vec![format!("label={}", quoted(&way.captions.join("\n")))];
    if way.fails {
        looks.push("style=dashed".into());
    }
    // an end at a cluster is drawn to something in it, and cut off at its border
    let (from, to) = (sketch.leaf_from(way.from), sketch.leaf_to(way.to));
    if from != way.from {
        looks.push(format!("ltail=cluster_{}", way.from));
    }
    if to != way.to {
        looks.push(format!("lhead=cluster_{}", way.to));
    }
    let _ = writeln!(out, "  n{from} -> n{to} [{}]", looks.join(", "));
}

fn text_of(sketch: &Sketch, place: usize) -> String {
    let shape = &sketch.shapes[place];
    let mut lines = vec![shape.name.clone()];
    lines.extend(shape.lines.iter().cloned());
    lines.join("\n")
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
