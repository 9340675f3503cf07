//! Explanations for people, at most 80 columns wide, and as JSON for programs.

mod json;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{visible, wrap};
use crate::explain::{Explanation, Moment, Origin, Row, Says, Streak};
use crate::finding::Severity;
use crate::text::{SourceId, Sources, Span};

pub use json::render as render_json;

/// No line is wider than this.
pub const WIDTH: usize = 80;
/// What stands before every line below a heading.
const INDENT: usize = 4;
/// Where the texts of a section start.
const TEXTS: usize = 20;
/// How much further in a line goes on that is too long for one.
const FURTHER: usize = 4;
/// A blank at which no line ends.
const KEPT: char = '\u{a0}';
/// More lines of one text than this are left out.
const TALLEST: usize = 60;

/// All explanations, with an empty line between them.
pub fn render(sources: &Sources, all: &[Explanation], color: bool) -> String {
    let mut page = Page {
        sources,
        color,
        home: None,
        out: String::new(),
    };
    for (at, explanation) in all.iter().enumerate() {
        if at > 0 {
            page.out.push('\n');
        }
        page.explanation(explanation);
    }
    page.out
}

/// The world table alone, without its heading.
pub fn table(rows: &[Row]) -> String {
    let mut page = Page {
        sources: &Sources::default(),
        color: false,
        home: None,
        out: String::new(),
    };
    page.table(rows, 0);
    page.out
}

struct Page<'a> {
    sources: &'a Sources,
    color: bool,
    /// The file that the title names; its places are told by their lines alone.
    home: Option<SourceId>,
    out: String,
}

