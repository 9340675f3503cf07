//! What compose-go, Docker Compose and BuildKit say to small files, and what healthlint says to the same files.
//!
//! `fixtures/conformance.toml` holds the files, the engines' own words and the place that a finding must name; its
//! head explains the columns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;

use healthlint::check::{Checked, Options, Unit, check};
use healthlint::finding::{Finding, Severity};
use healthlint::model::Written;
use healthlint::model::probe::{Form, Probe, Setting};
use healthlint::model::project::Service;
use healthlint::read::{self, Reading};
use healthlint::rules::RULES;
use healthlint::syntax::duration::{self, Grammar};
use healthlint::text::Traced;

/// The rules that say: the engine refuses this.
const REFUSALS: [&str; 4] = [
    "test-without-cmd",
    "unknown-setting",
    "invalid-duration",
    "invalid-healthcheck",
];

/// How many rows each engine has; a row that gets lost is noticed.
const COUNTS: [(&str, usize); 3] = [
    ("buildkit", 63),
    ("compose-go", 115),
    ("docker compose v5.5", 11),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

/// One row; the head of the table says what each column means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    engine: String,
    verdict: Verdict,
    says: Option<String>,
    case: Option<String>,
    but: Option<String>,
    rule: Option<String>,
    level: Option<String>,
    #[serde(default)]
    fault: bool,
    silent: Option<String>,
    at: Option<String>,
    nth: Option<usize>,
    file: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    #[serde(default)]
    gives: BTreeMap<String, Gives>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Error,
}

/// What the engine makes of a service's health check, or of an image's.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gives {
    test: Option<Vec<String>>,
    interval: Option<String>,
    start_interval: Option<String>,
    retries: Option<u64>,
    #[serde(default)]
    disable: bool,
    #[serde(default)]
    depends_on: BTreeMap<String, String>,
}

fn table() -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/conformance.toml");
    let text = std::fs::read_to_string(path).unwrap();
    toml::from_str::<Table>(&text).unwrap().row
}

impl Row {
    /// The Compose files in the order in which Compose merges them, or the Dockerfile.
    fn unit(&self) -> Unit {
        if self.files.contains_key("Dockerfile") {
            return Unit::Dockerfile("Dockerfile".to_owned());
        }
        let mut paths: Vec<String> = self.files.keys().cloned().collect();
        paths.sort_by_key(|path| path.contains("override"));
        Unit::Compose(paths)
    }

    /// The files as a folder that the checker can read.
    fn folder(&self) -> BTreeMap<String, Arc<str>> {
        let files = self.files.iter();
        files
            .map(|(path, text)| (path.clone(), text.as_str().into()))
            .collect()
    }

    fn options(&self) -> Options {
        let mut options = Options::default();
        options.surroundings.environment.clone_from(&self.env);
        options
    }

    /// The file and the bytes that the row points at; the only such bytes, unless it says which.
    fn place(&self) -> Result<(&str, Range<usize>), String> {
        let path = match &self.file {
            Some(file) => file.as_str(),
            None if self.files.contains_key("compose.yaml") => "compose.yaml",
            None => "Dockerfile",
        };
        let at = self.at.as_deref().ok_or("`at` is missing")?;
        let text = self.files.get(path).ok_or("no such file in the row")?;
        let places: Vec<usize> = text.match_indices(at).map(|(place, _)| place).collect();
        let nth = match (self.nth, places.len()) {
            (None, 1) => 1,
            (None, many) => return Err(format!("`{at}` stands there {many} times: say which")),
            (Some(nth), _) => nth,
        };
        let start = *nth
            .checked_sub(1)
            .and_then(|nth| places.get(nth))
            .ok_or_else(|| format!("there is no `{at}` number {nth}"))?;
        Ok((path, start..start + at.len()))
    }

    /// What healthlint gets wrong about the row.
    fn judge(&self) -> Vec<String> {
        let checked = check(&[self.unit()], &self.folder(), &self.options());
        let expected = if self.fault {
            self.faulted(&checked)
        } else if self.rule.is_some() {
            self.found(&checked)
        } else {
            accepted(&checked)
        };
        let mut wrong: Vec<String> = expected.err().into_iter().collect();
        if !wrong.is_empty() {
            wrong.push(format!("it says: {}", said(&checked)));
        }
        wrong.extend(self.read_as_given());
        wrong
    }

