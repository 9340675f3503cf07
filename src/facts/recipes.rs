//! How the users of a published image should probe it, and what is peculiar about its service.

use serde::Deserialize;

use super::sections::Sections;
use super::tag::Tag;

static RECIPES: Sections<Recipe> = Sections::new(
    include_str!("../../rules/facts/recipes.toml"),
    "recipe",
    "images",
);

/// The probe that an image's users should have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// A name for people, unique in the file.
    pub name: String,
    /// The repositories that it serves, by their full names.
    pub images: Vec<String>,
    /// The word that the tag's variant must hold, for example `alpine`; None is any tag that no other recipe claims.
    pub variant: Option<String>,
    /// The first version that it serves.
    pub from: Option<String>,
    /// The last version that it serves.
    pub to: Option<String>,
    /// `test:` as Compose writes it, `CMD` or `CMD-SHELL` first; empty where nothing in the image can probe it.
    /// What the service's environment says takes the place of `$${NAME:-default}`, in a list too.
    #[serde(default)]
    pub test: Vec<String>,
    /// Variables that the service must set, or the test can never pass: `NAME`, `NAME=value`, `ONE|OTHER`.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Other tests for services that say so; the first that fits wins.
    #[serde(default)]
    pub instead: Vec<Instead>,
    /// Ports that speak TLS.
    #[serde(default)]
    pub tls: Vec<u16>,
    /// The server sends plain HTTP on to https.
    #[serde(default)]
    pub redirects: bool,
    /// Seconds that the service needs to its first answer, where they are many.
    pub start: Option<u32>,
    /// What to mind, in words.
    pub notes: Option<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// `Dockerfile`, `issue` or `template`: how it was come by, joined by ` and `.
    pub confidence: String,
    /// When that was so: year and month.
    pub date: String,
}

/// Another test for services of one kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// What the service says: `NAME`, `NAME=value`, or `command:word` for a word of its command.
    pub when: String,
    /// See [`Recipe::test`].
    #[serde(default)]
    pub test: Vec<String>,
    /// See [`Recipe::needs`].
    #[serde(default)]
    pub needs: Vec<String>,
}

/// One way to probe the service.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// See [`Recipe::test`].
    pub test: &'a [String],
    /// See [`Recipe::needs`].
    pub needs: &'a [String],
}

impl<'a> Way<'a> {
    /// The program that the test starts first, where it is one.
    pub fn program(&self) -> Option<&'a str> {
        let words = match self.test.split_first()? {
            (first, words) if first == "CMD-SHELL" => words.first()?.as_str(),
            (_, words) => return words.first().map(String::as_str),
        };
        let first = words.split(' ').find(|word| !word.contains('='))?;
        first
            .starts_with(|start: char| start.is_alphanumeric() || start == '/')
            .then_some(first)
    }
}

impl Recipe {
    /// The way for a service, which `says` what it is told.
    pub fn way(&self, says: impl Fn(&str) -> bool) -> Way<'_> {
        let other = self.instead.iter().find(|other| says(&other.when));
        match other {
            Some(other) => Way {
                test: &other.test,
                needs: &other.needs,
            },
            None => Way {
                test: &self.test,
                needs: &self.needs,
            },
        }
    }
}

/// Every recipe, by name.
pub fn recipes() -> impl Iterator<Item = &'static Recipe> {
    RECIPES.iter()
}

/// The recipe for this tag of this repository; the one that says most about the tag wins.
pub fn recipe(repository: &str, tag: Option<&str>) -> Option<&'static Recipe> {
    let mut named = RECIPES.named(repository).peekable();
    named.peek()?;
    let read = Tag::parse(tag);
    let version = read.newest();
    named
        .filter(|recipe| version.lies_within(recipe.from.as_deref(), recipe.to.as_deref()))
        .filter(|recipe| {
            let wanted = recipe.variant.as_deref();
            wanted.is_none_or(|wanted| read.variant.iter().any(|word| word.starts_with(wanted)))
        })
        .max_by_key(|recipe| recipe.variant.is_some())
}
