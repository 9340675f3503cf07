//! `healthlint check`: find the files, judge them, and show, diff or mend.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::input::{asked_for, configuration, learned, not_text, options, reason, standard_input};
use super::suggest::Suggest;
use super::units::{keep_named, units};
use super::{Outlet, Status, missed, pages};
use crate::check::{self, Checked, Options, Unit};
use crate::finding::{Applicability, Fault, Severity};
use crate::fix::{Mended, Terms, Texts, mend_most};
use crate::model::file::Seen;
use crate::read::{Files, Unread};
use crate::report::{self, Report, visible};
use crate::rules::RULES;
use crate::walk::{self, Disk, Found};

/// The words behind `healthlint check`.
#[derive(Args, Debug)]
// Each flag is one word of the command line; they do not exclude each other.
#[allow(clippy::struct_excessive_bools)]
pub struct Check {
    /// Files or folders; `-` reads standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// The name that standard input has, so that the files beside it are seen
    #[arg(long, value_name = "NAME")]
    pub stdin_filename: Option<String>,
    /// How findings are told
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    format: Format,
    /// Print the fixes as one unified diff, which `git apply` and `patch -p1` take; findings go to standard error
    #[arg(long, conflicts_with = "fix")]
    diff: bool,
    /// Apply the safe fixes
    #[arg(long)]
    fix: bool,
    /// With --diff or --fix: take the unsafe fixes too
    #[arg(long)]
    unsafe_fixes: bool,
    /// Only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// The lowest level that makes the exit status 1
    #[arg(long, value_enum, default_value = "warning", value_name = "LEVEL")]
    fail_on: FailOn,
    /// Read these Compose files as one project, in this order
    #[arg(short = 'F', long = "file", value_name = "FILE")]
    pub files: Vec<String>,
    /// Fill in variables from the environment too, as Compose does
    #[arg(long)]
    pub env: bool,
    /// Read files that lie outside the working directory and the git work tree, where a file points at them
    #[arg(long)]
    allow_outside: bool,
    /// Print findings only: no summary, nothing about what was left out
    #[arg(short, long)]
    quiet: bool,
    /// Name every file that is spoken of and is not there, however many
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the source, the reason and the fixes
    Human,
    /// One line each: `path:line:column: severity[rule] title`
    Concise,
    /// The contract `healthlint/1`
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// What `healthlint suggest` says beside its diff
    #[value(skip)]
    Suggestions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl Check {
    /// The same way through the house for `healthlint suggest`: one rule, whose fixes are offered or taken.
    pub fn of_suggestions(command: &Suggest) -> Self {
        Self {
            paths: command.paths.clone(),
            stdin_filename: None,
            format: Format::Suggestions,
            diff: !command.apply,
            fix: command.apply,
            unsafe_fixes: true,
            select: vec!["missing-healthcheck".to_owned()],
            ignore: Vec::new(),
            fail_on: FailOn::Never,
            files: command.files.clone(),
            env: command.env,
            allow_outside: command.allow_outside,
            quiet: false,
            verbose: false,
        }
    }
}

impl FailOn {
    fn is_met_by(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

/// Everything about one run that does not change while it lasts.
struct Run<'a> {
    command: &'a Check,
    outlet: &'a Outlet,
    disk: &'a Disk,
    options: Options,
    units: Vec<Unit>,
    /// The files that are spoken of and may be written.
    named: BTreeSet<String>,
    /// Compose files that are read only because they may build a Dockerfile that was named.
    beside: BTreeSet<String>,
    found: Found,
    /// The path that standard input has, and its bytes.
    input: Option<(String, Vec<u8>)>,
}

/// Runs the command.
pub fn run(command: &Check, outlet: &Outlet) -> Status {
    let trouble = |message: &str| {
        outlet.error(&format!("error: {}\n", visible::line(message)));
        Status::Trouble
    };
    if command.unsafe_fixes && !command.diff && !command.fix {
        return trouble("`--unsafe-fixes` goes with `--diff` or `--fix`");
    }
    for name in command.select.iter().chain(&command.ignore) {
        if RULES.iter().all(|rule| rule.name != name) {
            return trouble(&pages::unknown_rule(name));
        }
    }
    let folder = match std::env::current_dir() {
        Ok(folder) => folder,
        Err(error) => return trouble(&format!("the working directory cannot be read: {error}")),
    };
    let mut disk = Disk::new(&folder, command.allow_outside);
    let Some(config) = configuration(&folder, &disk, outlet) else {
        return Status::Trouble;
    };
    let Some(learned) = learned(&folder, &disk, &config, outlet) else {
        return Status::Trouble;
    };
    let input = match standard_input(command) {
        Ok(input) => input,
        Err(message) => return trouble(&message),
    };
    if let Some((name, bytes)) = &input {
        let shown = disk.shown(Path::new(name));
        if disk.absolute(name).is_dir() {
            return trouble(&format!(
                "`--stdin-filename` names a file, and `{shown}` is a folder"
            ));
        }
        disk.hold(&shown, bytes.clone());
    }
    let paths = asked_for(command, input.as_ref());
    if paths.iter().chain(&command.files).any(String::is_empty) {
        return trouble("an empty path names nothing; `.` is the working directory");
    }
    for path in paths.iter().chain(&command.files) {
        disk.name(path);
    }
    let mut found = disk.find(&paths);
    let by_name: BTreeSet<String> = paths
        .iter()
        .map(|path| disk.shown(Path::new(path)))
        .collect();
    let (mut all_units, beside) = units(&disk, &found.files, &by_name);
    let mut named: BTreeSet<String> = found.files.iter().map(|(path, _)| path.clone()).collect();
    if !command.files.is_empty() {
        let files: Vec<String> = command
            .files
            .iter()
            .map(|path| disk.shown(Path::new(path)))
            .collect();
        for path in &files {
            found
                .unread
                .extend(disk.read(path).err().map(|unread| (path.clone(), unread)));
        }
        named.extend(files.iter().filter(|path| disk.read(path).is_ok()).cloned());
        all_units.retain(|unit| !matches!(unit, Unit::Compose(paths) if paths.iter().all(|path| files.contains(path))));
        if found.unread.is_empty() {
            all_units.insert(0, Unit::Compose(files));
        }
    }
    Run {
        command,
        outlet,
        disk: &disk,
        options: options(command, config, learned),
        units: all_units,
        named,
        beside,
        found,
        input: input.map(|(name, bytes)| (disk.shown(Path::new(&name)), bytes)),
    }
    .go()
}

impl Run<'_> {
    fn go(&self) -> Status {
        let mut checked = self.check(self.disk);
        self.add_unread(&mut checked);
        if self.command.diff || self.command.fix {
            self.mend(&checked)
        } else {
            self.tell(&checked, false);
            self.status(&checked)
        }
    }

