//! Which families of an image a tag means, and how sure that makes an answer.

mod doubts;

use super::answer::{Answer, Firmness, Flavour, Holds, Reason, Shell};
use super::images::{Base, Family, Image, Setup, base};
use super::tag::{SUITES, Tag, Version};

/// One tag of an image, looked up in the facts.
#[derive(Clone, Debug)]
pub struct Published {
    /// The facts of the repository.
    pub image: &'static Image,
    /// How a message names it: `postgres:17-alpine`.
    pub shown: String,
    /// The families of the tag's variant, by version: their places in the image.
    line: Vec<usize>,
    /// The families that must agree on an answer; empty where nothing can be said.
    meant: Vec<usize>,
    /// The families that the tag means or has meant: a moving tag reaches several.
    reach: Vec<usize>,
    /// Whether the tag was seen, so that an absence may be firm.
    certain: bool,
    /// Whether the tag, or a later patch release of its minor version, was seen: others may have had what these lack.
    near: bool,
    /// Whether the tag names another release of the distribution than what was seen stands on.
    elsewhere: bool,
}

/// How a tool came and went in the versions of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// The first version that was seen.
    pub from: Version,
    /// The last version that was seen.
    pub to: Version,
    /// Whether the tool was there.
    pub holds: Holds,
}

/// Finds what a tag means among the facts of its repository.
///
/// A version that was seen is its own family's. A patch release before the newest of its minor version is that
/// one's, without proving an absence. One between two that were seen has what both have. One
/// before all of them, a channel such as `stable`, or a variant that nobody looked at has what all have.
/// A digest alone may be any tag; beside a tag it may be any build of that tag.
pub fn published(
    image: &'static Image,
    shown: String,
    tag: Option<&str>,
    digest: Option<&str>,
) -> Published {
    if tag.is_none() && digest.is_some() {
        return of_any_tag(image, shown);
    }
    let read = Tag::parse(tag);
    let (line, stray) = line_of(image, &read.variant);
    let newest = read.newest();
    let oldest = read.version.clone().unwrap_or_else(Version::first);
    let mut found = Published {
        reach: Vec::new(),
        meant: Vec::new(),
        certain: false,
        near: false,
        elsewhere: false,
        line,
        shown,
        image,
    };
    let families = found.families(&found.line);
    let place = |at: usize| found.line.get(at).copied();
    let reach: Vec<usize> = (0..families.len())
        .filter(|at| {
            families
                .get(*at)
                .is_some_and(|family| family.first() <= newest && oldest <= family.last())
        })
        .filter_map(place)
        .collect();
    let seen = families
        .iter()
        .position(|family| family.first() <= newest && newest <= family.last());
    // What is newer than everything that was seen is not what `latest` was then.
    let ends = found
        .image
        .family
        .iter()
        .flat_map(|family| [family.first(), family.last()]);
    let newest_seen = ends.filter_map(|version| version.major()).max();
    let newer = newest_seen.is_some_and(|seen| newest.major().is_some_and(|asked| asked > seen));
    let below = families.iter().rposition(|family| family.last() < newest);
    let (meant, certain) = if stray {
        ((0..found.image.family.len()).collect(), false)
    } else if read.channel.is_some() {
        (found.line.clone(), true)
    } else if digest.is_some() && !reach.is_empty() {
        (reach.clone(), true)
    } else if let Some(seen) = seen.and_then(place) {
        (vec![seen], !newer)
    } else if let Some(above) = same_minor(&families, &newest).and_then(place) {
        (vec![above], false)
    } else if let Some((below, above)) = below.and_then(|at| Some((place(at)?, place(at + 1)?))) {
        (vec![below, above], !newer)
    } else {
        (found.line.clone(), false)
    };
    let other = |at: &usize| {
        let family = found.image.family.get(*at);
        family.is_some_and(|family| stands_elsewhere(family, &read.variant))
    };
    let (there, not_there): (Vec<usize>, Vec<usize>) = reach.iter().partition(|at| !other(at));
    let (meant, elsewhere) = match meant.iter().any(other) {
        // `17-alpine3.21` is an older 17 than `17-alpine`.
        true if !there.is_empty() && !not_there.is_empty() && certain => (there, false),
        elsewhere => (meant, elsewhere),
    };
    found.reach = if seen.is_some() {
        reach
    } else {
        found.line.clone()
    };
    found.meant = meant;
    found.certain = certain && !elsewhere;
    let near = newer || same_minor(&found.families(&found.line), &newest).is_some();
    found.near = certain || !stray && near;
    found.elsewhere = elsewhere;
    found
}

/// What all that was seen of a repository has in common, where nobody knows the tag; an absence in all of it proves
/// nothing.
pub fn of_any_tag(image: &'static Image, shown: String) -> Published {
    Published {
        line: Vec::new(),
        meant: (0..image.family.len()).collect(),
        reach: Vec::new(),
        certain: false,
        near: false,
        elsewhere: false,
        shown,
        image,
    }
}

