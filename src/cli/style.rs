//! How tables and numbers look on a terminal.

use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use policy_topics::evaluate::LabelMetrics;
use policy_topics::theme::{Label, Language};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A table that fits the terminal; `columns` are its headings.
pub fn table<T: ToString>(columns: impl IntoIterator<Item = T>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header(columns);
    if !io::stdout().is_terminal() {
        table.set_width(WIDTH_WITHOUT_TERMINAL);
    }
    table
}

const WIDTH_WITHOUT_TERMINAL: u16 = 110;

/// How many columns of text fit on a line of standard output.
pub fn width() -> usize {
    table([""; 0]).width().unwrap_or(WIDTH_WITHOUT_TERMINAL).into()
}

/// A cell with a number: to the right.
pub fn number(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// Whether standard output takes colours: it is a terminal and nobody asked for none.
pub fn coloured() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// The colour of the label at `place` of its model's list. The last label of most models, `other`, stays plain.
pub fn colour(label: &Label, place: usize) -> Style {
    const COLOURS: [AnsiColor; 6] =
        [AnsiColor::Blue, AnsiColor::Yellow, AnsiColor::Green, AnsiColor::Magenta, AnsiColor::Cyan, AnsiColor::Red];
    if label.id == policy_topics::theme::OTHER {
        return Style::new();
    }
    COLOURS[place % COLOURS.len()].on_default()
}

/// Text cut to `width` columns, with `…` where something was cut, and filled up with spaces.
pub fn fit(text: &str, width: usize) -> String {
    let whole = text.width();
    if whole <= width {
        return format!("{text}{}", " ".repeat(width - whole));
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        let next = used + c.width().unwrap_or(0);
        if next + 1 > width {
            break;
        }
        cut.push(c);
        used = next;
    }
    let filling = width.saturating_sub(used + 1);
    if width > 0 { format!("{cut}…{}", " ".repeat(filling)) } else { cut }
}

/// Precision, recall and F1 of each label.
pub fn metrics_table(title: &str, metrics: &[LabelMetrics], labels: &[Label], language: Language) -> Table {
    let mut table = table([title, "precision", "recall", "F1", "support"]);
    for metric in metrics {
        let name =
            labels.iter().find(|label| label.id == metric.label).map_or(metric.label.as_str(), |label| label.name(language));
        table.add_row([
            Cell::new(name),
            number(format!("{:.3}", metric.precision)),
            number(format!("{:.3}", metric.recall)),
            number(format!("{:.3}", metric.f1)),
            number(metric.support),
        ]);
    }
    table
}

/// Rows by given label (down) and predicted label (across).
pub fn confusion_table(confusion: &[Vec<usize>], labels: &[Label], language: Language) -> Table {
    let names = labels.iter().map(|label| label.name(language).to_owned());
    let mut table = table(std::iter::once("given \\ predicted".to_owned()).chain(names));
    for (label, row) in labels.iter().zip(confusion) {
        table.add_row(std::iter::once(Cell::new(label.name(language))).chain(row.iter().map(number)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn double_width_characters_fill_two_columns() {
        assert_eq!(fit("生态", 6), "生态  ");
        assert_eq!(fit("乡村振兴", 6), "乡村… ");
        assert_eq!(fit("ab乡村", 5), "ab乡…");
        assert_eq!(fit("生态", 0), "");
    }
}
