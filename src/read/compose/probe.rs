//! `healthcheck:` as Compose reads it: the test in all its forms, the times, and what the schema rejects.

use super::load::Loader;
use super::nearest::nearest;
use super::place;
use super::tree::{Body, Field, Tree};
use crate::model::Written;
use crate::model::draft::{Notation, YamlQuote, YamlShape};
use crate::model::probe::{Count, Form, Platform, Probe, Setting, Test, Timing};
use crate::model::rejected::RejectedKind;
use crate::syntax::duration::{self, Grammar};
use crate::syntax::yaml::{Kind, Scalar, Style};
use crate::text::{Span, Traced};

/// The keys of the schema.
pub(super) const KEYS: [&str; 7] = [
    "test",
    "interval",
    "timeout",
    "retries",
    "start_period",
    "start_interval",
    "disable",
];

/// Reads one service's `healthcheck`; None where it says nothing that could be read.
///
/// Where the service is not `complete`, a base that is not in sight may add what is missing.
pub(super) fn read(
    loader: &mut Loader<'_>,
    service: &str,
    field: &Field,
    complete: bool,
) -> Option<Probe> {
    let tree = &field.value;
    let at = Reader { service };
    if !tree.is_map() {
        if tree.is_null() && !complete {
            return None;
        }
        let span = if tree.span().is_empty() {
            field.key
        } else {
            tree.span()
        };
        at.reject(
            loader,
            span,
            RejectedKind::Other,
            "services.S.healthcheck must be a mapping",
        );
        return None;
    }
    at.check_keys(loader, tree);
    let mut disabled = tree
        .field("disable")
        .and_then(|field| at.disabled(loader, field));
    let mut test = None;
    match tree.field("test").and_then(|field| at.test(loader, field)) {
        Some(Read::Test(found)) => test = Some(found),
        Some(Read::None(span, rest)) => {
            disabled = disabled.or(Some(span));
            test = rest;
        }
        None => {}
    }
    let timing = Timing {
        interval: at.setting(loader, tree, "interval"),
        timeout: at.setting(loader, tree, "timeout"),
        start_period: at.setting(loader, tree, "start_period"),
        start_interval: at.setting(loader, tree, "start_interval"),
        retries: tree
            .field("retries")
            .and_then(|field| at.retries(loader, field)),
    };
    if let Some(field) = tree.field("start_interval")
        && tree.get("start_period").is_none()
        && complete
    {
        let reason = "healthcheck.start_interval requires healthcheck.start_period to be set";
        at.reject(loader, field.key, RejectedKind::StartIntervalAlone, reason);
    }
    let whole = field.key.join(tree.through.unwrap_or(tree.span()));
    Some(Probe {
        platform: Platform::Compose,
        span: field.key,
        whole,
        disabled,
        test,
        timing,
        place: place::of(loader, tree),
        shared_by: Vec::new(),
    })
}

struct Reader<'a> {
    service: &'a str,
}

enum Read {
    Test(Written<Test>),
    /// A list that starts with `NONE`, and what the rest of it would come to.
    None(Span, Option<Written<Test>>),
}