impl Published {
    /// Whether this tag has the tool (a name, or an absolute path that the facts name), and why.
    pub fn holds(&self, tool: &str) -> Answer {
        let holds = self.verdict(tool);
        if self.is_only_attested(tool) {
            let reason = format!(
                "published health checks run `{tool}` in {}",
                self.image.short()
            );
            return Answer::because(holds, Reason::fact(reason));
        }
        Answer {
            why: self.why(tool, holds),
            holds,
        }
    }

    /// Whether nothing speaks for the tool but that published health checks run it.
    pub fn is_only_attested(&self, tool: &str) -> bool {
        self.found(tool) == Holds::Unknown && self.image.attested.iter().any(|name| name == tool)
    }

    /// Whether this tag has the tool, without the grounds.
    pub fn verdict(&self, tool: &str) -> Holds {
        match self.found(tool) {
            Holds::Unknown if self.is_only_attested(tool) => Holds::Yes(Flavour::Plain),
            // Images lose tools as they grow up: what the newest lacks, an old one that nobody looked at may have.
            Holds::No(_) if !self.near => Holds::Unknown,
            Holds::No(firmness) => {
                let moved = self
                    .families(&self.reach)
                    .iter()
                    .any(|family| matches!(family.holds(tool), Holds::Yes(_)));
                Holds::No(if self.certain && !moved {
                    firmness
                } else {
                    Firmness::Soft
                })
            }
            holds => holds,
        }
    }

    /// What all the families that the tag may mean agree on.
    fn found(&self, tool: &str) -> Holds {
        let families = self.families(&self.meant);
        let answers: Vec<Holds> = families.iter().map(|family| family.holds(tool)).collect();
        agreed(&answers)
    }

    /// The tags that were looked at and speak for this one, as `17.7.x to latest, alpine`.
    pub fn seen(&self) -> Vec<String> {
        let families = self.families(&self.meant);
        families.iter().map(|family| family.named()).collect()
    }

    /// Who says so: the witnesses of the families that the tag may mean, and of their bases.
    pub fn witnesses(&self) -> Vec<String> {
        let mut witnesses = Vec::new();
        for family in self.families(&self.meant) {
            witnesses.extend(family.witness.iter().cloned());
            let below = family.base.as_deref().and_then(base);
            witnesses.extend(below.iter().flat_map(|base| base.witness.iter().cloned()));
        }
        witnesses.sort();
        witnesses.dedup();
        witnesses
    }

    /// How the tool came and went, oldest first; neighbours that agree are one epoch.
    pub fn history(&self, tool: &str) -> Vec<Epoch> {
        let mut epochs: Vec<Epoch> = Vec::new();
        for family in self.families(&self.line) {
            let holds = family.holds(tool);
            match epochs.last_mut() {
                Some(last) if same(last.holds, holds) => last.to = family.last(),
                _ => epochs.push(Epoch {
                    from: family.first(),
                    to: family.last(),
                    holds,
                }),
            }
        }
        epochs
    }

    /// What `/bin/sh` is, where all that the tag may mean agree.
    pub fn shell(&self) -> Shell {
        self.common(Family::shell).unwrap_or(Shell::Unknown)
    }

    /// The base, where all that the tag may mean agree, and the tag itself names no other.
    pub fn base(&self) -> Option<&'static Base> {
        if self.elsewhere || !self.near {
            return None;
        }
        base(&self.common(|family| family.base.clone())??)
    }

    /// What the bases have in common, where the bases themselves differ: the distribution, the package manager.
    pub fn common_of_bases(&self, of: impl Fn(&Base) -> Option<String>) -> Option<String> {
        self.common(|family| base(family.base.as_deref()?).and_then(&of))?
    }

    /// One setting of the image (its user, its ports …): what the families that the tag may mean agree on,
    /// each with the image's own where it says nothing.
    pub fn setting<T: Clone + PartialEq>(&self, of: fn(&Setup) -> &Option<T>) -> Option<T> {
        if self.image.family.is_empty() {
            return of(&self.image.shared).clone();
        }
        self.common(|family| {
            of(&family.setup)
                .clone()
                .or_else(|| of(&self.image.shared).clone())
        })?
    }

    fn families(&self, places: &[usize]) -> Vec<&Family> {
        places
            .iter()
            .filter_map(|place| self.image.family.get(*place))
            .collect()
    }

    fn common<T: PartialEq>(&self, of: impl Fn(&Family) -> T) -> Option<T> {
        let mut values = self.families(&self.meant).into_iter().map(of);
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }

    fn why(&self, tool: &str, holds: Holds) -> Vec<Reason> {
        let image = &self.shown;
        let date = &self.image.date;
        match holds {
            Holds::Yes(_) => vec![Reason::fact(format!(
                "`{tool}` is in {image} (as of {date})"
            ))],
            Holds::No(firmness) => {
                let from = self
                    .base()
                    .filter(|base| base.name != *image)
                    .map(|base| format!(", built on {}", base.name))
                    .unwrap_or_default();
                let said = if self.certain {
                    format!("`{tool}` is not in {image}{from} (as of {date})")
                } else {
                    let name = self.image.short();
                    format!("the nearest {name} that was looked at has no `{tool}` (as of {date})")
                };
                let mut why = vec![Reason::fact(said)];
                let history = self.history(tool);
                for pair in history.windows(2) {
                    if let [
                        Epoch {
                            holds: Holds::Yes(_),
                            to,
                            ..
                        },
                        Epoch {
                            holds: Holds::No(_),
                            from,
                            ..
                        },
                    ] = pair
                    {
                        let name = self.image.short();
                        why.push(Reason::fact(format!(
                            "{name} {to} still had `{tool}`, {name} {from} does not (as of {date})"
                        )));
                    }
                }
                if self.certain && firmness == Firmness::Soft {
                    why.extend(self.unsure(tool));
                }
                why
            }
            Holds::Unknown => vec![Reason::fact(format!(
                "nobody looked for `{tool}` in {image}"
            ))],
        }
    }
}