    /// The file cannot be read, and the fault starts on the right line.
    fn faulted(&self, checked: &Checked) -> Result<(), String> {
        let (path, place) = self.place()?;
        let line = |offset: usize| self.files[path][..offset].matches('\n').count() + 1;
        let wanted = line(place.start);
        let found = checked.faults.iter().any(|fault| {
            fault.path == path
                && fault
                    .span
                    .is_some_and(|span| line(span.range().start) == wanted)
        });
        if found {
            Ok(())
        } else {
            Err(format!("no fault on line {wanted} of {path}"))
        }
    }

    /// The named rule speaks at the named place, and no other rule calls the same bytes refused.
    fn found(&self, checked: &Checked) -> Result<(), String> {
        let (path, place) = self.place()?;
        let rule = self.rule.as_deref().unwrap_or_default();
        let level = self.level.as_deref().unwrap_or("error");
        let here = |finding: &&Finding| checked.sources.get(finding.span.source).path == path;
        let found = checked.findings.iter().filter(here).any(|finding| {
            finding.rule == rule
                && finding.severity.word() == level
                && finding.span.range() == place
        });
        if !found {
            return Err(format!(
                "no {level} of `{rule}` at `{}`",
                &self.files[path][place]
            ));
        }
        let other = checked.findings.iter().filter(here).find(|finding| {
            let span = finding.span.range();
            finding.rule != rule
                && REFUSALS.contains(&finding.rule)
                && span.start < place.end
                && place.start < span.end
        });
        match other {
            Some(other) => Err(format!("`{}` speaks at the same place", other.rule)),
            None if checked.faults.is_empty() => Ok(()),
            None => Err("the file was not read".to_owned()),
        }
    }

    /// What the readers make of the files, beside what the engine makes of them.
    fn read_as_given(&self) -> Vec<String> {
        let reading = match self.unit() {
            Unit::Compose(paths) => {
                read::compose::read(&paths, &self.folder(), &self.options().surroundings)
            }
            Unit::Dockerfile(path) => read::dockerfile::read(&path, &self.folder()),
        };
        let mut wrong = Vec::new();
        for (name, gives) in &self.gives {
            let (probe, service) = match probe(&reading, name) {
                Ok(found) => found,
                Err(reason) => {
                    wrong.push(reason);
                    continue;
                }
            };
            let differences = self.differences(gives, probe, service);
            wrong.extend(
                differences
                    .into_iter()
                    .map(|difference| format!("`{name}` is read otherwise: {difference}")),
            );
        }
        wrong
    }

    fn differences(
        &self,
        gives: &Gives,
        probe: Option<&Probe>,
        service: Option<&Service>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let disabled = probe.is_some_and(|probe| probe.disabled.is_some());
        let none = gives.test.as_ref().is_some_and(|test| test[0] == "NONE");
        if disabled != (gives.disable || none) {
            wrong.push(format!("disabled: {disabled}"));
        }
        let test = probe
            .and_then(|probe| probe.test.as_ref())
            .map(|test| &test.value.form);
        if !none && !self.same_test(gives.test.as_deref(), test) {
            wrong.push(format!("test: {test:?}"));
        }
        let timing = probe.map(|probe| probe.timing.clone()).unwrap_or_default();
        for (name, wanted, found) in [
            ("interval", &gives.interval, &timing.interval),
            (
                "start_interval",
                &gives.start_interval,
                &timing.start_interval,
            ),
        ] {
            if !self.same_duration(wanted.as_deref(), found.as_ref()) {
                wrong.push(format!("{name}: {found:?}"));
            }
        }
        let retries = timing.retries.and_then(|retries| retries.value.value);
        if retries.filter(|retries| *retries > 0) != gives.retries.filter(|retries| *retries > 0) {
            wrong.push(format!("retries: {retries:?}"));
        }
        let waits: BTreeMap<String, String> = service
            .into_iter()
            .flat_map(|service| &service.depends_on)
            .map(|wait| {
                (
                    wait.service.value.clone(),
                    wait.condition.value.word().to_owned(),
                )
            })
            .collect();
        if waits != gives.depends_on {
            wrong.push(format!("depends_on: {waits:?}"));
        }
        wrong
    }

    fn same_test(&self, wanted: Option<&[String]>, found: Option<&Form>) -> bool {
        let (Some(wanted), Some(found)) = (wanted, found) else {
            return wanted.is_none() && found.is_none();
        };
        let (keyword, words): (_, Vec<&Traced>) = match found {
            Form::Exec(words) => ("CMD", words.iter().collect()),
            Form::Shell {
                script, dropped, ..
            } => (
                "CMD-SHELL",
                std::iter::once(script).chain(dropped).collect(),
            ),
            Form::Unheaded(_) => return false,
        };
        if words.is_empty() {
            return wanted.len() == 1;
        }
        let same = |wanted: &String, found: &Traced| {
            // The engine warns that it takes an unset variable for nothing; here it is unknown.
            let unknown = self.verdict == Verdict::Warn && found.known().is_none();
            unknown || wanted == found.as_str()
        };
        wanted[0] == keyword
            && wanted.len() - 1 == words.len()
            && wanted[1..]
                .iter()
                .zip(words)
                .all(|(one, two)| same(one, two))
    }