    fn check(&self, files: &dyn Files) -> Checked {
        let mut checked = check::check(&self.units, files, &self.options);
        keep_named(&mut checked, &self.named, &self.beside);
        checked
    }

    fn mend(&self, checked: &Checked) -> Status {
        let lowest = if self.command.unsafe_fixes {
            Applicability::Unsafe
        } else {
            Applicability::Safe
        };
        let again = |texts: &Texts| {
            let files = Changed {
                texts,
                disk: self.disk,
            };
            let mut checked = self.check(&files);
            self.add_unread(&mut checked);
            checked
        };
        let terms = Terms {
            lowest,
            may_write: &|path| self.named.contains(path),
            check: &again,
        };
        let (mended, stuck) = mend_most(checked, &terms);
        let status = if self.command.diff {
            self.show_diff(checked, &mended);
            self.tell(checked, true);
            self.status(checked)
        } else {
            self.write(checked, &mended)
        };
        for stuck in &stuck {
            let message = visible::line(&stuck.message()).into_owned();
            self.outlet.error(&format!("{message}\n"));
        }
        if stuck.is_empty() {
            status
        } else {
            status.max(Status::Findings)
        }
    }

    fn show_diff(&self, before: &Checked, mended: &Mended) {
        // A link and the file that it leads to are one file, and a patch names that one, once.
        let files: BTreeMap<String, walk::Change> = changes(before, mended)
            .map(|change| (self.disk.patched(change.path), change))
            .collect();
        let patch = report::diff::render(files.iter().map(|(path, change)| report::diff::Change {
            path,
            old: change.old,
            new: change.new,
        }));
        self.bytes(patch.as_bytes());
    }

    fn write(&self, before: &Checked, mended: &Mended) -> Status {
        let input = self.input.as_ref().map(|(path, _)| path.as_str());
        let on_disk: Vec<walk::Change> = changes(before, mended)
            .filter(|change| Some(change.path) != input)
            .collect();
        if let Err(refused) = walk::write(self.disk, &on_disk) {
            self.pass_input_on(None);
            self.tell(before, input.is_some());
            for refused in refused {
                let line = format!("{}: {}", refused.path, refused.message);
                self.outlet.error(&format!("{}\n", visible::line(&line)));
            }
            return Status::Trouble;
        }
        self.pass_input_on(Some(&mended.texts));
        if !self.command.quiet {
            let mut lines = String::new();
            for fixed in &mended.fixed {
                let line = format!(
                    "{}:{}: fixed[{}] {}",
                    fixed.path, fixed.line, fixed.rule, fixed.title
                );
                let _ = writeln!(lines, "{}", visible::line(&line));
            }
            let is_told = matches!(self.command.format, Format::Human | Format::Suggestions);
            if is_told && input.is_none() {
                self.outlet.out(&lines);
            } else {
                self.outlet.error(&lines);
            }
        }
        self.tell(&mended.left, input.is_some());
        self.status(&mended.left)
    }

