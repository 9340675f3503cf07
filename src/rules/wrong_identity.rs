//! `wrong-identity`: the check asks as a user, or for a database, that the service never creates.

use crate::facts::said::{Value, says, value};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Call, Within};
use crate::model::draft::Draft;
use crate::model::project::Service;
use crate::outcome::login::{Database, Login, login};
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span, Traced};

/// See the page.
pub const RULE: Rule = Rule {
    name: "wrong-identity",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/wrong-identity.md"),
    // Words that never reach the client, and a client that is not there, are faults with names of their own.
    last_resort: true,
    check,
};

/// Databases that every server has.
const EVERYWHERE: [&str; 3] = ["postgres", "template0", "template1"];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let server = watched.inventory.server.map(|served| served.server);
        let first = server.and_then(|server| server.first_start.as_deref());
        let Some(service) = watched.service.filter(|_| first == Some("postgres")) else {
            continue;
        };
        if let Some(created) = Created::by(service) {
            let call = |call| judge(context, watched, service, &created, call);
            findings.extend(watched.calls.iter().find_map(call));
        }
    }
    findings
}

/// What the image creates on its first start.
struct Created<'a> {
    /// `POSTGRES_USER`, where it is set.
    user: Option<&'a Traced>,
    /// `POSTGRES_DB`, where it is set.
    database: Option<&'a Traced>,
    /// Scripts of the user's may create more.
    more: bool,
}

impl<'a> Created<'a> {
    /// None where the host, a file or another start has a say in it.
    fn by(service: &'a Service) -> Option<Self> {
        let set = |name| match value(Some(service), name) {
            Value::Set(text) => Some(Some(text)),
            Value::Unset => Some(None),
            Value::Unknown => None,
        };
        let hidden = [
            "POSTGRES_USER_FILE",
            "POSTGRES_DB_FILE",
            "PGUSER",
            "PGDATABASE",
        ];
        if service.entrypoint.is_some()
            || service.command.is_some() && says(Some(service), "command:postgres") != Some(true)
            || hidden
                .iter()
                .any(|name| says(Some(service), name) != Some(false))
        {
            return None;
        }
        Some(Self {
            user: set("POSTGRES_USER")?,
            database: set("POSTGRES_DB")?,
            more: service.mounts.iter().any(|mount| {
                mount
                    .value
                    .as_str()
                    .starts_with("/docker-entrypoint-initdb.d")
            }),
        })
    }

    /// The name of the user, where it is known.
    fn user(&self) -> Option<&'a str> {
        self.user.map_or(Some("postgres"), Traced::known)
    }

    /// The name of the database, where it is known; it is called like the user unless somebody says otherwise.
    fn database(&self) -> Option<&'a str> {
        match self.database {
            Some(text) => text.known(),
            None => self.user(),
        }
    }
}

/// What the check has wrong.
struct Wrong {
    span: Span,
    message: String,
    why: String,
    /// The word to be replaced; None where it is missing.
    old: Option<Traced>,
    /// Whether it is the user, or else the database.
    is_user: bool,
    severity: Severity,
}

fn judge(
    context: &Context<'_>,
    watched: &Watched<'_>,
    service: &Service,
    created: &Created<'_>,
    call: &Call,
) -> Option<Finding> {
    let login = login(call).filter(|login| login.database == Database::Postgres)?;
    let loopback = login.host().is_none_or(|host| {
        host.known().is_some_and(|host| {
            host.starts_with('/') || ["localhost", "127.0.0.1", "::1"].contains(&host)
        })
    });
    if !loopback {
        return None;
    }
    let wrong = user(watched, service, created, call, &login)
        .or_else(|| database(context, service, created, call, &login))?;
    let label = if wrong.is_user {
        created.user
    } else {
        created.database.or(created.user)
    };
    let finding = watched
        .finding(
            &RULE,
            wrong.severity,
            wrong.span,
            &wrong.message,
            &wrong.why,
        )
        .help("ask as the user, and for the database, that the image creates");
    let finding = match label {
        Some(text) => finding.label(text.span(), "this is what the image creates"),
        None => finding,
    };
    let fix = mended(watched, created, call, &login, &wrong);
    Some(finding.fix(fix.map(|edits| Fix::safe("ask as the one that the image creates", edits))))
}

/// The check asks as somebody whom the server does not know.
fn user(
    watched: &Watched<'_>,
    service: &Service,
    created: &Created<'_>,
    call: &Call,
    login: &Login,
) -> Option<Wrong> {
    let program = call.name()?;
    let right = created.user()?;
    let (asked, span, old) = match login.user() {
        Some(_) if created.more => return None,
        Some(text) => (text.known()?.to_owned(), text.span(), Some(text.clone())),
        None => (runs_as(watched, service, call)?, call.words[0].span, None),
    };
    if asked == right {
        return None;
    }
    let message = match old {
        Some(_) => format!("`{program}` asks as `{asked}`, and the service creates only `{right}`"),
        None => format!("`{program}` names no user, so it asks as `{asked}`, whom nobody creates"),
    };
    Some(Wrong {
        span,
        message,
        why: format!(
            "the server writes `FATAL: role \"{asked}\" does not exist` into its log at every check"
        ),
        old,
        is_user: true,
        severity: Severity::Warning,
    })
}

