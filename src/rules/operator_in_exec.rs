//! `operator-in-exec`: shell operators where no shell reads them.

use crate::facts::Shell;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command;
use crate::model::draft::{Draft, NewTest, is_operator};
use crate::model::probe::Form;
use crate::rule::{Context, Rule};
use crate::text::Traced;

/// See the page.
pub const RULE: Rule = Rule {
    name: "operator-in-exec",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/operator-in-exec.md"),
    last_resort: false,
    check,
};

/// Programs that take such words as arguments of their own.
const OWN_MEANING: &[&str] = &[
    "[", "test", "expr", "find", "awk", "gawk", "mawk", "sed", "grep", "egrep", "fgrep", "tr",
    "cut", "echo", "printf", "jq", "yq", "sh", "bash", "ash", "dash", "zsh", "ksh", "busybox",
];

/// Those among them to which `&&` and `||` with a command behind mean nothing all the same.
const ONE_COMMAND: &[&str] = &["[", "test", "echo", "find"];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(test) = watched.test else { continue };
        let Form::Exec(words) = &test.value.form else {
            continue;
        };
        let Some((program, arguments)) = words.split_first() else {
            continue;
        };
        let name = command::base(program.as_str());
        let own = OWN_MEANING.contains(&name);
        let joins =
            |word: &Traced| word.as_str().starts_with("&&") || word.as_str().starts_with("||");
        let (_, but_last) = arguments.split_last().unwrap_or((program, &[]));
        let operator = if !own {
            arguments.iter().find(|word| is_shell_only(word))
        } else if ONE_COMMAND.contains(&name) {
            but_last
                .iter()
                .find(|word| is_shell_only(word) && joins(word))
        } else {
            None
        };
        let Some(operator) = operator else { continue };
        let why = format!(
            "`CMD` runs no shell: `{}` gets this as an argument, with all that follows",
            program.shown()
        );
        let mut finding = watched.finding(
            &RULE,
            Severity::Error,
            operator.span(),
            format!("`{}` does nothing without a shell", operator.shown()),
            why,
        );
        let has_shell = !matches!(watched.inventory.shell(), Shell::None);
        finding = if has_shell {
            finding.help("give the whole command to a shell: one string after `CMD-SHELL`")
        } else {
            finding.help("this image has no shell: run one command without operators")
        };
        let edit = Draft::command_line(words)
            .filter(|_| has_shell)
            .and_then(|line| test.value.notation.rewrite(&NewTest::Shell(line)));
        let known_shell = !matches!(watched.inventory.shell(), Shell::None | Shell::Unknown);
        findings.push(finding.fix(edit.map(|edit| {
            let title = "run it with the shell";
            if known_shell {
                Fix::safe(title, vec![edit])
            } else {
                Fix::risky(title, vec![edit])
            }
        })));
    }
    findings
}

/// An operator, and nothing that somebody else fills in.
fn is_shell_only(word: &Traced) -> bool {
    word.known().is_some_and(is_operator)
}