impl Image {
    /// The name as people write it: `postgres`, `grafana/loki`, `quay.io/coreos/etcd`.
    pub fn short(&self) -> &str {
        short(&self.name)
    }
}

/// A repository's full name as people write it: without Docker Hub's host and `library/`.
pub fn short(repository: &str) -> &str {
    let name = repository.strip_prefix("docker.io/").unwrap_or(repository);
    name.strip_prefix("library/").unwrap_or(name)
}

/// The answer that all give; makes that differ leave the make unknown.
fn agreed(answers: &[Holds]) -> Holds {
    let Some(first) = answers.first() else {
        return Holds::Unknown;
    };
    answers
        .iter()
        .skip(1)
        .fold(*first, |all, next| match (all, *next) {
            (Holds::Yes(one), Holds::Yes(other)) => {
                Holds::Yes(if one == other { one } else { Flavour::Plain })
            }
            (Holds::No(one), Holds::No(other)) => Holds::No(one.min(other)),
            _ => Holds::Unknown,
        })
}

/// The family whose first sight is the newest of the very minor version that this one belongs to.
fn same_minor(families: &[&Family], version: &Version) -> Option<usize> {
    families
        .iter()
        .position(|family| version.is_patch_of(&family.first()))
}

fn same(one: Holds, other: Holds) -> bool {
    matches!(
        (one, other),
        (Holds::Yes(_), Holds::Yes(_))
            | (Holds::No(_), Holds::No(_))
            | (Holds::Unknown, Holds::Unknown)
    )
}

/// The families of the variant that says most about these words, by version, and whether words are left
/// that no family speaks of.
fn line_of(image: &Image, words: &[String]) -> (Vec<usize>, bool) {
    let mut best: Option<(usize, usize, &Option<String>)> = None;
    for family in &image.family {
        let said = family.words().count();
        let met = family
            .words()
            .filter(|word| words.iter().any(|given| is_kind(given, word)))
            .count();
        if said == met && best.is_none_or(|(most, _, _)| met > most) {
            best = Some((met, said, &family.variant));
        }
    }
    let Some((_, _, variant)) = best else {
        return (Vec::new(), true);
    };
    let mut line: Vec<usize> = (0..image.family.len())
        .filter(|index| {
            image
                .family
                .get(*index)
                .is_some_and(|family| family.variant == *variant)
        })
        .collect();
    line.sort_by_key(|index| image.family.get(*index).map(Family::first));
    let newest = line.last().and_then(|index| image.family.get(*index));
    let stray = words.iter().any(|word| {
        !newest.is_some_and(|family| {
            family.words().any(|said| is_kind(word, said))
                || family
                    .base
                    .as_deref()
                    .is_some_and(|base| is_suite_of(word, base))
        })
    });
    (line, stray)
}

/// Whether a word of a tag is the variant's word, with or without a release: `alpine3.21` is an `alpine`.
fn is_kind(given: &str, said: &str) -> bool {
    given.strip_prefix(said).is_some_and(|release| {
        release
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
            && (release.is_empty() || !said.ends_with(|last: char| last.is_ascii_digit()))
    })
}

/// Whether the word only names the release that the base is anyway.
fn is_suite_of(word: &str, base: &str) -> bool {
    let base = base.strip_suffix("-slim").unwrap_or(base);
    SUITES.contains(&(word, base))
        || base.split_once(':').is_some_and(|(distro, release)| {
            word == distro || word == release || word.strip_prefix(distro) == Some(release)
        })
}

/// Whether the words of a tag name another release of a distribution than the one that the family stands on:
/// `alpine3.21` where the newest is built on 3.23.
fn stands_elsewhere(family: &Family, words: &[String]) -> bool {
    let Some(base) = family.base.as_deref() else {
        return false;
    };
    let is_release = |word: &String| {
        let number = |distro: &str| {
            let release = word.strip_prefix(distro)?;
            release
                .starts_with(|first: char| first.is_ascii_digit())
                .then_some(())
        };
        SUITES.iter().any(|(suite, _)| word == suite)
            || ["alpine", "debian", "ubuntu"]
                .iter()
                .any(|distro| number(distro).is_some())
    };
    let distro = base.split_once(':').map_or(base, |(distro, _)| distro);
    ["alpine", "debian", "ubuntu"].contains(&distro)
        && words
            .iter()
            .any(|word| is_release(word) && !is_suite_of(word, base))
}
