//! Findings for people: the source with carets under it, what, why, what to do, and each fix as a small diff.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use anstyle::{AnsiColor, Style};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use similar::{ChangeTag, DiffOp, TextDiff};

use super::excerpt::{Cut, Excerpt, line_end, line_start};
use super::{Report, diff, visible};
use crate::finding::{Applicability, Fault, Finding, Fix, Severity};
use crate::text::{Edit, SourceId, Sources, Span, apply, in_order};

/// Words are wrapped at this column; source lines are not.
const WIDTH: usize = 100;
/// At most this many lines of a fix are shown.
const TALLEST_FIX: usize = 40;

/// All findings, then all faults, with an empty line after each.
pub fn render(report: &Report, color: bool) -> String {
    let mut out = String::new();
    for finding in report.findings {
        self::finding(&mut out, report.sources, finding, color);
        out.push('\n');
    }
    for fault in report.faults {
        self::fault(&mut out, report.sources, fault, color);
        out.push('\n');
    }
    out
}

/// One finding, with its fixes.
pub fn finding(out: &mut String, sources: &Sources, finding: &Finding, color: bool) {
    let mut labels = vec![(finding.span, finding.why.as_str())];
    labels.extend(
        finding
            .labels
            .iter()
            .map(|label| (label.span, label.message.as_str())),
    );
    draw(
        out,
        &Picture {
            code: format!("{}[{}]", finding.severity.word(), finding.rule),
            severity: match finding.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Note => miette::Severity::Advice,
            },
            message: wrapped(&visible::line(&finding.message)),
            help: finding
                .help
                .as_deref()
                .map(|help| wrapped(&visible::lines(help))),
            excerpt: Some(Excerpt::new(sources, &labels)),
        },
        color,
    );
    for fix in &finding.fixes {
        self::fix(out, sources, finding.span.source, fix, color);
    }
}

/// One fault.
pub fn fault(out: &mut String, sources: &Sources, fault: &Fault, color: bool) {
    let message = match fault.span {
        Some(_) => fault.message.clone(),
        None => format!("{}: {}", fault.path, fault.message),
    };
    draw(
        out,
        &Picture {
            code: "fault".to_owned(),
            severity: miette::Severity::Error,
            message: wrapped(&visible::lines(&message)),
            help: None,
            excerpt: fault.span.map(|span| Excerpt::new(sources, &[(span, "")])),
        },
        color,
    );
}

fn draw(out: &mut String, picture: &Picture, color: bool) {
    let theme = GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles: if color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    let drawn = GraphicalReportHandler::new_themed(theme)
        .with_urls(false)
        .with_wrap_lines(false)
        .with_context_lines(1)
        .without_syntax_highlighting()
        .render_report(out, picture);
    debug_assert!(drawn.is_ok(), "every label lies in its excerpt");
}

/// One finding or fault in the shape that the drawer takes.
#[derive(Debug)]
struct Picture {
    code: String,
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    excerpt: Option<Excerpt>,
}

impl fmt::Display for Picture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Picture {}

impl Diagnostic for Picture {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let excerpt = self.excerpt.as_ref()?;
        Some(excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = &self.excerpt.as_ref()?.labels;
        Some(Box::new(labels.iter().enumerate().map(|(index, mark)| {
            let message = (!mark.message.is_empty()).then(|| mark.message.clone());
            if index == 0 {
                LabeledSpan::new_primary_with_span(message, mark.range.clone())
            } else {
                LabeledSpan::new_with_span(message, mark.range.clone())
            }
        })))
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        behind: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let range = span.offset()..span.offset() + span.len();
        let lines = self
            .window(range.clone(), before, behind)
            .ok_or(MietteError::OutOfBounds)?;
        let (Some(first), Some(shown)) =
            (self.lines.get(lines.start), self.lines.get(lines.clone()))
        else {
            return Err(MietteError::OutOfBounds);
        };
        let end = self
            .lines
            .get(lines.end)
            .map_or(self.text.len(), |line| line.start);
        // The drawer asks for a label without surroundings only to name its place: that is the one in the file.
        let place = self.labels.iter().find(|mark| mark.range == range);
        let (line, column) = match place {
            Some(mark) if before == 0 => (mark.place.line - 1, mark.place.column - 1),
            _ => (first.number - 1, 0),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            first.path.clone(),
            &self.text.as_bytes()[first.start..end],
            (first.start, end - first.start).into(),
            line,
            column,
            shown.len(),
        )))
    }
}