    /// Standard input, mended or as it was, goes to standard output: the way of a filter.
    fn pass_input_on(&self, texts: Option<&Texts>) {
        if !self.command.fix {
            return;
        }
        let Some((path, bytes)) = &self.input else {
            return;
        };
        let text = texts.and_then(|texts| texts.get(path));
        self.bytes(text.map_or(bytes, |text| text.as_bytes()));
    }

    /// Bytes of the user's files to standard output: as they are, but harmless where a terminal would obey them.
    fn bytes(&self, bytes: &[u8]) {
        if Outlet::is_terminal() {
            self.outlet
                .out(&visible::lines(&String::from_utf8_lossy(bytes)));
        } else {
            Outlet::bytes(bytes);
        }
    }

    /// Tells the findings in the chosen form, on standard error where standard output is taken.
    fn tell(&self, checked: &Checked, aside: bool) {
        let report = Report {
            sources: &checked.sources,
            findings: &checked.findings,
            faults: &checked.faults,
            rules: RULES,
            files: self.named.len(),
            probes: checked.probes,
        };
        let color = if aside {
            self.outlet.colors_error()
        } else {
            self.outlet.colors_out()
        };
        let mut text = match self.command.format {
            Format::Human => report::human::render(&report, color),
            Format::Concise => report::concise::render(&report),
            Format::Json => report::json::render(&report),
            Format::Sarif => report::sarif::render(&report),
            Format::Github => report::github::render(&report),
            Format::Suggestions => report::suggested::render(&report),
        };
        let ending = self.ending(&report, &checked.absent);
        if self.command.format == Format::Human {
            text += &ending;
        }
        if aside {
            self.outlet.error(&text);
        } else {
            self.outlet.out(&text);
        }
        // Lines that a program reads are kept free of ours.
        if self.command.format == Format::Concise {
            self.outlet.error(&ending);
        }
    }

    /// What was left out, and the summary.
    fn ending(&self, report: &Report, absent: &[Fault]) -> String {
        if self.command.quiet {
            return String::new();
        }
        let mut out = String::new();
        for skipped in &self.found.skipped {
            let line = format!("skipped: {} {}", skipped.path, skipped.reason);
            let _ = writeln!(out, "{}", visible::line(&line));
        }
        out += &missed::lines(report, absent, self.command.verbose);
        out + &report.summary() + "\n"
    }

    fn status(&self, checked: &Checked) -> Status {
        if !checked.faults.is_empty() {
            return Status::Trouble;
        }
        let fail_on = self.command.fail_on;
        let mut levels = checked.findings.iter().map(|finding| finding.severity);
        if levels.any(|severity| fail_on.is_met_by(severity)) {
            Status::Findings
        } else {
            Status::Quiet
        }
    }

    /// The files that were asked for and could not be read: a fault each.
    fn add_unread(&self, checked: &mut Checked) {
        for (path, unread) in &self.found.unread {
            let fault = match unread {
                Unread::NotText(byte) => not_text(self.disk, &mut checked.sources, path, *byte),
                _ => Fault {
                    span: None,
                    path: path.clone(),
                    message: reason(unread),
                },
            };
            checked.faults.push(fault);
        }
        checked
            .faults
            .sort_by(|one, other| (&one.path, one.span).cmp(&(&other.path, other.span)));
        checked.faults.dedup();
    }
}

/// The disk, with some texts already changed.
struct Changed<'a> {
    texts: &'a Texts,
    disk: &'a Disk,
}

impl Files for Changed<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, Unread> {
        match self.texts.get(path) {
            Some(text) => Ok(Arc::clone(text)),
            None => self.disk.read(path),
        }
    }

    fn look(&self, path: &str) -> Seen {
        self.disk.look(path)
    }
}

/// The files that fixes changed, as they were and as they are.
fn changes<'a>(before: &'a Checked, mended: &'a Mended) -> impl Iterator<Item = walk::Change<'a>> {
    mended.texts.iter().filter_map(|(path, new)| {
        let source = before.sources.get(before.sources.find(path)?);
        Some(walk::Change {
            path: &source.path,
            old: &source.text,
            new,
        })
    })
}
