//! Columns for people: aligned by spaces, without rules, so that they can be cut and sorted as well as read.

use std::fmt;

pub struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

/// Rows whose columns nobody knows beforehand, the heads first.
pub struct WideTable(pub Vec<Vec<String>>);

impl<const N: usize> Table<N> {
    pub fn new(heads: [&str; N]) -> Self {
        Table {
            rows: vec![heads.map(str::to_owned)],
        }
    }

    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }
}

/// A number of things: `1 entry`, `2 entries`.
pub fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        align(self.rows.iter().map(<[String; N]>::as_slice), formatter)
    }
}

impl fmt::Display for WideTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        align(self.0.iter().map(Vec::as_slice), formatter)
    }
}

fn align<'r>(rows: impl Iterator<Item = &'r [String]> + Clone, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows.clone() {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        writeln!(formatter, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["KEY", "STATE"]);
        table.row(["Ä-1".into(), "open".into()]);
        table.row(["A-1000".into(), String::new()]);
        assert_eq!(table.to_string(), "KEY     STATE\nÄ-1     open\nA-1000\n");
    }
}