/// One fix: its title, how far it may be trusted, and the lines that it changes.
fn fix(out: &mut String, sources: &Sources, home: SourceId, fix: &Fix, color: bool) {
    let trust = match fix.applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
        Applicability::Display => "only shown",
    };
    let head = painted(AnsiColor::Cyan, &format!("fix ({trust}):"), color);
    let _ = writeln!(out, "  {head} {}", visible::line(&fix.title));
    let mut edits = fix.edits.clone();
    edits.sort();
    for edits in edits.chunk_by(|one, next| one.span.source == next.span.source) {
        let Some(file) = edits.first().map(|edit| edit.span.source) else {
            continue;
        };
        if file != home {
            let _ = writeln!(out, "       {}", visible::line(&sources.get(file).path));
        }
        changed_lines(out, sources, file, edits, color);
    }
}

/// A stretch of whole lines and the edits that fall into it.
struct Region {
    start: usize,
    end: usize,
    edits: Vec<Edit>,
}

fn changed_lines(out: &mut String, sources: &Sources, file: SourceId, edits: &[Edit], color: bool) {
    let source = sources.get(file);
    let text: &str = &source.text;
    let mut regions: Vec<Region> = Vec::new();
    for edit in edits {
        let range = edit.span.range();
        if text.get(range.clone()).is_none() {
            continue;
        }
        let start = line_start(text, line_start(text, range.start).saturating_sub(1));
        let last = (line_end(text, range.end) + 1).min(text.len());
        let end = (line_end(text, last) + 1).min(text.len());
        match regions.last_mut() {
            Some(region) if start <= region.end => {
                region.end = region.end.max(end);
                region.edits.push(edit.clone());
            }
            _ => regions.push(Region {
                start,
                end,
                edits: vec![edit.clone()],
            }),
        }
    }
    let digits = regions.last().map_or(0, |region| {
        source.position(region.end).line.to_string().len()
    });
    let mut lines = Vec::new();
    let mut shift = 0;
    for region in &regions {
        let Some(new) = after(text, region) else {
            continue;
        };
        let old = &text[region.start..region.end];
        shift += region_lines(
            &mut lines,
            source.position(region.start).line,
            shift,
            old,
            &new,
        );
    }
    for (number, tag, line) in lines.iter().take(TALLEST_FIX) {
        let (sign, paint) = match tag {
            ChangeTag::Equal => (' ', None),
            ChangeTag::Delete => ('-', Some(AnsiColor::Red)),
            ChangeTag::Insert => ('+', Some(AnsiColor::Green)),
        };
        let line = format!("{sign} {line}");
        let line = paint.map_or_else(
            || line.clone(),
            |paint| painted(paint, line.trim_end(), color),
        );
        let _ = writeln!(out, "  {number:>digits$} {}", line.trim_end());
    }
    if lines.len() > TALLEST_FIX {
        let _ = writeln!(out, "  … and {} lines more", lines.len() - TALLEST_FIX);
    }
}

/// The region's text after its edits; None where they touch each other, which `fix` would refuse too.
fn after(text: &str, region: &Region) -> Option<String> {
    let moved: Vec<Edit> = region
        .edits
        .iter()
        .map(|edit| {
            let Span { source, .. } = edit.span;
            let range = edit.span.range();
            let span = Span::new(source, range.start - region.start, range.end - region.start);
            Edit::replace(span, edit.text.clone())
        })
        .collect();
    let moved = in_order(&moved).ok()?;
    Some(apply(&text[region.start..region.end], &moved))
}

