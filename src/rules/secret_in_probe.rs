//! `secret-in-probe`: a secret among the words of a check is shown to everybody who may look at the container.

use std::ops::Range;
use std::sync::Arc;

use crate::facts::Shell;
use crate::facts::secrets;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::model::draft::{Draft, NewTest, Place};
use crate::model::probe::{Form, Platform};
use crate::model::project::Service;
use crate::outcome::handed;
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, HOLE, Span, Traced, Variable};

/// See the page.
pub const RULE: Rule = Rule {
    name: "secret-in-probe",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/secret-in-probe.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let secrets = secrets(watched);
        findings.extend(secrets.iter().map(|secret| finding(watched, secret)));
    }
    findings
}

/// A secret and where it stands.
struct Secret<'a> {
    /// The secret itself.
    text: Traced,
    /// How a message names what takes it: "`redis-cli -a`".
    taker: String,
    /// The variable of the host that brings it; None where it is written out.
    host: Option<Arc<Variable>>,
    /// The call, and which of its words the secret stands in; None outside of all words.
    word: Option<(&'a Call, usize)>,
    /// The words that go where the program gets it in another way, and the variable that brings it there.
    instead: Option<(Range<usize>, &'static str)>,
}

/// Every secret of a check, in the order of the text.
fn secrets<'a>(watched: &'a Watched<'_>) -> Vec<Secret<'a>> {
    let Some(test) = watched.test else {
        return Vec::new();
    };
    let host = host_variables(&test.value.form);
    let mut found: Vec<Secret<'a>> = Vec::new();
    let mut add = |secret: Option<Secret<'a>>| {
        let Some(secret) = secret else { return };
        let span = secret.text.span();
        if !found.iter().any(|other| other.text.span().contains(span)) {
            found.push(secret);
        }
    };
    for call in &watched.calls {
        for given in handed::secrets(call) {
            add(exposed(given, &host));
        }
    }
    for (text, range, variable) in &host {
        let name = variable.name.as_deref().unwrap_or_default();
        if secrets::names_a_secret(name) && brings_itself(variable) {
            add(Some(Secret {
                text: text.slice(range.clone()),
                taker: String::new(),
                host: Some(Arc::clone(variable)),
                word: None,
                instead: None,
            }));
        }
    }
    found.sort_by_key(|secret| secret.text.span().start);
    found
}

/// The variables that Compose fills in before the container is made, each with its text and place.
fn host_variables(form: &Form) -> Vec<(&Traced, Range<usize>, Arc<Variable>)> {
    let texts = form.texts();
    let of = |text| {
        let variables: Vec<(Range<usize>, Arc<Variable>)> = Traced::variables(text);
        variables
            .into_iter()
            .map(move |(range, variable)| (text, range, variable))
    };
    texts.into_iter().flat_map(of).collect()
}

/// `${X:+-a}` asks whether there is one, and only shows it where it names it again.
fn brings_itself(variable: &Variable) -> bool {
    match variable.shown.split_once('+') {
        Some((_, word)) => word.contains('$'),
        None => true,
    }
}

/// The secret, where it is written out or filled in by the host; what the container's own shell fills in is not shown.
fn exposed<'a>(
    given: handed::Secret<'a>,
    host: &[(&Traced, Range<usize>, Arc<Variable>)],
) -> Option<Secret<'a>> {
    let text = given.word.text.slice(given.range);
    let bare = text.as_str().trim();
    // Without a shell the characters `$NAME` are no secret, whatever was meant.
    if bare.is_empty() || bare.contains('$') {
        return None;
    }
    let from_host = text.variables().into_iter().map(|(_, variable)| variable);
    let from_host = from_host.filter(|variable| {
        host.iter()
            .any(|(_, _, other)| Arc::ptr_eq(variable, other))
            && brings_itself(variable)
    });
    let host = from_host.into_iter().next();
    match &host {
        // Its name says that everybody may see it.
        Some(variable) if is_public(variable) => return None,
        None if bare.contains(HOLE) || given.word.literal().is_none() => return None,
        _ => {}
    }
    Some(Secret {
        text,
        taker: given.taker,
        host,
        word: given.at.map(|at| (given.call, at)),
        instead: given.instead,
    })
}