impl Reader<'_> {
    /// Records it; `services.S.` in the reason stands for this service.
    fn reject(&self, loader: &mut Loader<'_>, span: Span, kind: RejectedKind, reason: &str) {
        let reason = reason.replace("services.S.", &format!("services.{}.", self.service));
        loader.reject(span, kind, reason, Some(self.service));
    }

    fn check_keys(&self, loader: &mut Loader<'_>, tree: &Tree) {
        for field in tree.fields() {
            if KEYS.contains(&field.name.as_str()) || field.name.starts_with("x-") {
                continue;
            }
            let free = KEYS.iter().copied().filter(|key| tree.get(key).is_none());
            let kind = RejectedKind::UnknownSetting {
                name: field.name.clone(),
                nearest: nearest(&field.name, free).map(str::to_owned),
            };
            let reason = format!(
                "services.S.healthcheck additional properties '{}' not allowed",
                field.name
            );
            self.reject(loader, field.key, kind, &reason);
        }
    }

    fn disabled(&self, loader: &mut Loader<'_>, field: &Field) -> Option<Span> {
        let tree = &field.value;
        let scalar = tree.scalar();
        match scalar.map(|scalar| scalar.kind) {
            Some(Kind::Bool(disabled)) => disabled.then(|| tree.span()),
            Some(Kind::String) => {
                let text = loader.text(tree)?;
                match text.known()?.to_ascii_lowercase().as_str() {
                    "true" | "y" | "yes" | "on" | "t" | "1" => Some(tree.span()),
                    "false" | "n" | "no" | "off" | "f" | "0" => None,
                    _ if text.from_environment() => None,
                    other => {
                        let reason =
                            format!("failed to cast to expected type: invalid boolean: {other}");
                        self.reject(loader, tree.span(), RejectedKind::Other, &reason);
                        None
                    }
                }
            }
            _ => {
                let reason = "services.S.healthcheck.disable must be a boolean or string";
                self.reject(loader, visible(field), RejectedKind::Other, reason);
                None
            }
        }
    }

    fn test(&self, loader: &mut Loader<'_>, field: &Field) -> Option<Read> {
        let tree = &field.value;
        let (form, shape) = match &tree.body {
            Body::List(items) => {
                let words = self.words(loader, items)?;
                match words.first() {
                    None => return None,
                    Some(first) if first.known() == Some("NONE") => {
                        let rest = (words.len() > 1).then(|| {
                            let form = listed(words[1..].to_vec());
                            let notation = notation(loader, tree, None);
                            written(field, Test { form, notation })
                        });
                        return Some(Read::None(items[0].span(), rest));
                    }
                    Some(_) => {}
                }
                (listed(words), None)
            }
            Body::Scalar
                if tree
                    .scalar()
                    .is_some_and(|scalar| scalar.kind == Kind::String) =>
            {
                let script = self.text(loader, tree)?;
                let form = Form::Shell {
                    script,
                    dropped: Vec::new(),
                    not_json: None,
                };
                (form, Some(YamlShape::String))
            }
            _ => {
                let reason = "services.S.healthcheck.test must be a string";
                self.reject(loader, visible(field), RejectedKind::Other, reason);
                return None;
            }
        };
        if let Form::Exec(words) = &form
            && words.is_empty()
        {
            let reason = "Docker Engine 29.5 and later reports `healthcheck for container … has no command`, and older ones crash on a `CMD` alone";
            self.reject(loader, tree.span(), RejectedKind::Other, reason);
        }
        let notation = notation(loader, tree, shape);
        Some(Read::Test(written(field, Test { form, notation })))
    }

    /// The items of a list; None where one is no string, which the engine rejects.
    fn words(&self, loader: &mut Loader<'_>, items: &[Tree]) -> Option<Vec<Traced>> {
        let mut words = Some(Vec::new());
        for (index, item) in items.iter().enumerate() {
            let word = item
                .scalar()
                .is_some_and(|scalar| scalar.kind == Kind::String)
                .then(|| self.text(loader, item))
                .flatten();
            match (word, &mut words) {
                (Some(word), Some(words)) => words.push(word),
                (Some(_), None) => {}
                (None, _) => {
                    let reason = format!("services.S.healthcheck.test.{index} must be a string");
                    self.reject(loader, item.span(), RejectedKind::UntypedItem, &reason);
                    words = None;
                }
            }
        }
        words
    }

    /// A text of the check, with every `$` recorded that old engines refuse.
    fn text(&self, loader: &mut Loader<'_>, tree: &Tree) -> Option<Traced> {
        let text = tree.scalar()?.text();
        let found = loader.fill(&text, tree.scope);
        // Whoever has more than this in one text has read enough.
        for stray in found.strays.into_iter().take(50) {
            let kind = RejectedKind::Interpolation { everywhere: false };
            let reason = "Compose before 2.11.2 takes this `$` for a variable";
            self.reject(loader, text.span_of(stray), kind, reason);
        }
        Some(found.text)
    }

    fn setting(
        &self,
        loader: &mut Loader<'_>,
        tree: &Tree,
        name: &str,
    ) -> Option<Written<Setting>> {
        let field = tree.field(name)?;
        let tree = &field.value;
        let is_string = tree
            .scalar()
            .is_some_and(|scalar| scalar.kind == Kind::String);
        if !is_string {
            let meant = tree
                .scalar()
                .and_then(|scalar| duration::meant(&scalar.value, Grammar::Compose));
            let kind = RejectedKind::Duration {
                setting: name.to_owned(),
                meant,
            };
            let reason = format!("services.S.healthcheck.{name} must be a string");
            self.reject(loader, visible(field), kind, &reason);
            let text = tree.scalar()?.text();
            return Some(written(field, Setting { text, value: None }));
        }
        let text = self.text(loader, tree)?;
        let value = match duration::parse(text.as_str(), Grammar::Compose) {
            Ok(Some(value)) if value.is_below_one_millisecond() && !value.is_zero() => {
                if !text.from_environment() {
                    let kind = RejectedKind::Duration {
                        setting: name.to_owned(),
                        meant: None,
                    };
                    let reason = format!(
                        "{} in Healthcheck cannot be less than 1ms",
                        daemon_name(name)
                    );
                    self.reject(loader, tree.span(), kind, &reason);
                }
                None
            }
            Ok(value) => value.and_then(duration::Duration::to_std),
            // What the environment says is not shown, and proves nothing.
            Err(_) if text.from_environment() => None,
            Err(problem) => {
                let meant = duration::meant(text.as_str(), Grammar::Compose);
                let kind = RejectedKind::Duration {
                    setting: name.to_owned(),
                    meant,
                };
                self.reject(loader, visible(field), kind, &problem.reason);
                None
            }
        };
        Some(written(field, Setting { text, value }))
    }

    fn retries(&self, loader: &mut Loader<'_>, field: &Field) -> Option<Written<Count>> {
        let tree = &field.value;
        let span = visible(field);
        let overflow =
            |value: i128| format!("cannot parse value as 'uint64': {value} overflows uint");
        let count = |value: i128| u64::try_from(value).ok();
        let (text, value) = match tree.scalar().map(|scalar| scalar.kind) {
            Some(Kind::Int(value)) => {
                if count(value).is_none() {
                    self.reject(loader, span, RejectedKind::Other, &overflow(value));
                }
                (tree.scalar()?.text(), count(value))
            }
            Some(Kind::Float(value)) => {
                // Go cuts the fraction off.
                #[allow(clippy::cast_possible_truncation)]
                let whole = value.trunc() as i128;
                if count(whole).is_none() {
                    self.reject(loader, span, RejectedKind::Other, &overflow(whole));
                }
                (tree.scalar()?.text(), count(whole))
            }
            Some(Kind::String) => {
                let text = self.text(loader, tree)?;
                let parsed = text.known().map(str::parse::<i64>);
                let value = match parsed {
                    Some(Ok(value)) => {
                        let value = i128::from(value);
                        if count(value).is_none() && !text.from_environment() {
                            self.reject(loader, span, RejectedKind::Other, &overflow(value));
                        }
                        count(value)
                    }
                    Some(Err(_)) if !text.from_environment() => {
                        let reason = format!(
                            "failed to cast to expected type: strconv.Atoi: parsing {:?}: invalid syntax",
                            text.as_str()
                        );
                        self.reject(loader, span, RejectedKind::Other, &reason);
                        None
                    }
                    _ => None,
                };
                (text, value)
            }
            _ => {
                let reason = "services.S.healthcheck.retries must be a number or string";
                self.reject(loader, span, RejectedKind::Other, reason);
                return None;
            }
        };
        Some(written(field, Count { text, value }))
    }
}

