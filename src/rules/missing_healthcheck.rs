//! `missing-healthcheck`: a service that stays and that nobody watches; the way to what `healthlint suggest` offers.

use crate::facts::{Inventory, OwnCheck, Shell, jobs, ports, workers};
use crate::finding::{Applicability, Finding, Fix, Severity};
use crate::model::draft::Place;
use crate::model::project::{Condition, Service};
use crate::rule::{Context, Rule};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "missing-healthcheck",
    severity: None,
    page: include_str!("../../rules/missing-healthcheck.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let services = context.project.services.iter();
    let found: Vec<(&Service, Finding)> = services
        .filter(|service| is_unwatched(context, service))
        .filter_map(|service| Some((service, finding(context, service)?)))
        .collect();
    let mut findings = Vec::new();
    for (service, own) in &found {
        let mut others = found.iter();
        if others.any(|(base, other)| is_made_of(service, base) && takes(service, own, other)) {
            continue;
        }
        let made = found.iter().filter(|(other, _)| is_made_of(other, service));
        let (taking, apart): (Vec<_>, Vec<_>) =
            made.partition(|(other, finding)| takes(other, finding, own));
        let taking: Vec<&str> = taking
            .iter()
            .map(|(other, _)| other.name.value.as_str())
            .collect();
        let mut finding = own.clone();
        for fix in &mut finding.fixes {
            if let Some((other, _)) = apart.iter().find(|(_, finding)| !is_written(finding)) {
                // It would come to a service that it does not fit.
                let other = &other.name.value;
                fix.title = format!("{}; `{other}` would take it, too", fix.title);
                fix.applicability = Applicability::Display;
            }
            if !taking.is_empty() {
                let names: Vec<String> = taking.iter().map(|name| format!("`{name}`")).collect();
                let verb = if names.len() == 1 { "takes" } else { "take" };
                fix.title = format!("{}; {} {verb} it from here", fix.title, names.join(" and "));
            }
            if fix.applicability != Applicability::Display {
                let own = service.name.value.as_str();
                let names: Vec<&str> = taking.iter().copied().chain([own]).collect();
                fix.edits.extend(waits(context, &names));
            }
        }
        findings.push(finding);
    }
    findings
}

/// Whether its fix is more than shown.
fn is_written(finding: &Finding) -> bool {
    let mut fixes = finding.fixes.iter();
    fixes.any(|fix| fix.applicability != Applicability::Display)
}

/// Whether a service takes what it is made of, and with it a check, from another one: by `extends`, an alias or a
/// merge key.
fn is_made_of(service: &Service, base: &Service) -> bool {
    let key = |service: &Service| match (&service.image, &service.build) {
        (Some(image), _) => image.key,
        (None, Some(build)) => Some(build.key),
        (None, None) => None,
    };
    let Some(key) = key(service).filter(|own| key(base) == Some(*own)) else {
        return false;
    };
    base.whole.contains(key) && !service.whole.contains(key)
}