    /// Zero is as good as nothing to both.
    fn same_duration(&self, wanted: Option<&str>, found: Option<&Written<Setting>>) -> bool {
        let value = found
            .and_then(|found| found.value.value)
            .filter(|value| !value.is_zero());
        // The loader's value that the daemon then refuses is no value here.
        if self.but.is_some() && wanted.is_some() {
            return found.is_some() && value.is_none();
        }
        let wanted = wanted.and_then(|wanted| duration::parse(wanted, Grammar::Go).ok().flatten());
        let wanted = wanted.filter(|wanted| !wanted.is_zero());
        value == wanted.and_then(duration::Duration::to_std)
    }
}

/// Nothing calls the file refused. A row about which healthlint is silent is held to the same.
fn accepted(checked: &Checked) -> Result<(), String> {
    let refusal = checked.findings.iter().find(|finding| {
        REFUSALS.contains(&finding.rule)
            || finding.rule == "unescaped-dollar" && finding.severity == Severity::Error
    });
    match refusal {
        Some(finding) => Err(format!("`{}` calls it refused", finding.rule)),
        None if checked.faults.is_empty() => Ok(()),
        None => Err("the file was not read".to_owned()),
    }
}

/// The health check of the image, or of the service of that name.
fn probe<'a>(
    reading: &'a Reading,
    name: &str,
) -> Result<(Option<&'a Probe>, Option<&'a Service>), String> {
    if name == "image" {
        let build = reading.project.build.as_ref().ok_or("no build was read")?;
        let target = build.target.ok_or("no stage was read")?;
        return Ok((build.probe_of(target), None));
    }
    let service = reading
        .project
        .services
        .iter()
        .find(|service| service.name.value == name)
        .ok_or_else(|| format!("no service `{name}` was read"))?;
    Ok((service.probe.as_ref(), Some(service)))
}

/// All that healthlint says, on one line.
fn said(checked: &Checked) -> String {
    let findings = checked.findings.iter().map(|finding| {
        format!(
            "{}[{}] at {:?} of {}",
            finding.severity.word(),
            finding.rule,
            checked.sources.slice(finding.span),
            checked.sources.get(finding.span.source).path
        )
    });
    let faults = checked
        .faults
        .iter()
        .map(|fault| format!("fault at {:?}: {}", fault.span, fault.message));
    let all: Vec<String> = findings.chain(faults).collect();
    if all.is_empty() {
        "nothing".to_owned()
    } else {
        all.join("; ")
    }
}

#[test]
fn every_verdict_of_the_engines_is_healthlints_too() {
    let mut wrong = String::new();
    for row in table() {
        let problems = row.judge();
        if problems.is_empty() {
            continue;
        }
        let engine = row.says.as_deref().unwrap_or("accepted");
        let case = row.case.as_deref().unwrap_or_default();
        let _ = writeln!(wrong, "{} ({:?}) {case}\n    {engine}", row.id, row.verdict);
        for problem in problems {
            let _ = writeln!(wrong, "    {problem}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_table_is_whole() {
    let rows = table();
    for (engine, count) in COUNTS {
        let rows = rows.iter().filter(|row| row.engine == engine).count();
        assert_eq!(rows, count, "rows of {engine}");
    }
    let total: usize = COUNTS.iter().map(|(_, count)| count).sum();
    assert_eq!(rows.len(), total);
    let mut ids = BTreeSet::new();
    for row in &rows {
        let id = &row.id;
        assert!(ids.insert(id), "{id} stands twice");
        let known = |name: &str| RULES.iter().any(|rule| rule.name == name);
        if let Some(rule) = &row.rule {
            assert!(known(rule), "{id}: there is no rule `{rule}`");
        }
        let expectations = [row.rule.is_some(), row.fault, row.silent.is_some()];
        let expectations = expectations.into_iter().filter(|each| *each).count();
        let refused = row.verdict == Verdict::Error || row.but.is_some();
        assert_eq!(
            expectations,
            usize::from(refused),
            "{id}: a refused row names a rule, a fault or why nothing is said; no other row does"
        );
        assert!(
            row.verdict != Verdict::Error || row.says.is_some(),
            "{id}: the engine's words are missing"
        );
    }
}
