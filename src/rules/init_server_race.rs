//! `init-server-race`: the check takes the temporary server of the first start for the real one.

use crate::facts::said::says;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::outcome::login::{Database, Login, login};
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "init-server-race",
    severity: Some(Severity::Note),
    page: include_str!("../../rules/init-server-race.md"),
    // Words that never reach the client, and a client that is not there, are faults with names of their own.
    last_resort: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let watched = context.watched.iter();
    watched
        .filter_map(|watched| judge(context, watched))
        .collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let served = watched.inventory.server?;
    let database = Database::of(served.server.first_start.as_deref()?)?;
    // With a start of its own, the container may do without the image's setup.
    if watched
        .service
        .is_some_and(|service| service.entrypoint.is_some())
    {
        return None;
    }
    let variables: &[&str] = match database {
        Database::Postgres => &["PGHOST", "PGHOSTADDR"],
        Database::Mysql => &["MYSQL_HOST"],
    };
    if variables
        .iter()
        .any(|name| says(watched.service, name) == Some(true))
    {
        return None;
    }
    let asks: Vec<(&Call, Login)> = watched
        .calls
        .iter()
        .filter_map(|call| Some((call, login(call)?)))
        .filter(|(_, login)| login.database == database)
        .collect();
    // One that asks over TCP waits for the real server; so does any other client.
    let others = [
        "nc",
        "curl",
        "wget",
        "pg_isready",
        "psql",
        "mysql",
        "mariadb",
    ];
    let alone = watched.calls.iter().all(|call| {
        call.name().is_some_and(|name| !others.contains(&name))
            || asks
                .iter()
                .any(|(asked, login)| std::ptr::eq(*asked, call) && login.asks_socket())
    });
    let (call, login) = asks.first()?;
    if !alone || !login.asks_socket() {
        return None;
    }
    let program = call.name()?;
    let image = &watched.inventory.shown;
    let waits = watched
        .service
        .and_then(|service| context.waits_for(service));
    let severity = if waits.is_some() {
        Severity::Warning
    } else {
        Severity::Note
    };
    let finding = watched
        .finding(
            &RULE,
            severity,
            call.words[0].span,
            format!("`{program}` is also answered while the database is still being set up"),
            format!(
                "on its first start {image} runs a temporary server that listens on the unix socket alone, and this check asks the socket"
            ),
        )
        .help("ask over TCP, where only the real server listens");
    let finding = match waits {
        Some((name, span)) => finding.label(
            span,
            format!("`{name}` may start in that moment, and its connection is refused"),
        ),
        None => finding,
    };
    let fix = over_tcp(watched, call, login);
    Some(finding.fix(fix.map(|edit| Fix::risky("ask over TCP", vec![edit]))))
}

fn over_tcp(watched: &Watched<'_>, call: &Call, login: &Login) -> Option<Edit> {
    match login.host() {
        Some(host) => host.replace(0..host.len(), "127.0.0.1"),
        None => watched.insert_words(call, call.words.len() - 1, &["-h", "127.0.0.1"]),
    }
}
