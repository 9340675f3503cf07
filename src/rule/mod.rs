//! The shape of a rule: a value that takes a context and returns findings.

mod init;
mod recipe;
mod rewrite;

pub use recipe::Offer;

use std::ops::Range;
use std::sync::Arc;

use crate::facts::arrival::Arrival;
use crate::facts::{Answer, Firmness, Holds, Inventory, OwnCheck, Reason, Shell};
use crate::finding::{Finding, Severity};
use crate::model::Written;
use crate::model::build::Build;
use crate::model::command::{Call, Command};
use crate::model::draft::Draft;
use crate::model::probe::{Form, Probe, Test, Timing, defaults};
use crate::model::project::{Condition, Project, Service};
use crate::model::rejected::Rejected;
use crate::model::target::Targets;
use crate::outcome::budget::Watch;
use crate::outcome::schedule::Settings;
use crate::outcome::{self, Outcome, Reach, Scene};
use crate::text::{Edit, Filling, Sources, Span, Traced};

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case; names the fault, so that "allow `<name>`" reads well.
    pub name: &'static str,
    /// The level of most of its findings; None for a rule that is off unless the user turns it on.
    pub severity: Option<Severity>,
    /// Its page, in Markdown; the first paragraph is the summary.
    pub page: &'static str,
    /// It speaks only where no other rule reports an error in the same check: one cause, one finding.
    pub last_resort: bool,
    /// Looks at one project.
    pub check: fn(&Context<'_>) -> Vec<Finding>,
}

impl Rule {
    /// The first paragraph of the page, as one line.
    pub fn summary(&self) -> String {
        self.page
            .lines()
            .skip_while(|line| line.starts_with('#') || line.trim().is_empty())
            .take_while(|line| !line.trim().is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Where the page can be read.
    pub fn url(&self) -> String {
        format!(
            "https://github.com/healthlint/healthlint/blob/main/rules/{}.md",
            self.name
        )
    }
}

/// What a rule may look at: one project and what is known about it.
#[derive(Debug)]
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// The nouns.
    pub project: &'a Project,
    /// The engines that the files are meant for.
    pub targets: &'a Targets,
    /// Every container that a check watches: services that have one, their image's included, and stages of a
    /// Dockerfile that is judged by itself.
    pub watched: Vec<Watched<'a>>,
    /// What each service's container holds, in the order of the services.
    pub inventories: Vec<Arc<Inventory>>,
}

/// One container and the check that watches it.
#[derive(Debug)]
pub struct Watched<'a> {
    /// The service; None for a Dockerfile by itself.
    pub service: Option<&'a Service>,
    /// The local build and the stage that the container comes from.
    pub build: Option<(&'a Build, usize)>,
    /// The check that says the test, or the settings where the test is the image's.
    pub probe: &'a Probe,
    /// What is run, from this check or the local image's; None where it is unknown or switched off.
    pub test: Option<&'a Written<Test>>,
    /// When it is run: each field from this check, else from the local image.
    pub timing: Timing,
    /// What the container holds and how it runs.
    pub inventory: Arc<Inventory>,
    /// What is run, as the container's own shell reads it.
    pub command: Option<Command>,
    /// Every program that is called on the way.
    pub calls: Vec<Call>,
    /// Those files that it runs by their paths, by itself or with an interpreter.
    pub scripts: Vec<Script>,
    /// How it ends in each state of the service; None where there is nothing to play.
    pub outcome: Option<Outcome>,
}

/// A file that a check runs by its path.
#[derive(Clone, Debug)]
pub struct Script {
    /// The place of the call among the calls.
    pub call: usize,
    /// The place of the word among its words; 0 is the program itself.
    pub word: usize,
    /// The path in the container.
    pub path: String,
    /// How it comes there.
    pub arrival: Arrival,
}

impl<'a> Context<'a> {
    /// Every program that some check calls, with the container that it runs in.
    pub fn calls(&self) -> impl Iterator<Item = (&Watched<'a>, &Call)> {
        let watched = self.watched.iter();
        watched.flat_map(|watched| watched.calls.iter().map(move |call| (watched, call)))
    }

