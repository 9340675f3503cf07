//! A project's time line as text for a terminal, at most 80 columns wide, as a picture, and as JSON for programs.

mod json;
mod scale;
mod svg;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{visible, wrap};
use crate::explain::{Bar, TimeLine, Window, shown};
use scale::Scale;

pub use json::render as render_json;
pub use svg::render as render_svg;

/// No line is wider than this.
const WIDTH: usize = 80;
/// Longer names are cut.
const LONGEST_NAME: usize = 20;

/// The table, the bars and what they come to.
pub fn render(line: &TimeLine, color: bool) -> String {
    let name = line
        .bars
        .iter()
        .map(|bar| wrap::columns(&name(bar)))
        .max()
        .unwrap_or(0)
        .max("service".len());
    let mut page = Page {
        line,
        color,
        name,
        out: String::new(),
    };
    page.table();
    page.bars();
    page.sentences();
    page.out
}

struct Page<'a> {
    line: &'a TimeLine,
    color: bool,
    /// How wide the column of the names is.
    name: usize,
    out: String,
}

impl Page<'_> {
    fn table(&mut self) {
        let bars = &self.line.bars;
        let wide = |cell: &dyn Fn(&Bar) -> String, head: &str| {
            let cells = bars.iter().map(|bar| wrap::columns(&cell(bar)));
            cells.max().unwrap_or(0).max(head.len())
        };
        let starts = wide(&|bar| starts(bar), "starts");
        let healthy = wide(&|bar| healthy(bar), "healthy");
        let before = 2 + self.name + 2 + starts + 2 + healthy + 2;
        // Waits are told beside the moments where there is room, else below them.
        let (column, beside) = if before + 20 <= WIDTH {
            (before, true)
        } else {
            (4, false)
        };
        let dim = self.paint(Style::new().dimmed());
        let _ = writeln!(
            self.out,
            "  {dim}{}  {}  {}{dim:#}",
            wrap::padded("service", self.name),
            wrap::padded("starts", starts),
            if beside {
                wrap::padded("healthy", healthy) + "  waits for"
            } else {
                "healthy".to_owned()
            },
        );
        for bar in bars {
            let waits: Vec<String> = bar
                .waits
                .iter()
                .map(|wait| format!("{} {}", name(&bars[wait.on]), wait.until))
                .collect();
            let room = WIDTH - column;
            let mut waits = wrap::wrapped(&waits.join(", "), room, room)
                .into_iter()
                .peekable();
            let bold = self.paint(if bar.decides {
                Style::new().bold()
            } else {
                Style::new()
            });
            let line = format!(
                "  {bold}{}{bold:#}  {}  {}  {}",
                wrap::padded(&name(bar), self.name),
                wrap::padded(&self::starts(bar), starts),
                wrap::padded(&self::healthy(bar), healthy),
                waits.next_if(|_| beside).unwrap_or_default(),
            );
            let _ = writeln!(self.out, "{}", line.trim_end());
            for line in waits {
                let _ = writeln!(self.out, "{}{line}", " ".repeat(column));
            }
        }
    }

    fn bars(&mut self) {
        let scale = Scale::of(self.line);
        if scale.is_empty() {
            return;
        }
        let room = WIDTH - 2 - self.name - 2;
        let blanks = " ".repeat(self.name + 4);
        let _ = writeln!(self.out, "\n{blanks}{}", scale.axis(room));
        let early = self.paint(fore(AnsiColor::Yellow));
        let later = self.paint(fore(AnsiColor::Green));
        for bar in &self.line.bars {
            let mut cells = String::new();
            let mut before = None;
            for column in 0..room {
                let cell = cell(bar, scale.middle_of(column, room));
                let style = match cell {
                    '▓' => Some(early),
                    '░' | '─' => Some(later),
                    _ => None,
                };
                if before != style {
                    let end = before.map_or_else(String::new, |style| format!("{style:#}"));
                    let start = style.map_or_else(String::new, |style| format!("{style}"));
                    cells += &end;
                    cells += &start;
                    before = style;
                }
                cells.push(cell);
            }
            if let Some(style) = before {
                let _ = write!(cells, "{style:#}");
            }
            let line = format!("  {}  {cells}", wrap::padded(&name(bar), self.name));
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
        let _ = writeln!(
            self.out,
            "\n  ▓ not healthy yet   ░ healthy, or started if unchecked, in here   ─ by now"
        );
    }

    fn sentences(&mut self) {
        self.out.push('\n');
        for sentence in sentences(self.line) {
            for line in wrap::wrapped(&sentence, WIDTH - 2, WIDTH - 4) {
                let _ = writeln!(self.out, "  {line}");
            }
        }
    }

    fn paint(&self, style: Style) -> Style {
        if self.color { style } else { Style::new() }
    }
}

