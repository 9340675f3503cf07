//! `unwritable-probe`: a check that writes a file where its container cannot write.

use crate::facts::container::{self, Refusal};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Argument, Call, Command};
use crate::outcome::request::{self, Client, Request};
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span, Traced};

/// See the page.
pub const RULE: Rule = Rule {
    name: "unwritable-probe",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/unwritable-probe.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let files = files(watched);
        findings.extend(
            files
                .iter()
                .filter_map(|file| judge(context, watched, file)),
        );
    }
    findings
}

/// A file that the check writes.
struct File {
    path: String,
    span: Span,
    /// What writes it, as a message names it.
    writer: String,
    /// What throws the answer away instead.
    thrown_away: Option<Edit>,
}

fn files(watched: &Watched<'_>) -> Vec<File> {
    let command = watched.command.as_ref();
    let redirected = command.map(Command::written_files).unwrap_or_default();
    let mut files: Vec<File> = redirected
        .iter()
        .filter_map(|word| written("the shell", word))
        .collect();
    for call in &watched.calls {
        match call.name() {
            Some("curl" | "wget") => files.extend(downloaded(watched, call)),
            Some(name @ ("tee" | "touch")) => files.extend(
                call.words[1..]
                    .iter()
                    .filter(|word| !word.text.as_str().starts_with('-'))
                    .filter_map(|word| written(&format!("`{name}`"), word)),
            ),
            _ => {}
        }
    }
    files
}

fn written(writer: &str, word: &Argument) -> Option<File> {
    let path = word.literal()?.to_owned();
    Some(File {
        path,
        span: word.span,
        writer: writer.to_owned(),
        thrown_away: None,
    })
}

/// The file that a client saves the answer in.
fn downloaded(watched: &Watched<'_>, call: &Call) -> Option<File> {
    let request = request::request(call, &watched.inventory)?;
    if request.options.doubtful || request.urls.is_empty() {
        return None;
    }
    let writer = format!("`{}`", call.name()?);
    if let Some(output) = output(&request) {
        let path = output.known()?.to_owned();
        if path == "-" {
            return None;
        }
        let edit = output.replace(0..output.len(), "/dev/null");
        return Some(File {
            path,
            span: output.span(),
            writer,
            thrown_away: edit,
        });
    }
    if !request.saves {
        return None;
    }
    let thrown_away = match request.client {
        Client::Wget => watched.insert_words(call, 0, &["-q", "-O", "/dev/null"]),
        Client::Curl => None,
    };
    Some(File {
        // It is named after the address, in a folder that nobody knows.
        path: "answer".to_owned(),
        span: call.words[0].span,
        writer,
        thrown_away,
    })
}

fn output(request: &Request) -> Option<Traced> {
    let names: &[&str] = match request.client {
        Client::Curl => &["-o", "--output"],
        Client::Wget => &["-O", "--output-document"],
    };
    request.options.value(names).cloned()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>, file: &File) -> Option<Finding> {
    let refusal = container::refusal(watched.service, &watched.inventory, &file.path)?;
    if matches!(refusal, Refusal::NotRoot { .. }) && is_spoken_of(context, watched, &file.path) {
        return None;
    }
    let why = match &refusal {
        Refusal::ReadOnly(_) => {
            "nothing writable is mounted there: the write fails with `Read-only file system`"
                .to_owned()
        }
        Refusal::NotRoot { user, .. } => format!(
            "the container runs as `{user}`, and the folder is root's: the write fails with `Permission denied`"
        ),
    };
    let mut finding = watched
        .finding(
            &RULE,
            Severity::Warning,
            file.span,
            format!("{} cannot write its file here", file.writer),
            why,
        )
        .help("throw the answer away, or mount a `tmpfs` for the file");
    finding = match refusal {
        Refusal::ReadOnly(span) => {
            finding.label(span, "the container cannot write to its own files")
        }
        Refusal::NotRoot {
            span: Some(span), ..
        } => finding.label(span, "it runs as somebody else than root"),
        Refusal::NotRoot { span: None, .. } => finding,
    };
    // Whoever reads the file afterwards needs it.
    let words = watched.calls.iter().flat_map(|call| &call.words);
    let uses = words
        .filter(|word| word.text.as_str().contains(&file.path))
        .count();
    let fix = file.thrown_away.clone().filter(|_| uses <= 1);
    Some(finding.fix(fix.map(|edit| Fix::safe("throw the answer away", vec![edit]))))
}

/// Whether the Dockerfile names the file: it may be made for this user.
fn is_spoken_of(context: &Context<'_>, watched: &Watched<'_>, path: &str) -> bool {
    watched.build.is_some_and(|(build, _)| {
        let text = &context.sources.get(build.source).text;
        let own = watched.probe.span.source == build.source;
        text.matches(path).count() > usize::from(own)
    })
}
