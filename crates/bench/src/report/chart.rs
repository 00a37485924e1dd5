use crate::figure::Goal;
use crate::measure::{Comparison, MeasuredRow};
use crate::report::Report;
use crate::report::numbers::goal;

const ROW_HEIGHT: usize = 22;
const BAR_HEIGHT: usize = 14;
/// Where bars begin; names stand before it.
const BARS_AT: usize = 520;
const BARS_WIDTH: f64 = 420.0;
const WIDTH: usize = 1120;
/// Ratios beyond this are cut off; their number is still there.
const MOST_RATIO: f64 = 3.0;

/// Without variables, which many a viewer of SVG does not know: it would paint all of it black.
const STYLE: &str = "\
    text { font: 12px sans-serif; fill: #1f2328 } .head { font-weight: bold }
    .paper { fill: #ffffff } .good { fill: #2f6fb5 } .bad { fill: #c2571a }
    .one { stroke: #d0d7de } .goal { stroke: #1f2328; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .paper { fill: #0d1117 } .good { fill: #5a9ce0 } .bad { fill: #e8813f }
      .one { stroke: #3d444d } .goal { stroke: #e6edf3 }
    }";

/// The ratios as a bar chart in SVG, legible on light and on dark paper.
///
/// A bar is ours divided by the other, an upright line in it the goal. Bars whose goal is missed
/// have another colour.
pub fn chart(report: &Report) -> String {
    let mut bars = Bars::default();
    bars.head("Ours / limit");
    bars.all(report, |row| row.against_limit.as_ref());
    bars.head("Ours / best peer");
    bars.all(report, |row| row.against_peer.as_ref());
    bars.finish()
}

#[derive(Default)]
struct Bars {
    svg: String,
    rows: usize,
}

impl Bars {
    fn head(&mut self, text: &str) {
        let y = self.next_row();
        let middle = y + BAR_HEIGHT - 2;
        self.add(format!(
            "<text class=\"head\" x=\"10\" y=\"{middle}\">{text}</text>"
        ));
    }

    fn all(&mut self, report: &Report, compare: fn(&MeasuredRow) -> Option<&Comparison>) {
        for figure in &report.figures {
            for row in &figure.rows {
                if let Some(comparison) = compare(row) {
                    let name = format!("{}: {} / {}", figure.name, row.what, comparison.name);
                    self.bar(&name, comparison);
                }
            }
        }
    }

    fn bar(&mut self, name: &str, comparison: &Comparison) {
        let Some(ratio) = comparison.ratio else {
            return;
        };
        let y = self.next_row();
        let baseline = y + BAR_HEIGHT - 3;
        let class = if comparison.reached == Some(false) {
            "bad"
        } else {
            "good"
        };
        let name = escape(name);
        let end = BARS_AT - 10;
        self.add(format!(
            "<text x=\"{end}\" y=\"{baseline}\" text-anchor=\"end\">{name}</text>"
        ));
        let width = x(ratio) - BARS_AT as f64;
        self.add(format!(
            "<rect class=\"{class}\" x=\"{BARS_AT}\" y=\"{y}\" width=\"{width:.1}\" \
             height=\"{BAR_HEIGHT}\"/>"
        ));
        self.upright("one", 1.0, y);
        let mut label = format!("{ratio:.2}");
        let mut beyond = ratio;
        if let Some(wanted) = comparison.goal {
            let (Goal::AtLeast(bound) | Goal::AtMost(bound)) = wanted;
            self.upright("goal", bound, y);
            label += &format!(" (goal {})", goal(wanted));
            beyond = beyond.max(bound);
        }
        let x = x(beyond.max(1.0)) + 8.0;
        self.add(format!(
            "<text x=\"{x:.1}\" y=\"{baseline}\">{label}</text>"
        ));
    }

    fn upright(&mut self, class: &str, ratio: f64, y: usize) {
        let (x, top, bottom) = (x(ratio), y - 2, y + BAR_HEIGHT + 2);
        self.add(format!(
            "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{bottom}\"/>"
        ));
    }

    fn next_row(&mut self) -> usize {
        self.rows += 1;
        self.rows * ROW_HEIGHT - ROW_HEIGHT / 2
    }

    fn add(&mut self, element: String) {
        self.svg += "  ";
        self.svg += &element;
        self.svg += "\n";
    }

    fn finish(self) -> String {
        let height = (self.rows + 1) * ROW_HEIGHT;
        let bars = self.svg;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\">\n  <title>Ratios of our programs to their \
             limits and peers</title>\n  <style>\n{STYLE}\n  </style>\n  <rect class=\"paper\" \
             width=\"{WIDTH}\" height=\"{height}\"/>\n{bars}</svg>\n"
        )
    }
}

/// Where a ratio is.
fn x(ratio: f64) -> f64 {
    BARS_AT as f64 + ratio.clamp(0.0, MOST_RATIO) / MOST_RATIO * BARS_WIDTH
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn every_ratio_is_a_bar_with_its_goal() {
        let svg = chart(&report());
        assert_eq!(svg.matches("<rect class=\"good\"").count(), 2);
        assert_eq!(svg.matches("<rect class=\"bad\"").count(), 1);
        assert_eq!(svg.matches("class=\"goal\"").count(), 3);
        assert!(svg.contains(">0.90 (goal ≥ 0.93)</text>"), "{svg}");
        assert!(svg.contains(">x-speed: speed / fast</text>"), "{svg}");
        // 0.9 of 3.0 of the whole width.
        assert!(svg.contains("width=\"126.0\""), "{svg}");
    }
}