    /// What a service's container holds.
    pub fn inventory(&self, service: &Service) -> Option<&Arc<Inventory>> {
        let at = self
            .project
            .services
            .iter()
            .position(|each| std::ptr::eq(each, service))?;
        self.inventories.get(at)
    }

    /// A service that starts only when this one is healthy: its name, and where it says so.
    pub fn waits_for(&self, service: &Service) -> Option<(&str, Span)> {
        let name = &service.name.value;
        self.project.services.iter().find_map(|other| {
            let mut waits = other.depends_on.iter();
            let wait = waits.find(|wait| {
                wait.service.value == *name && wait.condition.value == Condition::Healthy
            })?;
            Some((other.name.value.as_str(), wait.condition.span))
        })
    }

    /// The check that the users of a service's image should have, filled in for this service, as a new key of it;
    /// `needs` says what the service must set first, or the check can never pass.
    pub fn recipe(&self, service: &Service) -> Option<Offer> {
        recipe::added(self, service)
    }

    /// A check that asks this port of a service over HTTP, as a new key of it: with a program that its container is
    /// known to have.
    pub fn ask(&self, service: &Service, port: u16) -> Option<Edit> {
        recipe::asking(self, service, port)
    }

    /// The same with curl or else wget, where nobody knows which of them is there.
    pub fn ask_blindly(&self, service: &Service, port: u16) -> Option<Edit> {
        recipe::asking_blindly(self, service, port)
    }

    /// What is known of the check of each service, in the order of the services.
    pub fn watches(&self) -> Vec<Watch> {
        let services = self.project.services.iter().zip(&self.inventories);
        services
            .map(|(service, inventory)| self.watch(service, inventory))
            .collect()
    }

    fn watch(&self, service: &Service, inventory: &Inventory) -> Watch {
        let is_own = |watched: &&Watched<'_>| {
            watched
                .service
                .is_some_and(|other| std::ptr::eq(other, service))
        };
        let watched = self.watched.iter().find(is_own);
        if watched.is_some_and(|watched| watched.probe.disabled.is_some()) {
            return Watch::Nothing;
        }
        let own = watched.map_or(&inventory.check, Watched::own_check);
        let runs = watched.is_some_and(|watched| watched.test.is_some());
        match own {
            OwnCheck::None if !runs => Watch::Nothing,
            OwnCheck::Unknown if !runs => Watch::Unknown,
            _ => {
                let timing = watched.map(|watched| &watched.timing);
                Settings::of(timing.unwrap_or(&Timing::default()), own)
                    .map_or(Watch::Unknown, |set| Watch::Timed(set.times(self.targets)))
            }
        }
    }

    /// What the engines reject in the project's files and in the Dockerfile that is judged by itself.
    pub fn rejected(&self) -> impl Iterator<Item = &Rejected> {
        let build = self.project.build.iter().flat_map(|build| &build.rejected);
        self.project.rejected.iter().chain(build)
    }
}