/// What a list comes to by its first word.
fn listed(words: Vec<Traced>) -> Form {
    let head = words.first().and_then(Traced::known);
    match (head, words.get(1)) {
        (Some("CMD-SHELL"), Some(script)) => Form::Shell {
            script: script.clone(),
            dropped: words[2..].to_vec(),
            not_json: None,
        },
        // With nothing behind it there is no command, whichever the word.
        (Some("CMD" | "CMD-SHELL"), _) => Form::Exec(words[1..].to_vec()),
        _ => Form::Unheaded(words),
    }
}

fn notation(loader: &Loader<'_>, tree: &Tree, shape: Option<YamlShape>) -> Notation {
    let node = &tree.node;
    let items = tree.items();
    let inner = tree.through.is_some() || items.iter().any(|item| item.through.is_some());
    let text = loader.sources.slice(node.span);
    let properties = items
        .iter()
        .any(|item| item.node.anchor().is_some() || item.node.tag().is_some());
    // Comments and anchors inside would be lost.
    if inner
        || properties
        || node.tag().is_some()
        || (shape.is_none() && holds_comment(text, items, node.span))
    {
        return Notation::Fixed;
    }
    let quotes = if shape.is_some() {
        tree.scalar().map(quote)
    } else {
        most_quotes(items)
    };
    let shape = shape.unwrap_or_else(|| {
        if node.sequence().is_some_and(|sequence| sequence.flow) {
            return YamlShape::FlowList;
        }
        let (indent, newline) = place::line_of(
            &loader.sources.get(node.span.source).text,
            node.span.start as usize,
        );
        YamlShape::BlockList { indent, newline }
    });
    Notation::Yaml {
        span: node.span,
        shape,
        quote: quotes.unwrap_or(YamlQuote::Double),
        in_flow: node.in_flow,
        items: items.iter().map(Tree::span).collect(),
    }
}

