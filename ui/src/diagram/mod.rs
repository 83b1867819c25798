//! Diagrams of workflows: as SVG to look at, as Mermaid to paste into a page, as DOT for other programs.
//!
//! # Invariants
//! - A diagram is made of the compiled chart alone, so that what is drawn is what runs; the same chart gives the same bytes.
//! - Every format is written of one [`Sketch`]: what one shows the others show too, as far as they can.
//!
//! Deliberately absent: guards in full and actions. A diagram shows where things may go; what exactly happens stands in the source.

mod caption;
mod dot;
mod layout;
mod mermaid;
mod sketch;
mod svg;
#[cfg(test)]
mod tests;

use statewright_core::chart::Chart;

use self::sketch::Sketch;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A picture, with light and dark colours
    Svg,
    /// For pages that draw Mermaid
    Mermaid,
    /// For Graphviz
    Dot,
}

pub use self::svg::{Mark, Marks, STYLE};

/// In which words it says by what ways are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// As the workflow writes it, conditions too: for those who write workflows.
    Written,
    /// As people say it, without the conditions: those are the workflow's own, and what stands against somebody is told where they want to do it.
    Plain,
}

/// A picture within a page that brings [`STYLE`] along, with these marks.
///
/// # Errors
/// A sentence: it cannot be laid out.
pub fn embedded(chart: &Chart, words: Words, marks: &Marks) -> Result<String, String> {
    let sketch = Sketch::of(chart, words);
    layout::placed(&sketch).map(|placed| svg::embedded(&sketch, &placed, marks))
}

/// A chart as a text of this format.
///
/// # Errors
/// A sentence: it cannot be laid out.
pub fn draw(chart: &Chart, format: Format) -> Result<String, String> {
    let sketch = Sketch::of(chart, Words::Written);
    match format {
        Format::Svg => layout::placed(&sketch).map(|placed| svg::write(&sketch, &placed)),
        Format::Mermaid => Ok(mermaid::write(&sketch)),
        Format::Dot => Ok(dot::write(&sketch)),
    }
}
