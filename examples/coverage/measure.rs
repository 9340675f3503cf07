//! Counts, over real Compose files, for how many checks on public images the facts say whether the tool is there.
//!
//! A check counts where its service runs a published image whose repository is named; its tool is the first program
//! that it runs and that the shell does not bring itself, or the shell where there is none. A program that the service
//! mounts is no question to the image.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs, io};

use healthlint::check::{Options, Unit, Watched, inspect};
use healthlint::facts::Holds;
use healthlint::fix::Texts;
use healthlint::model::image_name;

/// How much is answered.
#[derive(Debug, Default)]
pub struct Figures {
    /// Checks of services that run a published image.
    pub checks: usize,
    /// The answer is yes or no.
    pub answered: usize,
    /// The answer is yes or no, and more speaks for it than that published checks run the tool.
    pub by_evidence: usize,
    /// The answer is no.
    pub absent: usize,
    /// What nobody knows: image and tool, with how many checks ask for it.
    pub unknown: BTreeMap<(String, String), usize>,
    /// What only published checks say: image and tool, with how many checks ask for it.
    pub attested: BTreeMap<(String, String), usize>,
}

/// Reads every Compose file under the folder and counts.
///
/// # Errors
/// A folder that cannot be read.
pub fn measure(top: &Path) -> io::Result<Figures> {
    let mut files = Texts::new();
    gather(top, top, &mut files)?;
    let mut figures = Figures::default();
    let is_yaml = |path: &str| {
        let end = Path::new(path).extension().and_then(|end| end.to_str());
        matches!(end, Some("yml" | "yaml"))
    };
    for path in files.keys().filter(|path| is_yaml(path)) {
        let unit = Unit::Compose(vec![path.clone()]);
        inspect(&unit, &files, &Options::default(), |context, _| {
            for watched in &context.watched {
                figures.count(watched);
            }
        });
    }
    Ok(figures)
}

fn gather(top: &Path, folder: &Path, files: &mut Texts) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(top, &path, files)?;
        } else if let (Ok(text), Ok(name)) = (fs::read_to_string(&path), path.strip_prefix(top)) {
            files.insert(name.to_string_lossy().replace('\\', "/"), text.into());
        }
    }
    Ok(())
}

impl Figures {
    fn count(&mut self, watched: &Watched<'_>) {
        let Some(image) = published(watched).filter(|_| watched.test.is_some()) else {
            return;
        };
        let inventory = &watched.inventory;
        let called = watched.calls.iter().find(|call| !call.builtin);
        let tool = match called {
            Some(call) => call.program().unwrap_or("(a variable)"),
            None => "/bin/sh",
        };
        if is_mounted(watched, tool) {
            return;
        }
        self.checks += 1;
        match inventory.has(tool).holds {
            Holds::Unknown => {
                *self.unknown.entry((image, tool.to_owned())).or_default() += 1;
                return;
            }
            Holds::No(_) => self.absent += 1,
            Holds::Yes(_) => {}
        }
        self.answered += 1;
        if inventory.is_only_attested(tool) {
            *self.attested.entry((image, tool.to_owned())).or_default() += 1;
        } else {
            self.by_evidence += 1;
        }
    }

    /// The share of checks that are answered, in percent.
    pub fn answered_share(&self) -> f64 {
        share(self.answered, self.checks)
    }

    /// The share of checks that are answered by more than attestation, in percent.
    pub fn evidence_share(&self) -> f64 {
        share(self.by_evidence, self.checks)
    }
}

/// The image, where the service runs a published one whose name and tag are known.
fn published(watched: &Watched<'_>) -> Option<String> {
    let service = watched.service.filter(|service| service.build.is_none())?;
    let name = &service.image.as_ref()?.value;
    let parsed = image_name::parse(name.as_str())?;
    let local = parsed.path()?.starts_with("localhost");
    (!local).then(|| name.shown())
}

fn is_mounted(watched: &Watched<'_>, tool: &str) -> bool {
    let mounts = watched.service.map(|service| service.mounts.as_slice());
    mounts.unwrap_or_default().iter().any(|mount| {
        let target = mount.value.as_str().trim_end_matches('/');
        let rest = tool.strip_prefix(target).unwrap_or("?");
        !target.is_empty() && (rest.is_empty() || rest.starts_with('/'))
    })
}

fn share(part: usize, whole: usize) -> f64 {
    let part = u32::try_from(part).unwrap_or(u32::MAX);
    let whole = u32::try_from(whole.max(1)).unwrap_or(u32::MAX);
    f64::from(part) * 100.0 / f64::from(whole)
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{:>5} checks of published images", self.checks)?;
        let (answered, evidence) = (self.answered_share(), self.evidence_share());
        writeln!(out, "{:>5} answered, {answered:.1} %", self.answered)?;
        writeln!(out, "{:>5} by evidence, {evidence:.1} %", self.by_evidence)?;
        writeln!(out, "{:>5} of them absent", self.absent)
    }
}
