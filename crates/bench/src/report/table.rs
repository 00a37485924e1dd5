use crate::figure::Table;
use crate::measure::{Comparison, MeasuredRow, Measurement};
use crate::report::Report;
use crate::report::numbers::{goal, scaled};

/// The figures as one table: medians with the range of the rounds, and the ratios of the medians.
pub fn summary(report: &Report) -> Table {
    let head = [
        "figure", "", "unit", "ours", "limit", "ratio", "goal", "", "peer", "ratio", "goal", "",
    ];
    let rows = report.figures.iter().flat_map(|figure| {
        let rows = figure.rows.iter();
        rows.map(|row| summary_row(figure.name, row))
    });
    Table {
        title: format!(
            "{}; medians of {}, rounds of {} s",
            report.processor, report.rounds, report.round_seconds
        ),
        head: head.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

fn summary_row(name: &str, row: &MeasuredRow) -> Vec<String> {
    // Without any measurement there is no unit to choose either.
    let typical = row.ours().and_then(|ours| ours.median).unwrap_or(0.0);
    let ours = row.ours().map(|ours| values(row, typical, ours));
    let ([], unit) = scaled(row.unit, typical, []);
    let mut cells = vec![
        name.to_owned(),
        row.what.clone(),
        unit.to_owned(),
        ours.unwrap_or_default(),
    ];
    for comparison in [&row.against_limit, &row.against_peer] {
        cells.extend(comparison_cells(row, typical, comparison.as_ref()));
    }
    cells
}

/// The other, the ratio, the goal, and whether it is reached.
fn comparison_cells(
    row: &MeasuredRow,
    typical: f64,
    comparison: Option<&Comparison>,
) -> [String; 4] {
    let Some(comparison) = comparison else {
        return Default::default();
    };
    let values = values(row, typical, &comparison.other);
    let reached = comparison.reached.map(|reached| match reached {
        true => "yes",
        false => "NO",
    });
    [
        format!("{} {values}", comparison.name),
        comparison
            .ratio
            .map(|ratio| format!("{ratio:.2}"))
            .unwrap_or_default(),
        comparison.goal.map(goal).unwrap_or_default(),
        reached.unwrap_or_default().to_owned(),
    ]
}

/// `12.5 (12.3..12.9)`
fn values(row: &MeasuredRow, typical: f64, measurement: &Measurement) -> String {
    let (Some(median), Some(min), Some(max)) =
        (measurement.median, measurement.min, measurement.max)
    else {
        return "absent".to_owned();
    };
    let ([median, min, max], _) = scaled(row.unit, typical, [median, min, max]);
    if min == max {
        median
    } else {
        format!("{median} ({min}..{max})")
    }
}

/// A table as Markdown, with columns that line up.
pub fn markdown(table: &Table) -> String {
    let lines = || [&table.head].into_iter().chain(&table.rows);
    let width_of = |column: usize| {
        let cells = lines().filter_map(|line| line.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
            .max(3)
    };
    let widths: Vec<usize> = (0..table.head.len()).map(width_of).collect();
    let markdown_line = |cells: &[String]| {
        let cells = std::iter::zip(cells, &widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = format!("{}\n\n{}", table.title, markdown_line(&table.head));
    text += &markdown_line(&rule);
    for row in &table.rows {
        text += &markdown_line(row);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn a_row_has_ours_the_limit_and_the_peer_with_ratios_and_goals() {
        let table = summary(&report());
        let cells: Vec<Vec<&str>> = table
            .rows
            .iter()
            .map(|row| row.iter().map(String::as_str).collect())
            .collect();
        assert_eq!(
            cells,
            [
                [
                    "x-speed",
                    "speed",
                    "k/s",
                    "90.0 (80.0..100)",
                    "echo 100 (100..110)",
                    "0.90",
                    "≥ 0.93",
                    "NO",
                    "fast 60.0",
                    "1.50",
                    "≥ 1.00",
                    "yes"
                ],
                [
                    "x-speed",
                    "cost",
                    "µs",
                    "2.00",
                    "echo 1.50",
                    "1.33",
                    "≤ 1.50",
                    "yes",
                    "slow absent",
                    "",
                    "",
                    ""
                ],
            ]
        );
    }

    #[test]
    fn columns_line_up() {
        let table = Table {
            title: "Title".to_owned(),
            head: vec!["a".to_owned(), "µs".to_owned()],
            rows: vec![vec!["four".to_owned(), "1".to_owned()]],
        };
        let wanted = "Title\n\n| a    | µs  |\n| ---- | --- |\n| four | 1   |\n";
        assert_eq!(markdown(&table), wanted);
    }
}