fn is_public(variable: &Variable) -> bool {
    let name = variable.name.as_deref().unwrap_or_default();
    name.contains("PUBLIC") || name.ends_with("ANON_KEY")
}

fn finding(watched: &Watched<'_>, secret: &Secret<'_>) -> Finding {
    let (message, why) = match &secret.host {
        Some(variable) => (
            format!(
                "`{}` puts a secret on the command line",
                without_default(variable)
            ),
            "Compose fills it in before the container is made: `docker inspect` and the event of each check show the value",
        ),
        None => (
            format!("{} carries a secret in plain text", secret.taker),
            "the engine keeps the words of the check: `docker inspect` and the event of each check show them",
        ),
    };
    let help = match (&secret.instead, watched.probe.platform) {
        (Some((_, variable)), _) => format!(
            "set `{variable}` in the environment of the container: the client reads it there"
        ),
        (None, Platform::Compose) => {
            "let the shell in the container fill it in: `$$NAME` for a variable of its environment, `$$(cat /run/secrets/NAME)` for a file".to_owned()
        }
        (None, Platform::Dockerfile) => {
            "let the shell in the container fill it in: `$NAME` for a variable of its environment, `$(cat /run/secrets/NAME)` for a file".to_owned()
        }
    };
    let fix = filled_in_by_the_shell(watched, secret).or_else(|| moved(watched, secret));
    watched
        .finding(&RULE, Severity::Warning, secret.text.span(), message, why)
        .help(help)
        .fix(fix)
}

/// The variable by its name: a default may be a secret too.
fn without_default(variable: &Variable) -> String {
    match &variable.name {
        Some(name) if variable.shown.starts_with("${") => format!("${{{name}}}"),
        _ => variable.shown.clone(),
    }
}

/// The variable of the container's environment that holds the same value, if there is one.
fn held_by<'a>(service: &'a Service, secret: &Secret<'_>) -> Option<&'a str> {
    let holds = |value: &Traced| match &secret.host {
        Some(variable) => match &value.variables()[..] {
            [(range, other)] => *range == (0..value.len()) && other.shown == variable.shown,
            _ => false,
        },
        None => value.variables().is_empty() && value.as_str() == secret.text.as_str(),
    };
    let mut variables = service.environment.iter();
    variables
        .find(|variable| variable.value.as_ref().is_some_and(holds))
        .map(|variable| variable.name.as_str())
}

/// `$$NAME` in place of the secret, where the container's environment holds it.
fn filled_in_by_the_shell(watched: &Watched<'_>, secret: &Secret<'_>) -> Option<Fix> {
    let name = held_by(watched.service?, secret)?;
    if !is_whole(secret) {
        return None;
    }
    if let (Some((words, variable)), Some((call, _))) = (&secret.instead, secret.word)
        && name == *variable
    {
        let gone = without(watched, call, words)?;
        return Some(Fix::risky("leave it to the environment", vec![gone]));
    }
    let edit = match &watched.test?.value.form {
        Form::Shell { script, .. } => match &secret.host {
            Some(variable) => over_variable(script, variable, name)?,
            None => over_literal(secret, name)?,
        },
        Form::Exec(words) => through_a_shell(watched, secret, words, name)?,
        Form::Unheaded(_) => return None,
    };
    let title = format!("let the shell fill in `{name}`, which holds the same");
    Some(Fix::risky(title, vec![edit]))
}

/// Whether the secret is one variable of the host and nothing else, or written out.
fn is_whole(secret: &Secret<'_>) -> bool {
    secret.host.is_none()
        || matches!(&secret.text.variables()[..], [(range, _)] if *range == (0..secret.text.len()))
}

/// In a script of Compose: the bytes of its variable give way to one that the shell reads.
fn over_variable(script: &Traced, variable: &Arc<Variable>, name: &str) -> Option<Edit> {
    let variables = script.variables();
    let (range, _) = variables
        .iter()
        .find(|(_, other)| Arc::ptr_eq(other, variable))?;
    if in_single_quotes(&script.as_str()[..range.start]) {
        return None;
    }
    let next = script.as_str()[range.end..].chars().next();
    let text = if next.is_some_and(|c| c == '_' || c.is_alphanumeric()) {
        format!("$${{{name}}}")
    } else {
        format!("$${name}")
    };
    Some(Edit::replace(script.span_of(range.clone()), text))
}

