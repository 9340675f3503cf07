//! `ignores-reply`: a client that gets a refusal or an error, prints it, and ends with status 0.

use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Argument, Call, Within};
use crate::model::draft::{Draft, NewTest};
use crate::model::probe::Form;
use crate::model::project::Service;
use crate::outcome::World;
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span};

/// See the page.
pub const RULE: Rule = Rule {
    name: "ignores-reply",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/ignores-reply.md"),
    // An operator that no shell reads is the cause where the reply was meant to be looked at.
    last_resort: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let judge = |watched| judge(context, watched);
    context.watched.iter().filter_map(judge).collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let outcome = watched.outcome.as_ref()?;
    if !outcome.ignores_reply() {
        return None;
    }
    // Without a word that loses the refusal (pg_isready does not log in) there is none to lose.
    let cause = outcome.in_world(World::Denied).lost.as_ref()?;
    let call = watched.calls.iter().find(|call| {
        call.words
            .first()
            .is_some_and(|word| word.span == cause.span)
    })?;
    let service = kind(call.name()?)?;
    if logs_in(watched, call, service) {
        return None;
    }
    let password = watched.service.and_then(|it| password(it, service));
    let program = call.name()?;
    let finding = if let Some(span) = password {
        watched
            .finding(
                &RULE,
                Severity::Warning,
                cause.span,
                format!("`{program}` passes although the server refuses it"),
                cause.why.clone(),
            )
            .label(span, "this sets a password, and the check sends none")
    } else {
        // Where it is known to set no password, only what it loads at its start makes the server refuse.
        let waits = match watched.service {
            Some(own) if !may_have_password(own) => {
                let waits = context.waits_for(own);
                Some(waits.filter(|_| !own.mounts.is_empty())?)
            }
            _ => None,
        };
        let loading = outcome.in_world(World::Error).lost.as_ref();
        let why = loading.filter(|_| waits.is_some()).unwrap_or(cause);
        let finding = watched.finding(
            &RULE,
            Severity::Note,
            cause.span,
            format!("`{program}` passes whatever the server replies"),
            why.why.clone(),
        );
        match waits {
            Some((waiting, span)) => finding.label(
                span,
                format!("`{waiting}` starts after it, even while the server still loads its data"),
            ),
            None => finding,
        }
    };
    let finding = match service {
        Kind::Redis if pings(call) => {
            finding.help("look at the reply: only a working server says `PONG`")
        }
        Kind::Redis => finding.help("ask with `ping` and look at the reply: only a working server says `PONG`"),
        Kind::Mysql => finding.help(
            "send a query as a user who may log in (`mysql -e 'SELECT 1'`), or run the image's `healthcheck.sh --connect`",
        ),
    };
    let fix = read_the_reply(watched, call, service, password.is_some());
    Some(finding.fix(fix))
}

/// The services whose clients end with 0 on a refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Redis,
    Mysql,
}

fn kind(program: &str) -> Option<Kind> {
    match program {
        "redis-cli" | "valkey-cli" | "keydb-cli" => Some(Kind::Redis),
        "mysqladmin" | "mariadb-admin" => Some(Kind::Mysql),
        _ => None,
    }
}

/// Whether the client is given a password, in its words or by its environment.
fn logs_in(watched: &Watched<'_>, call: &Call, service: Kind) -> bool {
    let given = call.words.iter().skip(1).any(|word| {
        // A word that somebody fills in may be anything.
        let Some(text) = word.literal() else {
            return !word.text.as_str().starts_with("-h") && !word.text.as_str().starts_with("-p");
        };
        match service {
            Kind::Redis => matches!(text, "-a" | "--pass" | "--user" | "--askpass" | "-u"),
            Kind::Mysql => {
                text.starts_with("-p")
                    || text.starts_with("--password")
                    || text.starts_with("--defaults")
                    || text.starts_with("--login-path")
            }
        }
    });
    let unknown_password = service == Kind::Mysql
        && call
            .words
            .iter()
            .any(|word| word.text.as_str().starts_with("-p"));
    let names: &[&str] = match service {
        Kind::Redis => &["REDISCLI_AUTH"],
        Kind::Mysql => &["MYSQL_PWD"],
    };
    let by_environment = watched.service.is_some_and(|service| {
        service
            .environment
            .iter()
            .any(|variable| names.contains(&variable.name.as_str()))
    });
    given || unknown_password || by_environment || names.iter().any(|name| sets(watched, name))
}

/// Whether the script itself sets the variable: `MYSQL_PWD="$X" mysqladmin ping`.
fn sets(watched: &Watched<'_>, name: &str) -> bool {
    match watched.test.map(|test| &test.value.form) {
        Some(Form::Shell { script, .. }) => script.as_str().contains(&format!("{name}=")),
        Some(Form::Exec(words)) => words
            .iter()
            .any(|word| word.as_str().contains(&format!("{name}="))),
        _ => false,
    }
}

/// Whether a file that nobody showed may set a password for the server.
fn may_have_password(service: &Service) -> bool {
    let command = service.command.as_ref();
    service.has_env_file
        || command.is_some_and(|it| it.value.contains(".conf") || it.value.contains(".cnf"))
}

/// Where this service's own lines set a password for the server.
fn password(service: &Service, kind: Kind) -> Option<Span> {
    let names: &[&str] = match kind {
        Kind::Redis => &["REDIS_PASSWORD", "VALKEY_PASSWORD", "KEYDB_PASSWORD"],
        Kind::Mysql => &[
            "MYSQL_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD",
            "MYSQL_ROOT_PASSWORD_FILE",
            "MARIADB_ROOT_PASSWORD_FILE",
        ],
    };
    let variable = service
        .environment
        .iter()
        .find(|variable| names.contains(&variable.name.as_str()));
    if let Some(variable) = variable {
        return Some(variable.span);
    }
    let command = service.command.as_ref().filter(|_| kind == Kind::Redis)?;
    command
        .value
        .contains("requirepass")
        .then_some(command.span)
}

/// Whether `ping` is all that is asked.
fn pings(call: &Call) -> bool {
    let last = call.words.last().and_then(Argument::literal);
    last.is_some_and(|word| word.eq_ignore_ascii_case("ping"))
        && !call.words.iter().any(|word| word.literal() == Some("incr"))
}

/// `| grep -q PONG`, where the call is a plain `ping` and the image has a grep.
fn read_the_reply(
    watched: &Watched<'_>,
    call: &Call,
    service: Kind,
    password_is_set: bool,
) -> Option<Fix> {
    const TAIL: &str = " | grep -q PONG";
    let last = call.words.last()?;
    let piped = call
        .within
        .iter()
        .any(|within| !matches!(within, Within::Condition));
    if service != Kind::Redis || !pings(call) || piped || watched.inventory.has("grep").is_no() {
        return None;
    }
    let edit: Edit = match (&last.place, watched.test.map(|test| &test.value.form)) {
        (Some((script, range)), _) => script.replace(range.end..range.end, TAIL)?,
        (None, Some(Form::Exec(words))) => {
            let script = Draft::command_line(words)?.then(TAIL);
            let test = watched.test?;
            test.value.notation.rewrite(&NewTest::Shell(script))?
        }
        _ => return None,
    };
    let title = "pass only when the reply is `PONG`";
    // With a password that the check does not send, no reply would ever be `PONG`.
    Some(if password_is_set {
        Fix::display(title, vec![edit])
    } else {
        Fix::risky(title, vec![edit])
    })
}
