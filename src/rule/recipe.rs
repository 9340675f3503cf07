//! The check that a service should have, filled in from its image's recipe or from the port it answers on, and written
//! where it belongs.

use std::time::Duration;

use crate::facts::{Filled, START, Shell, filled};
use crate::finding::Fix;
use crate::model::draft::{self, Draft, NewTest};
use crate::model::probe::defaults;
use crate::model::project::Service;
use crate::outcome::substitute;
use crate::rule::{Context, Watched};
use crate::text::Edit;

/// How long a run of a new check may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long its client waits for an answer, in seconds.
const CLIENT_SECONDS: u32 = 5;

/// A recipe as an edit.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What writes it.
    pub edit: Edit,
    /// What the service has to set first, or the check can never pass; empty in most cases.
    pub needs: Vec<String>,
}

impl Offer {
    /// The edit as a fix: unsafe, or only shown where something must be set first.
    pub fn fix(self, title: &str) -> Fix {
        if self.needs.is_empty() {
            return Fix::risky(title, vec![self.edit]);
        }
        let needs: Vec<String> = self.needs.iter().map(|name| format!("`{name}`")).collect();
        let needs = needs.join(" and ").replace(" or ", "` or `");
        let title = format!("{title}, once the service sets {needs}");
        Fix::display(title, vec![self.edit])
    }
}

/// The recipe as a new key of the service.
pub fn added(context: &Context<'_>, service: &Service) -> Option<Offer> {
    let inventory = context.inventory(service)?;
    let Filled {
        test,
        start_period,
        needs,
    } = filled(inventory, Some(service), Some(TIMEOUT))?;
    let edit = new_check(context, service, &test, start_period)?;
    Some(Offer { edit, needs })
}

/// A plain question to this port of the service, with a program that its container is known to have.
pub fn asking(context: &Context<'_>, service: &Service, port: u16) -> Option<Edit> {
    let inventory = context.inventory(service)?;
    let words = substitute::ask(&loopback(port), CLIENT_SECONDS, inventory)?;
    let test = NewTest::Exec(words.into_iter().map(Draft::text).collect());
    new_check(context, service, &test, START)
}

/// The same question with whichever of the two usual programs the container has; None where it has no shell.
pub fn asking_blindly(context: &Context<'_>, service: &Service, port: u16) -> Option<Edit> {
    if context.inventory(service)?.shell() == Shell::None {
        return None;
    }
    let url = loopback(port);
    let script = format!(
        "curl -fsS -o /dev/null -m {CLIENT_SECONDS} {url} || wget -q -O /dev/null -T {CLIENT_SECONDS} {url}"
    );
    new_check(
        context,
        service,
        &NewTest::Shell(Draft::text(script)),
        START,
    )
}

fn loopback(port: u16) -> String {
    match port {
        80 => "http://127.0.0.1/".to_owned(),
        port => format!("http://127.0.0.1:{port}/"),
    }
}

fn new_check(
    context: &Context<'_>,
    service: &Service,
    test: &NewTest,
    start: Duration,
) -> Option<Edit> {
    let test = test.yaml();
    let start = draft::duration(start);
    let timeout = draft::duration(TIMEOUT);
    // Where an engine knows no other pace for the start, the check keeps the quick one for good.
    let at_start = context.targets.engine >= 25;
    let mut settings = vec![
        ("test", test.as_str()),
        ("interval", if at_start { "30s" } else { "10s" }),
        ("timeout", timeout.as_str()),
        ("start_period", start.as_str()),
    ];
    if at_start {
        settings.push(("start_interval", "5s"));
    }
    service.place.add_mapping("healthcheck", &settings)
}

/// The recipe in place of the test that stands there, or beside the settings that have none.
pub fn instead(watched: &Watched<'_>) -> Option<Offer> {
    let limit = watched.timing.effective_timeout();
    let limit = limit.unwrap_or(defaults::TIMEOUT);
    let Filled { test, needs, .. } = filled(&watched.inventory, watched.service, Some(limit))?;
    let edit = match watched.test {
        Some(written) => written.value.notation.rewrite(&test)?,
        None => watched.probe.place.add("test", &test.yaml())?,
    };
    Some(Offer { edit, needs })
}