fn fore(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(color.into()))
}

/// What a service does at this second.
fn cell(bar: &Bar, at: f64) -> char {
    let Some(starts) = bar.starts else { return ' ' };
    let after = |moment: std::time::Duration| at >= moment.as_secs_f64();
    if !after(starts.earliest) {
        return ' ';
    }
    let latest = match bar.healthy {
        Some(healthy) if !after(healthy.earliest) => return '▓',
        Some(healthy) => healthy.latest,
        None => starts.latest,
    };
    match latest {
        Some(latest) if after(latest) => '─',
        _ => '░',
    }
}

/// What the time line comes to, in sentences; the names are in backticks.
fn sentences(line: &TimeLine) -> Vec<String> {
    let bars = &line.bars;
    let name = |at: usize| name(&bars[at]);
    let mut said = Vec::new();
    match line.last.and_then(|at| Some((at, bars[at].starts?))) {
        Some((at, starts)) => said.push(format!(
            "`{}` is the last to start: {} after the first.",
            name(at),
            window(starts)
        )),
        None if bars.iter().all(|bar| bar.waits.is_empty()) => {
            said.push("No service waits for another, so all start at once.".to_owned());
        }
        None => {}
    }
    if let Some((at, longest)) = line.bottleneck {
        said.push(format!(
            "The longest wait on the way is for `{}`: up to {} until it is healthy or given up.",
            name(at),
            shown(longest)
        ));
    }
    let list = |which: &dyn Fn(&Bar) -> bool| -> Vec<String> {
        let found = bars.iter().filter(|bar| which(bar));
        found.map(|bar| format!("`{}`", self::name(bar))).collect()
    };
    let never = list(&|bar| bar.starts.is_none());
    if !never.is_empty() {
        said.push(format!(
            "Never started: {}. It waits for itself in a ring, or for a health that nobody checks.",
            never.join(", ")
        ));
    }
    let open = list(&|bar| bar.starts.is_some_and(|starts| starts.latest.is_none()));
    if !open.is_empty() {
        said.push(format!(
            "Without a latest moment: {}. Nobody knows how long a job runs, or how an unknown image is checked.",
            open.join(", ")
        ));
    }
    said
}

fn name(bar: &Bar) -> String {
    let name = visible::line(&bar.name);
    match wrap::wrapped(&name, LONGEST_NAME, LONGEST_NAME).first() {
        Some(first) if wrap::columns(&name) > LONGEST_NAME => format!("{first}…"),
        _ => name.into_owned(),
    }
}

fn starts(bar: &Bar) -> String {
    bar.starts.map_or_else(|| "never".to_owned(), window)
}

fn healthy(bar: &Bar) -> String {
    match (bar.starts, bar.healthy) {
        (_, Some(healthy)) => window(healthy),
        (Some(_), None) => "unchecked".to_owned(),
        (None, None) => String::new(),
    }
}

fn window(window: Window) -> String {
    match window.latest {
        Some(latest) if latest == window.earliest => shown(latest),
        Some(latest) => format!("{} to {}", shown(window.earliest), shown(latest)),
        None => format!("{} or later", shown(window.earliest)),
    }
}