/// The check asks for a database that is not there.
fn database(
    context: &Context<'_>,
    service: &Service,
    created: &Created<'_>,
    call: &Call,
    login: &Login,
) -> Option<Wrong> {
    let program = call.name()?;
    if created.more {
        return None;
    }
    let right = created.database()?;
    let named = login.options.value(&["-d", "--dbname"]);
    let (asked, span) = match named {
        Some(text) => (text.known()?, text.span()),
        None => (login.user()?.known()?, call.words[0].span),
    };
    if asked == right || EVERYWHERE.contains(&asked) {
        return None;
    }
    let message = match named {
        Some(_) => format!(
            "`{program}` asks for the database `{asked}`, and the service creates only `{right}`"
        ),
        None => format!(
            "`{program}` names no database, so it asks for `{asked}`, and the service creates only `{right}`"
        ),
    };
    let (severity, until) = if is_used(context, service, asked) {
        (Severity::Note, " until another service creates it")
    } else {
        (Severity::Warning, "")
    };
    Some(Wrong {
        span,
        message,
        why: format!(
            "the server writes `FATAL: database \"{asked}\" does not exist` into its log at every check{until}"
        ),
        old: named.cloned(),
        is_user: false,
        severity,
    })
}

/// Whether another service works with the database: then it makes it, or fails without it whatever the check asks.
fn is_used(context: &Context<'_>, service: &Service, database: &str) -> bool {
    let others = context.project.services.iter();
    others
        .filter(|other| other.name.value != service.name.value)
        .flat_map(|other| &other.environment)
        .filter_map(|entry| entry.value.as_ref()?.known())
        .any(|value| {
            value == database
                || (value.contains("://") && value.split(['/', '?']).any(|part| part == database))
        })
}

/// As whom the check runs, who is whom the client asks as when nobody names a user.
fn runs_as(watched: &Watched<'_>, service: &Service, call: &Call) -> Option<String> {
    const CHANGERS: [&str; 6] = ["gosu", "su", "su-exec", "sudo", "runuser", "setpriv"];
    let changes = |within: &Within| matches!(within, Within::Wrapper(name) if CHANGERS.contains(&name.as_str()));
    if call.within.iter().any(changes) {
        return None;
    }
    let user = match &service.user {
        Some(user) => user.value.known()?,
        None => watched.inventory.user.as_deref().unwrap_or("root"),
    };
    match user.split(':').next()? {
        "0" => Some("root".to_owned()),
        // A number may have any name, or none.
        name if name.starts_with(|c: char| c.is_ascii_digit()) => None,
        name => Some(name.to_owned()),
    }
}

/// The call with the right names in it.
fn mended(
    watched: &Watched<'_>,
    created: &Created<'_>,
    call: &Call,
    login: &Login,
    wrong: &Wrong,
) -> Option<Vec<Edit>> {
    if let Some(old) = &wrong.old {
        let right = if wrong.is_user {
            created.user
        } else {
            created.database
        };
        // A variable cannot be put in place of a word; a value from the environment is nobody's to write down.
        if right.is_some_and(|text| !text.variables().is_empty()) {
            return None;
        }
        let name = if wrong.is_user {
            created.user()?
        } else {
            created.database()?
        };
        return Some(vec![old.replace(0..old.len(), name)?]);
    }
    let mut new = Vec::new();
    if wrong.is_user {
        new.extend([
            Draft::text("-U"),
            spelled(call, "POSTGRES_USER", created.user),
        ]);
    }
    if login.options.value(&["-d", "--dbname"]).is_none() {
        let (name, text) = match created.database {
            Some(text) => ("POSTGRES_DB", Some(text)),
            None => ("POSTGRES_USER", created.user),
        };
        new.extend([Draft::text("-d"), spelled(call, name, text)]);
    }
    Some(vec![watched.insert_drafts(
        call,
        call.words.len() - 1,
        new,
    )?])
}

/// A name as the call can say it: the container's own variable where a shell reads it, else the value as its author
/// wrote it.
fn spelled(call: &Call, name: &str, text: Option<&Traced>) -> Draft {
    let in_script = call.words.first().is_some_and(|word| word.place.is_some());
    match text {
        Some(_) if in_script => Draft::text(format!("\"${name}\"")),
        Some(text) => Draft::kept(text),
        None => Draft::text("postgres"),
    }
}
