//! The time line as a picture: a bar for each service, an arrow for each wait.

use std::fmt::Write as _;
use std::time::Duration;

use super::scale::Scale;
use super::{Bar, TimeLine, name, sentences, shown, starts};
use crate::explain::{Wait, Window};

const WIDTH: f64 = 960.0;
/// Where the bars begin, right of the names.
const LEFT: f64 = 190.0;
/// Room right of the bars.
const RIGHT: f64 = 30.0;
/// Above the first bar: the title and the axis.
const TOP: f64 = 84.0;
const ROW: f64 = 34.0;
const BAR: f64 = 16.0;
/// More characters than this do not fit.
const LONGEST_TITLE: usize = 90;

const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:13px;fill:#24292f}\
.title{font-size:16px;font-weight:600}\
.name{text-anchor:end}\
.decides{font-weight:700}\
.small{font-size:11px;fill:#57606a}\
.tick{stroke:#d0d7de;stroke-width:1}\
.early{fill:#d4a72c}\
.open{fill:#9bd3a8}\
.settled{stroke:#2da44e;stroke-width:2}\
.wait{fill:none;stroke:#57606a;stroke-width:1.2}\
.weak{stroke:#8c959f;stroke-width:1;stroke-dasharray:2 2}\
.strong{stroke:#cf222e;stroke-width:1.8}";

/// The picture, as a whole SVG document.
pub fn render(line: &TimeLine, title: &str) -> String {
    let said = sentences(line);
    #[allow(clippy::cast_precision_loss)] // Nobody has 2^52 services.
    let (rows, lines) = (line.bars.len() as f64, said.len() as f64);
    let height = TOP + rows * ROW + 44.0 + lines * 18.0 + 12.0;
    let mut picture = Picture {
        scale: Scale::of(line),
        out: String::new(),
    };
    let _ = write!(
        picture.out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{}</title>\n\
         <style>{STYLE}</style>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"6\" markerHeight=\"6\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#57606a\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        escaped(title)
    );
    picture.text(20.0, 30.0, "title", &tail(title));
    picture.axis(TOP + rows * ROW);
    // Arrows lie below the bars, so that a bar is never cut.
    for (row, bar) in line.bars.iter().enumerate() {
        for wait in &bar.waits {
            picture.wait(line, row, *wait);
        }
    }
    for (row, bar) in line.bars.iter().enumerate() {
        picture.bar(row, bar);
    }
    picture.legend(TOP + rows * ROW + 22.0);
    let mut y = TOP + rows * ROW + 52.0;
    for sentence in &said {
        picture.text(20.0, y, "", sentence);
        y += 18.0;
    }
    picture.out += "</svg>\n";
    picture.out
}

struct Picture {
    scale: Scale,
    out: String,
}

impl Picture {
    fn x(&self, moment: Duration) -> f64 {
        if self.scale.is_empty() {
            return LEFT;
        }
        LEFT + self.scale.place(moment) * (WIDTH - LEFT - RIGHT)
    }

    fn axis(&mut self, bottom: f64) {
        if self.scale.is_empty() {
            return;
        }
        for tick in self.scale.ticks() {
            let x = self.x(tick);
            let _ = writeln!(
                self.out,
                "<line class=\"tick\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>",
                TOP - 14.0
            );
            self.text(x - 3.0, TOP - 20.0, "small", &shown(tick));
        }
    }

    fn bar(&mut self, row: usize, bar: &Bar) {
        let middle = middle(row);
        let class = if bar.decides { "name decides" } else { "name" };
        self.text(LEFT - 14.0, middle + 4.5, class, &name(bar));
        let Some(starts_in) = bar.starts else {
            self.text(LEFT + 2.0, middle + 4.0, "small", &starts(bar));
            return;
        };
        let end = WIDTH - RIGHT;
        let from = self.x(starts_in.earliest);
        let (early_end, open_end) = match bar.healthy {
            Some(healthy) => (self.x(healthy.earliest), self.end(healthy)),
            None => (from, self.end(starts_in)),
        };
        self.block("early", from, early_end, middle);
        self.block("open", early_end, open_end, middle);
        if open_end < end {
            let _ = writeln!(
                self.out,
                "<line class=\"settled\" x1=\"{open_end:.1}\" y1=\"{middle:.1}\" x2=\"{end:.1}\" y2=\"{middle:.1}\"/>"
            );
        }
    }

    /// Where a window ends; one without an end goes on to the edge.
    fn end(&self, window: Window) -> f64 {
        window.latest.map_or(WIDTH - RIGHT, |latest| self.x(latest))
    }

    fn block(&mut self, class: &str, from: f64, to: f64, middle: f64) {
        if to > from {
            let _ = writeln!(
                self.out,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\"/>",
                middle - BAR / 2.0,
                to - from
            );
        }
    }

    /// From the latest moment at which the wait can end, on the row of the one that is waited for, to the row of the
    /// one that waits; a wait that ends as soon as the other has started is drawn left of the bars where it costs
    /// nothing.
    fn wait(&mut self, line: &TimeLine, row: usize, wait: Wait) {
        let (bar, other) = (&line.bars[row], &line.bars[wait.on]);
        let ends = match wait.until {
            "healthy" => other.healthy,
            _ => other.starts,
        };
        let (Some(ends), Some(_)) = (ends, bar.starts) else {
            return;
        };
        let mut x = self.x(ends.latest.unwrap_or(ends.earliest));
        let costs_nothing = x <= LEFT;
        if costs_nothing {
            #[allow(clippy::cast_precision_loss)] // A number below 4.
            let aside = (wait.on % 4) as f64;
            x = LEFT - 3.0 - 2.5 * aside;
        }
        let edge = if costs_nothing { 0.0 } else { BAR / 2.0 + 1.0 };
        let (start, end) = if wait.on < row {
            (middle(wait.on) + edge, middle(row) - edge)
        } else {
            (middle(wait.on) - edge, middle(row) + edge)
        };
        let class = match wait.until {
            "healthy" if bar.decides && other.decides => "wait strong",
            "healthy" => "wait",
            _ => "wait weak",
        };
        let path = if costs_nothing {
            format!("M{LEFT:.1} {start:.1}H{x:.1}V{end:.1}H{:.1}", LEFT - 1.0)
        } else {
            format!("M{x:.1} {start:.1}V{end:.1}")
        };
        let _ = writeln!(
            self.out,
            "<path class=\"{class}\" marker-end=\"url(#arrow)\" d=\"{path}\"/>"
        );
    }

    fn legend(&mut self, y: f64) {
        let mut x = LEFT;
        for (class, words) in [
            ("early", "not healthy yet"),
            ("open", "healthy, or started if unchecked, in here"),
        ] {
            let _ = writeln!(
                self.out,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{:.1}\" width=\"18\" height=\"10\" rx=\"2\"/>",
                y - 9.0
            );
            self.text(x + 24.0, y, "small", words);
            x += if class == "early" { 150.0 } else { 290.0 };
        }
        let _ = writeln!(
            self.out,
            "<line class=\"settled\" x1=\"{x}\" y1=\"{:.1}\" x2=\"{}\" y2=\"{:.1}\"/>",
            y - 4.0,
            x + 18.0,
            y - 4.0
        );
        self.text(x + 24.0, y, "small", "by now");
        x += 80.0;
        let _ = writeln!(
            self.out,
            "<path class=\"wait strong\" marker-end=\"url(#arrow)\" d=\"M{x} {:.1}H{}\"/>",
            y - 4.0,
            x + 18.0
        );
        self.text(x + 24.0, y, "small", "waits until then, at the latest");
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let _ = writeln!(
            self.out,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            escaped(text)
        );
    }
}

/// The end of a title that is too long: a path says most there.
fn tail(title: &str) -> String {
    let all: Vec<char> = title.chars().collect();
    match all.len().checked_sub(LONGEST_TITLE) {
        None | Some(0) => title.to_owned(),
        Some(over) => std::iter::once('…')
            .chain(all[over..].iter().copied())
            .collect(),
    }
}

#[allow(clippy::cast_precision_loss)] // Nobody has 2^52 services.
fn middle(row: usize) -> f64 {
    TOP + row as f64 * ROW + ROW / 2.0
}

fn escaped(text: &str) -> String {
    let visible = crate::report::visible::line(text);
    visible
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