impl Watched<'_> {
    /// How the check would end if the container were another: with this inventory in place of its own.
    pub fn outcome_in(&self, inventory: &Inventory) -> Option<Outcome> {
        let scene = Scene {
            inventory,
            timeout: self.timing.effective_timeout().unwrap_or(defaults::TIMEOUT),
        };
        Some(outcome::play(self.command.as_ref()?, &scene))
    }

    /// Whether the check says nothing about the service, as it stands.
    pub fn is_spoiled(&self) -> bool {
        self.outcome.as_ref().is_some_and(spoils)
    }

    /// Whether the check says nothing about the service if this program, which may be there, is not.
    pub fn is_spoiled_without(&self, program: &str) -> bool {
        let mut inventory = (*self.inventory).clone();
        let absent = Reason::fact(format!("`{program}` is not there"));
        inventory.change(program, Answer::because(Holds::No(Firmness::Firm), absent));
        self.outcome_in(&inventory).as_ref().is_some_and(spoils)
    }

    /// The line of a Dockerfile that installs a program the way its image does that.
    pub fn install(&self, program: &str) -> Option<String> {
        let manager = self.inventory.manager.as_deref()?;
        let package = match program {
            "curl" | "wget" | "jq" | "bash" => program,
            "pgrep" | "ps" | "pidof" if manager != "apk" => match manager {
                "apt" => "procps",
                _ => "procps-ng",
            },
            _ => return None,
        };
        Some(match manager {
            "apk" => format!("RUN apk add --no-cache {package}"),
            "apt" => format!(
                "RUN apt-get update && apt-get install -y --no-install-recommends {package} && rm -rf /var/lib/apt/lists/*"
            ),
            "dnf" | "microdnf" | "yum" => {
                format!("RUN {manager} install -y {package} && {manager} clean all")
            }
            _ => return None,
        })
    }

    /// How the check would end if `/bin/sh` were bash; None where it is, or nobody knows what it is.
    pub fn outcome_under_bash(&self) -> Option<Outcome> {
        let shell = self.inventory.shell();
        if !matches!(shell, Shell::Dash | Shell::Ash) || !self.command.as_ref()?.needs_shell() {
            return None;
        }
        let mut inventory = (*self.inventory).clone();
        inventory.change_shell(Shell::Bash);
        self.outcome_in(&inventory)
    }

    /// The values that the environment gives to what this container runs, each with the name that may be shown; one
    /// or two characters say nothing to anybody and stand everywhere.
    pub fn environment_values(&self) -> Vec<(String, String)> {
        let image = self.service.and_then(|service| service.image.as_ref());
        let mut texts: Vec<&Traced> = image.map(|image| &image.value).into_iter().collect();
        if let Some(test) = self.test {
            texts.extend(test.value.form.texts());
        }
        let mut values = Vec::new();
        for text in texts {
            for (range, variable) in text.variables() {
                let value = text.as_str().get(range).unwrap_or_default();
                if variable.filling == Filling::Environment && value.len() > 2 {
                    values.push((value.to_owned(), variable.shown.clone()));
                }
            }
        }
        // The longest first, so that no piece of one is taken for another.
        values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        values
    }

    /// The settings that count: from this check, else from the image's, else the engine's own. None where one of them
    /// is not known, or only the environment knows it, so that no message can tell what follows.
    pub fn settings(&self) -> Option<Settings> {
        let timing = &self.timing;
        let times = [
            &timing.interval,
            &timing.timeout,
            &timing.start_period,
            &timing.start_interval,
        ];
        let texts = times.into_iter().flatten().map(|set| &set.value.text);
        let mut texts = texts.chain(timing.retries.iter().map(|count| &count.value.text));
        if texts.any(Traced::from_environment) {
            return None;
        }
        Settings::of(timing, self.own_check())
    }

    /// The check of the published image; what a local Dockerfile says is part of the timing already.
    fn own_check(&self) -> &OwnCheck {
        let local = |(build, stage): (&Build, usize)| build.probe_of(stage).is_some();
        if self.build.is_some_and(local) {
            &OwnCheck::None
        } else {
            &self.inventory.check
        }
    }

    /// Whether anything is run: a test that is known here, or the image's own.
    pub fn runs(&self) -> bool {
        let own = || matches!(self.own_check(), OwnCheck::Command(_));
        self.probe.disabled.is_none() && (self.test.is_some() || own())
    }

    /// Whether a value from the environment has a say in what this container runs.
    pub fn rests_on_environment(&self) -> bool {
        let image = self.service.and_then(|service| service.image.as_ref());
        let test = self.test.map(|test| match &test.value.form {
            Form::Exec(words) | Form::Unheaded(words) => words.iter().any(Traced::from_environment),
            Form::Shell { script, .. } => script.from_environment(),
        });
        image.is_some_and(|image| image.value.from_environment()) || test == Some(true)
    }

    /// Whether another check of the same container comes to the same verdict in every world, or this one could
    /// never pass, or the very same thing is run.
    pub fn verdict_kept_by(&self, other: &Watched<'_>) -> bool {
        // A list without its first word stopped the engine: there was no verdict that could change.
        if self
            .test
            .is_some_and(|test| matches!(test.value.form, Form::Unheaded(_)))
        {
            return true;
        }
        let (Some(old), Some(new)) = (&self.outcome, &other.outcome) else {
            return self.outcome.is_none() && other.outcome.is_none();
        };
        old.never_zero()
            || old.same_as(new)
            || old.made_sure_by(new)
            || self.runs_the_same_as(other)
    }

    fn runs_the_same_as(&self, other: &Watched<'_>) -> bool {
        let (Some(one), Some(other)) = (self.test, other.test) else {
            return false;
        };
        let texts = |words: &[Traced]| -> Vec<String> {
            words.iter().map(|word| word.as_str().to_owned()).collect()
        };
        match (&one.value.form, &other.value.form) {
            (Form::Exec(one), Form::Exec(other)) => texts(one) == texts(other),
            (
                Form::Shell {
                    script, dropped, ..
                },
                Form::Shell {
                    script: other,
                    dropped: others,
                    ..
                },
            ) => script.as_str() == other.as_str() && texts(dropped) == texts(others),
            _ => false,
        }
    }

    /// When a call of this check runs.
    pub fn reach(&self, call: &Call) -> Reach {
        let outcome = self.outcome.as_ref();
        let word = call.words.first().map(|word| word.span);
        outcome
            .zip(word)
            .map_or(Reach::Perhaps, |(outcome, word)| outcome.reach(word))
    }

    /// Puts words behind the word `at` of a call (the program is word 0).
    pub fn insert_words(&self, call: &Call, at: usize, new: &[&str]) -> Option<Edit> {
        let new = new.iter().map(|word| Draft::text(*word)).collect();
        rewrite::insert(self, call, at, new)
    }

    /// The same with words that may carry over variables of the user's file; a script takes new text only.
    pub fn insert_drafts(&self, call: &Call, at: usize, new: Vec<Draft>) -> Option<Edit> {
        rewrite::insert(self, call, at, new)
    }

    /// Puts other words in place of some words of a call (the program is word 0); none takes them out.
    pub fn replace_words(&self, call: &Call, old: Range<usize>, new: &[String]) -> Option<Edit> {
        rewrite::words(self, call, old, new)
    }

    /// Puts other words in place of a call, with one of its words kept as it is written.
    pub fn replace_call(
        &self,
        call: &Call,
        before: &[String],
        kept: Option<usize>,
    ) -> Option<Vec<Edit>> {
        rewrite::call(self, call, before, kept, None)
    }

    /// The same with a part of the kept word replaced.
    pub fn replace_call_with(
        &self,
        call: &Call,
        before: &[String],
        kept: usize,
        part: &(Range<usize>, &str),
    ) -> Option<Vec<Edit>> {
        rewrite::call(self, call, before, Some(kept), Some(part))
    }

    /// The check that the users of this image should have, filled in for this service, in place of the test or beside
    /// settings that have none.
    pub fn recipe(&self) -> Option<Offer> {
        recipe::instead(self)
    }

    /// A finding about this container.
    pub fn finding(
        &self,
        rule: &Rule,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
        why: impl Into<String>,
    ) -> Finding {
        let mut finding = Finding::new(rule.name, severity, span, message, why);
        finding.service = self.service.map(|service| service.name.value.clone());
        finding
    }
}

/// Whether a check that ends so says nothing about the service.
fn spoils(outcome: &Outcome) -> bool {
    outcome.never_zero() || outcome.cannot_fail()
}
