//! The JSON of an explanation; its shape is a promise (`healthlint/explain/1`) and changes only with its name.

use serde::Serialize;

use crate::explain::{Explanation, Origin, Parsed, Row};
use crate::finding::Finding;
use crate::report::visible;
use crate::text::{Sources, Span};

/// All explanations as one object, pretty-printed, with a final newline.
pub fn render(sources: &Sources, all: &[Explanation]) -> String {
    let document = Document {
        schema: "healthlint/explain/1",
        version: env!("CARGO_PKG_VERSION"),
        checks: all.iter().map(|it| check(sources, it)).collect(),
    };
    // Strings and numbers alone: serializing them has no way to fail.
    let json = serde_json::to_string_pretty(&document).unwrap_or_default();
    visible::json(&json) + "\n"
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: &'static str,
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    service: Option<&'a str>,
    image: &'a str,
    place: Place<'a>,
    nothing: Option<&'a str>,
    parts: Vec<Part<'a>>,
    layers: Vec<Layer<'a>>,
    shell: Option<&'a str>,
    readers: Vec<Reader<'a>>,
    programs: Vec<Program<'a>>,
    timing: Vec<Setting<'a>>,
    times: Times,
    worlds: Vec<World<'a>>,
    unplayed: Option<&'a str>,
    findings: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Part<'a> {
    what: &'a str,
    place: Place<'a>,
    through: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Layer<'a> {
    name: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Reader<'a> {
    reader: &'a str,
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    depth: usize,
    text: &'a str,
    missing: &'a [String],
}

#[derive(Serialize)]
struct Program<'a> {
    depth: usize,
    piped: bool,
    words: &'a [String],
    missing: bool,
}

#[derive(Serialize)]
struct Setting<'a> {
    name: &'a str,
    shown: &'a str,
    value: Option<f64>,
    origin: &'static str,
    place: Option<Place<'a>>,
    through: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Times {
    first_healthy: Option<f64>,
    unhealthy: Option<f64>,
    never_healthy: Option<f64>,
}

#[derive(Serialize)]
struct World<'a> {
    worlds: Vec<&'static str>,
    state: &'a str,
    exit: &'a str,
    docker: &'static str,
    wrong: bool,
    why: Option<&'a str>,
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    rule: &'a str,
    severity: &'static str,
    message: &'a str,
    place: Place<'a>,
}

fn check<'a>(sources: &'a Sources, it: &'a Explanation) -> Check<'a> {
    let at = |span| place(sources, span);
    Check {
        service: it.service.as_deref(),
        image: &it.image,
        place: at(it.place),
        nothing: it.nothing.as_deref(),
        parts: it
            .parts
            .iter()
            .map(|part| Part {
                what: part.what,
                place: at(part.span),
                through: part.through.as_ref().map(|(_, span)| at(*span)),
            })
            .collect(),
        layers: it
            .layers
            .iter()
            .map(|layer| Layer {
                name: layer.name,
                text: &layer.text,
            })
            .collect(),
        shell: it.shell.as_deref(),
        readers: it.parsed.iter().map(reader).collect(),
        programs: it
            .programs
            .iter()
            .map(|program| Program {
                depth: program.depth,
                piped: program.piped,
                words: &program.words,
                missing: program.missing,
            })
            .collect(),
        timing: it
            .moments
            .iter()
            .map(|moment| {
                let (origin, span, through) = match &moment.origin {
                    Origin::File(span, through) => ("file", Some(*span), through.as_ref()),
                    Origin::Dockerfile(span) => ("file", Some(*span), None),
                    Origin::Image => ("image", None, None),
                    Origin::Default => ("default", None, None),
                    Origin::Unseen => ("default or image", None, None),
                };
                Setting {
                    name: moment.name,
                    shown: &moment.shown,
                    value: moment.value,
                    origin,
                    place: span.map(at),
                    through: through.map(|(_, span)| at(*span)),
                }
            })
            .collect(),
        times: Times {
            first_healthy: it.times.first_healthy.map(|time| time.as_secs_f64()),
            unhealthy: it
                .times
                .unhealthy
                .as_ref()
                .map(|streak| streak.lasts.as_secs_f64()),
            never_healthy: it.times.never_healthy.map(|time| time.as_secs_f64()),
        },
        worlds: it.rows.iter().map(|row| world(sources, row)).collect(),
        unplayed: it.unplayed,
        findings: it
            .findings
            .iter()
            .map(|finding| said(sources, finding))
            .collect(),
    }
}

fn reader(parsed: &Parsed) -> Reader<'_> {
    let lines = parsed.lines.iter().map(|line| Line {
        depth: line.depth,
        text: &line.text,
        missing: &line.missing,
    });
    Reader {
        reader: &parsed.reader,
        lines: lines.collect(),
    }
}

fn world<'a>(sources: &'a Sources, row: &'a Row) -> World<'a> {
    World {
        worlds: row.world_names().collect(),
        state: row.state,
        exit: &row.exit,
        docker: row.says.word(),
        wrong: row.wrong,
        why: row.why.as_deref(),
        place: row.at.map(|span| place(sources, span)),
    }
}

fn said<'a>(sources: &'a Sources, finding: &'a Finding) -> Said<'a> {
    Said {
        rule: finding.rule,
        severity: finding.severity.word(),
        message: &finding.message,
        place: place(sources, finding.span),
    }
}

fn place(sources: &Sources, span: Span) -> Place<'_> {
    let source = sources.get(span.source);
    let at = source.position(span.start as usize);
    Place {
        path: &source.path,
        line: at.line,
        column: at.column,
        offset: at.offset,
    }
}