/// Adds the changed lines with one line around them, and returns by how many lines the text grew.
fn region_lines(
    lines: &mut Vec<(usize, ChangeTag, String)>,
    first: usize,
    shift: isize,
    old: &str,
    new: &str,
) -> isize {
    let (old, new) = (diff::split(old), diff::split(new));
    let diff = TextDiff::configure().diff_slices(&old, &new);
    for op in diff.grouped_ops(1).iter().flatten() {
        let about = first_difference(op, &old, &new);
        for change in diff.iter_changes(op) {
            let number = match (change.old_index(), change.new_index()) {
                (Some(index), _) => first + index,
                (None, index) => (first + index.unwrap_or(0)).saturating_add_signed(shift),
            };
            let line = change.value();
            let end = line_end(line, 0);
            lines.push((
                number,
                change.tag(),
                Cut::new(line, 0..end, about.min(end)).shown(),
            ));
        }
    }
    new.len().cast_signed() - old.len().cast_signed()
}

/// How many bytes the first old and the first new line of a replacement share: a long line is shown from there.
fn first_difference(op: &DiffOp, old: &[&str], new: &[&str]) -> usize {
    let line =
        |lines: &[&str], index: usize| lines.get(index).copied().unwrap_or_default().to_owned();
    let one = line(old, op.old_range().start);
    let other = line(new, op.new_range().start);
    one.char_indices()
        .zip(other.chars())
        .find(|((_, left), right)| left != right)
        .map_or(0, |((index, _), _)| index)
}

