//! What a Dockerfile does to an image: stages and steps in the order in which they act.

use crate::model::Written;
use crate::model::allow::Allow;
use crate::model::probe::Probe;
use crate::model::project::Invocation;
use crate::model::rejected::Rejected;
use crate::text::{SourceId, Span, Traced};

/// A Dockerfile, with the arguments and the target that it is built with.
#[derive(Clone, Debug)]
pub struct Build {
    /// The file.
    pub source: SourceId,
    /// The folder that COPY reads, as a path like the sources' own; None where it is unknown.
    pub context: Option<String>,
    /// The stages in order.
    pub stages: Vec<Stage>,
    /// The stage that becomes the image: the target where one is named, else the last. None where it cannot be told.
    pub target: Option<usize>,
    /// What BuildKit rejects in it.
    pub rejected: Vec<Rejected>,
    /// What the author allows in it.
    pub allows: Vec<Allow>,
}

/// From one FROM to the next.
#[derive(Clone, Debug)]
pub struct Stage {
    /// `AS name`.
    pub name: Option<Written<String>>,
    /// The FROM instruction.
    pub span: Span,
    /// What it starts from.
    pub base: Base,
    /// `--platform` names Windows, the base does, or the escape is the backtick: nothing is known about such a stage.
    pub windows: bool,
    /// What it does, in order; an inherited ONBUILD of a local parent stage comes first.
    pub steps: Vec<Step>,
}

/// What a stage starts from.
#[derive(Clone, Debug)]
pub enum Base {
    /// A published image; the text may hold unknown arguments.
    Image(Written<Traced>),
    /// An earlier stage of the same file.
    Stage(usize),
    /// `FROM scratch`.
    Scratch,
}

/// One instruction.
#[derive(Clone, Debug)]
pub struct Step {
    /// The whole instruction.
    pub span: Span,
    /// What it does.
    pub action: Action,
}

/// What an instruction does.
#[derive(Clone, Debug)]
pub enum Action {
    /// RUN; a heredoc that the shell reads is its text.
    Run(Invocation),
    /// RUN whose commands cannot be read (a foreign interpreter).
    RunUnknown,
    /// COPY or ADD.
    Copy {
        /// Where from.
        from: CopyFrom,
        /// The sources.
        sources: Vec<Traced>,
        /// The destination.
        destination: Traced,
        /// `--chmod`.
        chmod: Option<Traced>,
        /// ADD, which unpacks archives and fetches URLs.
        add: bool,
    },
    /// ENV, one entry per variable.
    Env(Vec<(String, Traced)>),
    /// ARG inside the stage, with its value where one is known.
    Arg(String, Option<Traced>),
    /// USER.
    User(Traced),
    /// WORKDIR.
    Workdir(Traced),
    /// EXPOSE, one entry per port.
    Expose(Vec<Traced>),
    /// ENTRYPOINT.
    Entrypoint(Invocation),
    /// CMD.
    Cmd(Invocation),
    /// SHELL; it has no say in HEALTHCHECK.
    Shell(Vec<Traced>),
    /// HEALTHCHECK; a later one of the same stage replaces an earlier one.
    Healthcheck(Box<Probe>),
    /// An instruction that does not matter here, or one that is broken.
    Other,
}

/// Where a COPY takes its files from.
#[derive(Clone, Debug)]
pub enum CopyFrom {
    /// The build context.
    Context,
    /// A stage of the same file.
    Stage(usize),
    /// Another image.
    Image(Traced),
    /// A named context, or something that cannot be told.
    Unknown,
}

impl Stage {
    /// The HEALTHCHECKs written in this stage, in order; those that a parent's ONBUILD brings along are not.
    pub fn own_probes(&self) -> impl DoubleEndedIterator<Item = &Probe> {
        let written = |probe: &&Probe| probe.span.start >= self.span.start;
        self.probes().filter(written)
    }

    /// The HEALTHCHECKs that act in this stage, in order.
    pub fn probes(&self) -> impl DoubleEndedIterator<Item = &Probe> {
        self.steps.iter().filter_map(|step| match &step.action {
            Action::Healthcheck(probe) => Some(&**probe),
            _ => None,
        })
    }
}

impl Build {
    /// The stage that becomes the image.
    pub fn final_stage(&self) -> Option<&Stage> {
        self.stages.get(self.target?)
    }

    /// The stage and those it comes from in the same file, the nearest first.
    pub fn chain(&self, stage: usize) -> Vec<usize> {
        let mut chain = vec![stage];
        let mut at = stage;
        while let Some(Base::Stage(parent)) = self.stages.get(at).map(|stage| &stage.base) {
            if *parent >= at {
                break;
            }
            chain.push(*parent);
            at = *parent;
        }
        chain
    }

    /// The check that the stage's image has by this file: its own last one, else its parent stage's.
    pub fn probe_of(&self, stage: usize) -> Option<&Probe> {
        self.chain(stage)
            .into_iter()
            .find_map(|index| self.stages.get(index)?.probes().next_back())
    }
}
