//! Rows in a box, as wrangler prints them: a line below every row, cells as wide as the widest.

use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, TableStyle};

/// The corners and lines of wrangler's tables.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┌', '─', '┬', '┐'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('├', '─', '┼', '┤'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .row_separator(LineStyle::new('├', '─', '┼', '┤'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

/// A table under construction.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Appends a row. A row that is too short has empty cells at its end.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut row: Vec<String> = cells.into_iter().map(Into::into).collect();
        row.resize(self.head.len(), String::new());
        self.rows.push(row);
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, without a line end.
    pub fn render(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.head.iter().map(|name| printable(name)));
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| printable(cell)));
        }
        table.to_string()
    }
}

/// Text without what would drive the terminal or tear the box.
fn printable(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\t', "    ").replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_look_as_wranglers() {
        let mut table = Table::new(["a", "b"]);
        table.row(["1", "x"]);
        table.row(["null", "[1, 2]"]);
        table.row(["1.5", "multi\nline"]);
        let expected = "\
┌──────┬────────┐
│ a    │ b      │
├──────┼────────┤
│ 1    │ x      │
├──────┼────────┤
│ null │ [1, 2] │
├──────┼────────┤
│ 1.5  │ multi  │
│      │ line   │
└──────┴────────┘";
        assert_eq!(table.render(), expected);
    }

    #[test]
    fn cells_cannot_drive_the_terminal() {
        let mut table = Table::new(["a"]);
        table.row(["\u{1b}[31mred"]);
        assert!(!table.render().contains('\u{1b}'));
    }
}