/// Whether a shell that has read this much is inside single quotes.
fn in_single_quotes(before: &str) -> bool {
    let (mut single, mut double, mut escaped) = (false, false, false);
    for c in before.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !single => escaped = true,
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            _ => {}
        }
    }
    single
}

/// In a script: the word that says it is written anew, where that can be done exactly.
fn over_literal(secret: &Secret<'_>, name: &str) -> Option<Edit> {
    let (call, at) = secret.word?;
    let word = &call.words[at];
    let (script, range) = word.place.as_ref()?;
    let before = word.literal()?.strip_suffix(secret.text.as_str())?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-=_:.@/".contains(c);
    if !before.chars().all(plain) {
        return None;
    }
    script.replace(range.clone(), &format!("{before}\"${name}\""))
}

/// A list of words becomes a script, so that there is a shell to fill it in.
fn through_a_shell(
    watched: &Watched<'_>,
    secret: &Secret<'_>,
    words: &[Traced],
    name: &str,
) -> Option<Edit> {
    if watched.inventory.shell() == Shell::None {
        return None;
    }
    let span = secret.text.span();
    let mut script = Draft::default();
    let mut filled = false;
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            script = script.then(" ");
        }
        if word.span().contains(span) && !filled {
            let before = word.as_str().strip_suffix(secret.text.as_str())?;
            let kept = word.slice(0..before.len());
            if !before.is_empty() {
                script = script.followed_by(Draft::command_line(std::slice::from_ref(&kept))?);
            }
            script = script.then(format!("\"${name}\""));
            filled = true;
        } else {
            script = script.followed_by(Draft::command_line(std::slice::from_ref(word))?);
        }
    }
    let notation = &watched.test?.value.notation;
    notation.rewrite(&NewTest::Shell(script)).filter(|_| filled)
}

/// The secret goes into the variable that the program reads, and its option goes.
fn moved(watched: &Watched<'_>, secret: &Secret<'_>) -> Option<Fix> {
    let service = watched.service?;
    let (words, variable) = secret.instead.as_ref()?;
    let (call, _) = secret.word?;
    let taken = service
        .environment
        .iter()
        .any(|other| other.name == *variable);
    if taken || watched.probe.platform != Platform::Compose || !is_whole(secret) {
        return None;
    }
    let value = match &secret.host {
        Some(host) => host.shown.clone(),
        None => secret.text.as_str().to_owned(),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let is_plain = secret.host.is_none() && value.chars().all(plain);
    let set = match &service.environment_place {
        Some(Place::Items { .. }) if is_plain || secret.host.is_some() => {
            service.environment_place.as_ref()?.add(variable, &value)?
        }
        Some(place @ Place::Block { .. }) => place.add(variable, &in_yaml(&value, secret)?)?,
        Some(_) => return None,
        None => {
            let value = in_yaml(&value, secret)?;
            let entry = [(*variable, value.as_str())];
            service.place.add_mapping("environment", &entry)?
        }
    };
    let gone = without(watched, call, words)?;
    let title = format!("hand it over in `{variable}`");
    Some(Fix::risky(title, vec![set, gone]))
}

/// The value as it stands behind a key.
fn in_yaml(value: &str, secret: &Secret<'_>) -> Option<String> {
    if secret.host.is_some() {
        return (!value.contains([' ', '#', '"', '\''])).then(|| value.to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.@!%+-".contains(c);
    value.chars().all(plain).then(|| format!("\"{value}\""))
}

/// The call without these words.
fn without(watched: &Watched<'_>, call: &Call, words: &Range<usize>) -> Option<Edit> {
    let last = &call.words[words.end - 1];
    if let Some((script, range)) = &last.place {
        let (_, before) = call.words[words.start - 1].place.as_ref()?;
        let gone = script.span_of(before.end..range.end);
        return Some(Edit::delete(gone));
    }
    let Form::Exec(all) = &watched.test?.value.form else {
        return None;
    };
    let first: Span = call.words[words.start].span;
    let keeps = |word: &&Traced| {
        let span = word.span();
        span.end <= first.start || span.start >= last.span.end
    };
    let kept: Vec<Draft> = all.iter().filter(keeps).map(Draft::kept).collect();
    let notation = &watched.test?.value.notation;
    notation.rewrite(&NewTest::Exec(kept))
}
