//! `foreign-binary`: the check runs a program that was copied from another system without its libraries.

use crate::facts::foreign::{Foreign, Libc};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Call, base};
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "foreign-binary",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/foreign-binary.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let mut met: Vec<&str> = Vec::new();
        for call in watched.calls.iter().filter(|call| !call.builtin) {
            let Some(program) = call.program().filter(|program| !met.contains(program)) else {
                continue;
            };
            if let Some(foreign) = watched.inventory.foreign(program)
                && !watched.is_spoiled()
                && watched.is_spoiled_without(program)
            {
                met.push(program);
                findings.push(finding(watched, call, program, foreign));
            }
        }
    }
    findings
}

fn finding(watched: &Watched<'_>, call: &Call, program: &str, foreign: &Foreign) -> Finding {
    let shown = &watched.inventory.shown;
    let name = base(program);
    let why = match foreign.here {
        Libc::None => format!(
            "it is linked with {} and other libraries, and {shown} has none: every check ends with \"not found\", \
             though the file is there",
            foreign.needs
        ),
        here => format!(
            "it is linked with {}, and {shown} has {here}: every check ends with \"not found\", though the file is \
             there",
            foreign.needs
        ),
    };
    let span = call.words.first().map_or(foreign.step, |word| word.span);
    let message = format!("`{name}` comes from {} without its libraries", foreign.from);
    let help = match foreign.here {
        Libc::None => {
            "copy a program that is linked with nothing, or let the service's own program check itself"
        }
        _ => "install the program with the image's own package manager",
    };
    watched
        .finding(&RULE, Severity::Warning, span, message, why)
        .label(foreign.step, "this copies the program alone")
        .help(help)
        .fix(replaced(watched, name, foreign))
}

/// Another instruction that brings a program of this name.
fn replaced(watched: &Watched<'_>, name: &str, foreign: &Foreign) -> Option<Fix> {
    // These applets of BusyBox take the words that people give to the program in a check.
    let applet = matches!(name, "wget" | "nc" | "nslookup" | "pgrep" | "sh");
    let (title, line) = match foreign.here {
        Libc::None if applet => (
            format!("copy BusyBox's `{name}`, which needs no libraries; its options are fewer"),
            format!("COPY --from=busybox:musl /bin/{name} {}", foreign.path),
        ),
        Libc::None => return None,
        _ => (
            format!("install `{name}` in place of the copy"),
            watched.install(name)?,
        ),
    };
    Some(Fix::display(title, vec![Edit::replace(foreign.step, line)]))
}
