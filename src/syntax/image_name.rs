//! Names of images, as Docker reads them: which registry, which repository, which tag, which digest.

use std::ops::Range;

use crate::text::HOLE;

/// An image reference and where its parts stand (`distribution/reference`, with holes for variables).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageName {
    /// The whole reference as it was given.
    pub text: String,
    /// The host (and port) in front of the first slash, where it is one: `ghcr.io`, `localhost:5000`.
    pub registry: Option<Range<usize>>,
    /// The name within the registry: `nginx`, `library/nginx`, `grafana/grafana`.
    pub repository: Range<usize>,
    /// What stands behind the colon.
    pub tag: Option<Range<usize>>,
    /// What stands behind the at sign: `sha256:…`.
    pub digest: Option<Range<usize>>,
}

/// Reads an image reference. `None` where no value of its holes could make it one (`NGINX`, `a b`, `nginx:`).
pub fn parse(text: &str) -> Option<ImageName> {
    let (named, digest) = match text.split_once('@') {
        Some((named, digest)) => {
            let range = named.len() + 1..text.len();
            (named, is_digest(digest).then_some(Some(range))?)
        }
        None => (text, None),
    };
    let last_slash = named.rfind('/').map_or(0, |at| at + 1);
    let tag_colon = named[last_slash..].find(':').map(|at| last_slash + at);
    let tag = match tag_colon {
        Some(colon) => {
            let range = colon + 1..named.len();
            is_tag(&named[range.clone()]).then_some(Some(range))?
        }
        None => None,
    };
    let name = &named[..tag_colon.unwrap_or(named.len())];
    let registry = name
        .find('/')
        .filter(|slash| is_registry(&name[..*slash]))
        .map(|slash| 0..slash);
    let repository = registry.as_ref().map_or(0, |registry| registry.end + 1)..name.len();
    let valid = name[repository.clone()].split('/').all(is_component);
    valid.then(|| ImageName {
        text: text.to_owned(),
        registry,
        repository,
        tag,
        digest,
    })
}

impl ImageName {
    /// The text of a part, where no variable has a say in it.
    pub fn known(&self, part: &Range<usize>) -> Option<&str> {
        self.text
            .get(part.clone())
            .filter(|text| !text.contains(HOLE))
    }

    /// The repository behind its registry, where one is written: `nginx`, `ghcr.io/owner/name`. `None` where a variable
    /// has a say in it.
    pub fn path(&self) -> Option<String> {
        let repository = self.known(&self.repository)?;
        let Some(registry) = &self.registry else {
            return Some(repository.to_owned());
        };
        let registry = self.known(registry)?.to_ascii_lowercase();
        Some(format!("{registry}/{repository}"))
    }
}

/// Docker takes the first component for a host if it could be nothing else.
fn is_registry(component: &str) -> bool {
    component.contains(['.', ':', HOLE])
        || component == "localhost"
        || component.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// `[a-z0-9]+` joined by single dots, one or two underscores, or dashes.
fn is_component(component: &str) -> bool {
    let edge = |character: Option<char>| {
        character.is_some_and(|character| {
            character == HOLE || character.is_ascii_lowercase() || character.is_ascii_digit()
        })
    };
    let mut separator = String::new();
    for character in component.chars() {
        if edge(Some(character)) {
            separator.clear();
            continue;
        }
        separator.push(character);
        let joins = matches!(separator.as_str(), "." | "_" | "__")
            || (character == '-' && separator.starts_with('-'));
        if !joins {
            return false;
        }
    }
    edge(component.chars().next()) && separator.is_empty()
}

fn is_tag(tag: &str) -> bool {
    let word = |character: char| {
        character == HOLE || character == '_' || character.is_ascii_alphanumeric()
    };
    tag.starts_with(word)
        && tag.len() <= 128 + HOLE.len_utf8()
        && tag
            .chars()
            .all(|character| word(character) || matches!(character, '.' | '-'))
}

fn is_digest(digest: &str) -> bool {
    digest.contains(HOLE)
        || digest.split_once(':').is_some_and(|(algorithm, hex)| {
            algorithm.starts_with(|first: char| first.is_ascii_alphabetic())
                && hex.len() >= 32
                && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_parts_lie_where_they_were_written() {
        let text = format!("localhost:5000/team/app:1.2-rc@{DIGEST}");
        let name = parse(&text).unwrap();
        assert_eq!(&text[name.registry.clone().unwrap()], "localhost:5000");
        assert_eq!(&text[name.repository.clone()], "team/app");
        assert_eq!(&text[name.tag.clone().unwrap()], "1.2-rc");
        assert_eq!(&text[name.digest.clone().unwrap()], DIGEST);
        assert_eq!(name.path().as_deref(), Some("localhost:5000/team/app"));
    }

    #[test]
    fn a_variable_makes_unknown_what_it_touches_and_no_more() {
        let read = |text: &str| {
            let name = parse(&text.replace('?', "\u{fffc}")).unwrap();
            let tag = name.tag.as_ref().map(|tag| name.known(tag).is_some());
            (name.path(), tag)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("nginx"), (some("nginx"), None));
        assert_eq!(read("nginx:1"), (some("nginx"), Some(true)));
        assert_eq!(read("nginx:?"), (some("nginx"), Some(false)));
        assert_eq!(read("nginx:?-alpine"), (some("nginx"), Some(false)));
        assert_eq!(read("nginx@?"), (some("nginx"), None));
        assert_eq!(read("?:1.27"), (None, Some(true)));
        assert_eq!(read("nginx?"), (None, None));
        assert_eq!(read("?/nginx:1"), (None, Some(true)));
        assert_eq!(read("?nginx:1"), (None, Some(true)));
        assert_eq!(read("?"), (None, None));
    }

    #[test]
    fn what_docker_refuses_is_no_name() {
        for text in [
            "",
            "NGINX",
            "nginx:",
            "a b",
            "nginx:a b",
            "nginx:-x",
            "/nginx",
            "nginx/",
            "a//b",
            "nginx@sha256:1",
            "nginx@",
            "a___b",
            "-a",
            "a.",
            "Owner/",
            ":1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(parse("a__b/c--d.e").is_some());
    }
}