/// Whether a service takes what is offered for the one that it is made of: the same check, or it is an alias of it
/// that has no place for a check of its own.
fn takes(service: &Service, own: &Finding, other: &Finding) -> bool {
    // The same check may stand in lines or in braces.
    let words = |fix: &Fix| -> Vec<String> {
        let text = fix.edits.first().map_or("", |edit| edit.text.as_str());
        let words = text.split([' ', '\n', '\r', ',', '{', '}']);
        let words = words.filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    match (own.fixes.first(), other.fixes.first()) {
        (None, None) => true,
        (None, Some(_)) => matches!(service.place, Place::Nowhere),
        (Some(own), Some(other)) => {
            own.applicability == other.applicability && words(own) == words(other)
        }
        (Some(_), None) => false,
    }
}

/// Whether it stays, has a container of its own, and nothing says how it is watched, or that it shall not be.
fn is_unwatched(context: &Context<'_>, service: &Service) -> bool {
    let watched = context.watched.iter().any(|watched| {
        watched
            .service
            .is_some_and(|other| std::ptr::eq(other, service))
    });
    service.complete
        && service.probe.is_none()
        && !watched
        && !service.without_container
        && jobs::grounds(service).is_none()
}

fn finding(context: &Context<'_>, service: &Service) -> Option<Finding> {
    let inventory = context.inventory(service)?;
    let name = &service.name.value;
    let shown = &inventory.shown;
    let (message, why) = match inventory.check {
        OwnCheck::Command(_) => return None,
        OwnCheck::None => (
            format!("`{name}` has no health check"),
            format!(
                "neither the service nor its image {shown} has one: when it hangs, nobody is told"
            ),
        ),
        OwnCheck::Unknown => (
            format!("`{name}` has no health check of its own"),
            format!("nobody has listed whether {shown} brings one"),
        ),
    };
    let mut finding = Finding::new(RULE.name, Severity::Note, service.name.span, message, why);
    finding.service = Some(name.clone());
    Some(match offer(context, service, inventory) {
        Ok(fix) => finding
            .help("read what is offered before you take it: only you know what healthy means here")
            .fix(fix),
        Err(gap) => finding.help(gap),
    })
}

/// The check that fits best, or what would have to be known to offer one.
fn offer(context: &Context<'_>, service: &Service, inventory: &Inventory) -> Result<Fix, String> {
    let shown = &inventory.shown;
    if inventory.windows {
        return Err("nothing is known about Windows containers".to_owned());
    }
    if workers::works(service).is_none() {
        if let Some(offer) = context.recipe(service) {
            let title = format!("add the check that {shown} can run");
            if listens_elsewhere(service) {
                let title = format!("{title}, if it still listens where {shown} does");
                return Ok(Fix::display(title, vec![offer.edit]));
            }
            return Ok(offer.fix(&title));
        }
        if let Some(port) = http_port(service, inventory) {
            return ask(context, service, inventory, port);
        }
    }
    let unlisted = if inventory.shell() == Shell::Unknown {
        format!("nobody has listed what {shown} holds, and ")
    } else {
        String::new()
    };
    Err(format!(
        "{unlisted}no port of it is known to speak HTTP: write a command that ends with 0 only while `{}` works",
        service.name.value
    ))
}

/// A question to the port, or what stands in the way of one.
fn ask(
    context: &Context<'_>,
    service: &Service,
    inventory: &Inventory,
    port: u16,
) -> Result<Fix, String> {
    let shown = &inventory.shown;
    if let Some(edit) = context.ask(service, port) {
        let title = format!("ask port {port}, where an answer below 400 at `/` means healthy");
        return Ok(Fix::risky(title, vec![edit]));
    }
    let lacks = |tool: &str| inventory.has(tool).is_no();
    let blind = (!lacks("curl") && !lacks("wget"))
        .then(|| context.ask_blindly(service, port))
        .flatten();
    if let Some(edit) = blind {
        let title =
            format!("ask port {port}, if {shown} has curl or wget, which nobody has listed");
        return Ok(Fix::display(title, vec![edit]));
    }
    Err(format!(
        "{shown} has nothing that could ask port {port}: use a health command of the program, or put a client into \
         the image"
    ))
}

/// Whether the service starts something of its own, or names a port: a recipe asks at the usual one.
fn listens_elsewhere(service: &Service) -> bool {
    let names_port = |text: &str| {
        text.split_whitespace().any(|word| word == "-p")
            || text
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|word| word == "port")
    };
    service.entrypoint.is_some()
        || service.command.as_ref().is_some_and(|command| {
            let mut texts = command.value.texts().iter();
            texts.any(|text| names_port(text.as_str()))
        })
}

/// The TCP port that speaks HTTP by convention: one that is published, else one that the image exposes for the
/// command that it brings.
fn http_port(service: &Service, inventory: &Inventory) -> Option<u16> {
    let own_command = service.command.is_none() && service.entrypoint.is_none();
    let published = service.ports.iter().filter_map(|port| port.container);
    let exposed = inventory.ports.iter().copied().filter(|_| own_command);
    published
        .chain(exposed)
        .find(|port| ports::speaks_http(*port))
}

/// Those who wait for the start of these services wait for their health from now on.
fn waits(context: &Context<'_>, names: &[&str]) -> Vec<Edit> {
    // `docker stack deploy` waits for nobody and rejects the long form.
    if context.targets.stack {
        return Vec::new();
    }
    let condition = |other: &str| {
        if names.contains(&other) {
            Condition::Healthy
        } else {
            Condition::Started
        }
    };
    let waits = context
        .project
        .services
        .iter()
        .flat_map(|other| &other.depends_on)
        .filter(|wait| wait.explicit && names.contains(&wait.service.value.as_str()))
        .filter(|wait| wait.condition.value == Condition::Started);
    waits
        .filter_map(|wait| wait.with_conditions(condition))
        .flatten()
        .collect()
}