impl Page<'_> {
    fn explanation(&mut self, it: &Explanation) {
        self.title(it);
        if let Some(nothing) = &it.nothing {
            self.lines(nothing, 2, 2, Style::new());
        }
        if !it.layers.is_empty() {
            self.head("what is run");
            for layer in &it.layers {
                self.entry(layer.name, &layer.text, Style::new());
            }
            self.parsed(it);
        }
        if !it.parts.is_empty() {
            self.head("where it comes from");
            for part in &it.parts {
                let text = self.written(part.span, part.through.as_ref());
                self.entry(part.what, &text, Style::new());
            }
        }
        if !it.moments.is_empty() {
            self.head("when");
            self.moments(it);
        }
        if !it.rows.is_empty() {
            self.head("what it says");
            self.table(&it.rows, INDENT);
        } else if let Some(unplayed) = it.unplayed {
            self.head("what it says");
            self.lines(unplayed, INDENT, INDENT, Style::new());
        }
        if !it.findings.is_empty() {
            self.head("findings");
            for finding in &it.findings {
                let place = self.place(finding.span);
                let line = format!(
                    "{}[{}] {place}: {}",
                    finding.severity.word(),
                    finding.rule,
                    finding.message
                );
                self.lines(&line, INDENT, INDENT + 2, of_severity(finding.severity));
            }
        }
    }

    fn title(&mut self, it: &Explanation) {
        self.home = None;
        let place = self.place(it.place);
        self.home = Some(it.place.source);
        let name = it.service.as_deref().unwrap_or("HEALTHCHECK");
        let line = if it.image.is_empty() || it.image == name {
            format!("{name}  {place}")
        } else {
            format!("{name}  {place}  {}", it.image)
        };
        self.lines(
            &line,
            0,
            2,
            Style::new().bold().fg_color(Some(AnsiColor::Cyan.into())),
        );
    }

    fn parsed(&mut self, it: &Explanation) {
        for parsed in &it.parsed {
            let mut reader = parsed.reader.as_str();
            for line in &parsed.lines {
                let indent = "  ".repeat(line.depth.min(10));
                let mut text = format!("{indent}{}", line.text);
                let mut style = Style::new();
                if !line.missing.is_empty() {
                    let names: Vec<String> = line
                        .missing
                        .iter()
                        .map(|name| format!("`{name}`"))
                        .collect();
                    let _ = write!(text, "  (not in the image: {})", names.join(", "));
                    style = fore(AnsiColor::Red);
                }
                self.entry(reader, &text, style);
                reader = "";
            }
        }
    }

    fn moments(&mut self, it: &Explanation) {
        for moment in &it.moments {
            let text = format!("{:<10} {}", moment.shown, self.origin(moment));
            self.entry(moment.name, &text, Style::new());
        }
        self.verdicts(it);
    }

    fn verdicts(&mut self, it: &Explanation) {
        let told = crate::explain::shown;
        let unknown = it.moments.iter().filter(|moment| moment.value.is_none());
        let names: Vec<String> = unknown.map(|moment| format!("`{}`", moment.name)).collect();
        let because = match names.as_slice() {
            [] => String::new(),
            [name] => format!("not told, for {name} is not known here"),
            [names @ .., last] => {
                format!(
                    "not told, for {} and {last} are not known here",
                    names.join(", ")
                )
            }
        };
        let yellow = fore(AnsiColor::Yellow);
        match it.times.first_healthy {
            Some(first) => {
                let text = format!("at the earliest {} after the start", told(first));
                self.entry("healthy", &text, fore(AnsiColor::Green));
            }
            None => self.entry("healthy", &because, yellow),
        }
        match &it.times.unhealthy {
            Some(Streak { lasts, sum }) => {
                let lasts = told(*lasts);
                let text = format!("at the latest {lasts} after the service fails: {sum}");
                self.entry("unhealthy", &text, yellow);
            }
            None => self.entry("unhealthy", "not told either", yellow),
        }
        if let Some(never) = it.times.never_healthy {
            let never = told(never);
            let text = format!("at the latest {never} after a start that never succeeds");
            self.entry("", &text, yellow);
        }
    }

    fn origin(&self, moment: &Moment) -> String {
        match &moment.origin {
            Origin::File(span, through) => self.written(*span, through.as_ref()),
            Origin::Dockerfile(span) => format!("inherited from {}", self.place(*span)),
            Origin::Image => "the image's own check".to_owned(),
            Origin::Default => "the engine's default".to_owned(),
            Origin::Unseen => "the engine's default, unless the image sets it".to_owned(),
        }
    }

    fn table(&mut self, rows: &[Row], indent: usize) {
        let widest = |cell: &dyn Fn(&Row) -> usize, least: usize| {
            rows.iter().map(cell).max().unwrap_or(0).max(least)
        };
        let head = "the service …";
        let state = widest(&|row| wrap::columns(row.state), wrap::columns(head));
        let exit = widest(&|row| wrap::columns(&row.exit), 4);
        let says = widest(&|row| row.says.word().len(), "Docker says".len());
        let dim = self.paint(Style::new().dimmed());
        let blanks = " ".repeat(indent);
        let _ = writeln!(
            self.out,
            "{blanks}{dim}{}  {}  Docker says{dim:#}",
            wrap::padded(head, state),
            wrap::padded("exit", exit),
        );
        let before = indent + state + 2 + exit + 2 + says + 2;
        for (at, row) in rows.iter().enumerate() {
            let style = self.paint(of_row(row));
            let why = remark(row, &rows[..at]);
            let room = WIDTH.saturating_sub(before).max(20);
            let mut lines =
                wrap::wrapped(&visible::line(&why), room, room.saturating_sub(2)).into_iter();
            let line = format!(
                "{blanks}{}  {}  {style}{}{style:#}  {}",
                wrap::padded(row.state, state),
                wrap::padded(&row.exit, exit),
                wrap::padded(row.says.word(), says),
                lines.next().unwrap_or_default(),
            );
            let _ = writeln!(self.out, "{}", line.trim_end());
            for line in lines {
                let _ = writeln!(self.out, "{}{line}", " ".repeat(before + 2));
            }
        }
    }

    fn head(&mut self, text: &str) {
        let bold = self.paint(Style::new().bold());
        let _ = writeln!(self.out, "\n  {bold}{text}{bold:#}");
    }

    /// A name and its text, which may have several lines.
    fn entry(&mut self, name: &str, text: &str, style: Style) {
        let dim = self.paint(Style::new().dimmed());
        let style = self.paint(style);
        let mut lines: Vec<String> = Vec::new();
        for line in text.trim_end().split('\n') {
            let line = visible::line(line.trim_end());
            let blanks = (line.len() - line.trim_start_matches(' ').len()).min(20);
            let rest = " ".repeat(blanks + FURTHER);
            let room = WIDTH - TEXTS;
            lines.extend(
                wrap::wrapped(&line, room, room - rest.len())
                    .into_iter()
                    .enumerate()
                    .map(|(at, line)| {
                        if at > 0 {
                            format!("{rest}{line}")
                        } else {
                            line
                        }
                    }),
            );
        }
        let more = lines.len().saturating_sub(TALLEST);
        if more > 1 {
            lines.truncate(TALLEST);
            lines.push(format!("… {more} lines more"));
        }
        let name = visible::line(name);
        let mut name = wrap::padded(&name, TEXTS - INDENT - 1);
        for line in lines {
            let line = format!(
                "{}{dim}{name}{dim:#} {style}{line}{style:#}",
                " ".repeat(INDENT)
            );
            let _ = writeln!(self.out, "{}", line.trim_end().replace(KEPT, " "));
            name = " ".repeat(TEXTS - INDENT - 1);
        }
    }

    /// A text of its own, wrapped.
    fn lines(&mut self, text: &str, first: usize, rest: usize, style: Style) {
        let style = self.paint(style);
        let lines = wrap::wrapped(&visible::line(text), WIDTH - first, WIDTH - rest);
        for (at, line) in lines.iter().enumerate() {
            let indent = " ".repeat(if at == 0 { first } else { rest });
            let line = line.replace(KEPT, " ");
            let _ = writeln!(self.out, "{indent}{style}{line}{style:#}");
        }
    }

    /// A place, and the way on which what is written there comes.
    fn written(&self, span: Span, through: Option<&(String, Span)>) -> String {
        let mut text = self.place(span);
        if let Some((written, span)) = through {
            let place = self.place(*span);
            let _ = write!(text, ", through `{written}` ({place})");
        }
        text
    }

    fn place(&self, span: Span) -> String {
        let source = self.sources.get(span.source);
        let line = source.position(span.start as usize).line;
        if self.home == Some(span.source) {
            format!("line{KEPT}{line}")
        } else {
            format!("{}:{line}", source.path)
        }
    }

    fn paint(&self, style: Style) -> Style {
        if self.color { style } else { Style::new() }
    }
}

/// What is said beside a row; a reason that was given above is not given again.
fn remark(row: &Row, above: &[Row]) -> String {
    let given = above.iter().any(|above| above.why == row.why);
    match (row.wrong, row.why.as_ref().filter(|_| !given)) {
        (true, Some(why)) => format!("wrong: {why}"),
        (true, None) => "wrong".to_owned(),
        (false, Some(why)) => why.clone(),
        (false, None) => String::new(),
    }
}

fn of_row(row: &Row) -> Style {
    match row.says {
        _ if row.wrong => fore(AnsiColor::Red),
        Says::Healthy => fore(AnsiColor::Green),
        Says::Unhealthy => Style::new(),
        Says::Either | Says::Unknown => fore(AnsiColor::Yellow),
    }
}

fn of_severity(severity: Severity) -> Style {
    fore(match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    })
}

fn fore(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(color.into()))
}