/// The quotes that most items of a list have; among as many, those of the later item.
fn most_quotes(items: &[Tree]) -> Option<YamlQuote> {
    let quotes: Vec<YamlQuote> = items.iter().filter_map(Tree::scalar).map(quote).collect();
    quotes
        .iter()
        .max_by_key(|one| quotes.iter().filter(|other| other == one).count())
        .copied()
}

fn quote(scalar: &Scalar) -> YamlQuote {
    match scalar.style {
        Style::Plain => YamlQuote::Plain,
        Style::Single => YamlQuote::Single,
        Style::Double => YamlQuote::Double,
        Style::Literal | Style::Folded => YamlQuote::Block,
    }
}

/// Whether a comment stands between the items of a list.
fn holds_comment(text: &str, items: &[Tree], whole: Span) -> bool {
    let mut at = 0;
    for item in items {
        let start = (item.span().start.saturating_sub(whole.start)) as usize;
        if text
            .get(at..start)
            .is_some_and(|between| between.contains('#'))
        {
            return true;
        }
        at = (item.span().end.saturating_sub(whole.start)) as usize;
    }
    text.get(at..).is_some_and(|rest| rest.contains('#'))
}

/// The value's place, or its key's where the value is empty.
fn visible(field: &Field) -> Span {
    let span = field.value.span();
    if span.is_empty() { field.key } else { span }
}

pub(super) fn written<T>(field: &Field, value: T) -> Written<T> {
    Written {
        value,
        span: field.value.span(),
        key: Some(field.key),
        through: field.value.through,
    }
}

fn daemon_name(setting: &str) -> &'static str {
    match setting {
        "interval" => "Interval",
        "timeout" => "Timeout",
        "start_period" => "StartPeriod",
        _ => "StartInterval",
    }
}