fn painted(paint: AnsiColor, text: &str, color: bool) -> String {
    if color {
        let style = Style::new().fg_color(Some(paint.into()));
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

/// The text with line breaks at spaces so that no line is wider than it must be.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let mut width = 0;
        for word in line.split(' ') {
            let word: Cow<'_, str> = word.into();
            let length = word.chars().count();
            if width > 0 && width + 1 + length > WIDTH {
                out.push('\n');
                width = 0;
            } else if width > 0 {
                out.push(' ');
                width += 1;
            }
            out.push_str(&word);
            width += length;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn shown(finding: &Finding, sources: &Sources) -> String {
        let mut out = String::new();
        self::finding(&mut out, sources, finding, false);
        out
    }

    #[test]
    fn a_finding_with_all_its_parts() {
        let mut sources = Sources::default();
        let compose = sources.add(
            "compose.yaml",
            "services:\n  web:\n    build: .\n    healthcheck:\n      test: curl -f http://localhost/\n",
        );
        let dockerfile = sources.add(
            "Dockerfile",
            "FROM alpine:3.20\nRUN apk add nodejs\nCMD node\n",
        );
        let at = |id: SourceId, word: &str| {
            let start = sources.get(id).text.find(word).unwrap();
            Span::new(id, start, start + word.len())
        };
        let install = Edit::insert_after(at(dockerfile, "nodejs"), " curl");
        let finding = Finding::new(
            "missing-tool",
            Severity::Error,
            at(compose, "curl"),
            "`curl` is not in the image",
            "exits 127, so the container never becomes healthy",
        )
        .label(at(dockerfile, "alpine:3.20"), "this image has no curl")
        .help("install curl, or use the wget that alpine has")
        .fix(Fix::safe("install curl in the final stage", vec![install]))
        .fix(Fix::display("use wget", vec![]));
        assert_eq!(
            shown(&finding, &sources),
            "\
error[missing-tool]

  × `curl` is not in the image
   ╭─[compose.yaml:5:13]
 4 │     healthcheck:
 5 │       test: curl -f http://localhost/
   ·             ──┬─
   ·               ╰── exits 127, so the container never becomes healthy
   ╰────
   ╭─[Dockerfile:1:6]
 1 │ FROM alpine:3.20
   ·      ─────┬─────
   ·           ╰── this image has no curl
 2 │ RUN apk add nodejs
   ╰────
  help: install curl, or use the wget that alpine has
  fix (safe): install curl in the final stage
       Dockerfile
  1   FROM alpine:3.20
  2 - RUN apk add nodejs
  2 + RUN apk add nodejs curl
  3   CMD node
  fix (only shown): use wget
"
        );
    }

    #[test]
    fn carets_stand_under_their_word_whatever_comes_before_it() {
        for (line, column) in [
            ("\tword", 4),
            ("🩺 word", 3),
            ("\u{feff}word", 0),
            ("żółć word", 5),
            ("漢字 word", 5),
            ("\u{1b}[31m word", 6),
        ] {
            let mut sources = Sources::default();
            let text = format!("{line}\r\n");
            let start = text.find("word").unwrap();
            let id = sources.add("f", text);
            let finding = Finding::new(
                "r",
                Severity::Note,
                Span::new(id, start, start + 4),
                "m",
                "",
            );
            let out = shown(&finding, &sources);
            let caret = out.lines().find(|line| line.contains('·')).unwrap();
            let place = caret
                .chars()
                .position(|character| character == '─')
                .unwrap();
            assert_eq!(place - "   · ".chars().count(), column, "{line:?}\n{out}");
            assert!(!out.contains(['\u{1b}', '\r', '\u{feff}']));
        }
    }

    #[test]
    fn nothing_of_the_file_steers_the_terminal() {
        let hostile = "\u{1b}]0;x\u{7}\u{202e}\0\r\u{9b}31m\u{200b}";
        let mut sources = Sources::default();
        let id = sources.add(hostile, format!("a: {hostile}b\n"));
        let span = Span::new(id, 3, 3 + hostile.len());
        let finding = Finding::new("r", Severity::Error, span, hostile, hostile)
            .label(Span::new(id, 0, 1), hostile)
            .help(hostile)
            .fix(Fix::risky(
                hostile,
                vec![Edit::replace(span, hostile.repeat(2))],
            ));
        let fault = Fault {
            span: None,
            path: hostile.to_owned(),
            message: hostile.to_owned(),
        };
        let report = Report {
            sources: &sources,
            findings: &[finding],
            faults: &[fault],
            rules: &[],
            files: 1,
            probes: 1,
        };
        let out = render(&report, false);
        assert!(
            out.chars()
                .all(|character| visible::stand_in(character, true).is_none()),
            "{out:?}"
        );
    }

    #[test]
    fn any_span_of_any_small_text_can_be_drawn() {
        for text in [
            "",
            "a",
            "a\n",
            "\n\n",
            "a\r\nb\r\n",
            "\u{feff}é\n\nx\ny",
            "\t\n🩺",
        ] {
            for start in 0..=text.len() {
                for end in start..=text.len() {
                    let mut sources = Sources::default();
                    let id = sources.add("f", text);
                    let span = Span::new(id, start, end);
                    let finding = Finding::new("r", Severity::Error, span, "m", "w")
                        .label(Span::new(id, 0, text.len()), "all")
                        .fix(Fix::safe("t", vec![Edit::replace(span, "x\n")]));
                    assert!(shown(&finding, &sources).contains("× m"));
                }
            }
        }
    }

    #[test]
    fn five_thousand_findings_in_a_long_file_are_quick() {
        let mut sources = Sources::default();
        let id = sources.add("f", "some line of text\n".repeat(100_000));
        let findings: Vec<Finding> = (0..5_000)
            .map(|index| {
                let start = index * 18 * 20 + 5;
                let span = Span::new(id, start, start + 4);
                Finding::new("r", Severity::Error, span, "m", "w")
                    .fix(Fix::safe("t", vec![Edit::replace(span, "word")]))
            })
            .collect();
        let started = Instant::now();
        let report = Report {
            sources: &sources,
            findings: &findings,
            faults: &[],
            rules: &[],
            files: 1,
            probes: 1,
        };
        assert_eq!(render(&report, false).matches("× m").count(), 5_000);
        // It takes a fraction of this even unoptimized; searching the file anew for each would take minutes.
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
