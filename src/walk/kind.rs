//! What a file is, by its name and by a quick look at its lines; nothing is parsed here.

/// The two kinds of files that are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A Compose file.
    Compose,
    /// A Dockerfile.
    Dockerfile,
}

/// Keys that hardly any mapping but a Compose service has.
const SERVICE_KEYS: &[&str] = &[
    "image",
    "build",
    "extends",
    "healthcheck",
    "depends_on",
    "container_name",
];

/// What the name of a file says: `compose*.yaml`, `docker-compose*.yml`, `*.compose.yaml`; `Dockerfile`,
/// `Dockerfile.*`, `*.Dockerfile`, `Containerfile*`.
pub fn kind_by_name(name: &str) -> Option<Kind> {
    if let Some(stem) = yaml_stem(name) {
        let compose = stem.starts_with("compose")
            || stem.starts_with("docker-compose")
            || stem.ends_with(".compose");
        return compose.then_some(Kind::Compose);
    }
    // `Dockerfile.dockerignore` belongs to a Dockerfile and is none.
    let dockerfile = name == "Dockerfile"
        || name.starts_with("Dockerfile.") && !name.ends_with(".dockerignore")
        || name.ends_with(".Dockerfile")
        || name.ends_with(".dockerfile")
        || name.starts_with("Containerfile") && !name.ends_with(".containerignore");
    dockerfile.then_some(Kind::Dockerfile)
}

/// The name without `.yaml` or `.yml`.
pub fn yaml_stem(name: &str) -> Option<&str> {
    name.strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
}

/// What the lines of a file look like: a top-level `services:` mapping whose entries have the keys of services, or
/// the `FROM` (or `ARG`) that a Dockerfile starts with.
pub fn kind_by_text(text: &str) -> Option<Kind> {
    if has_services(text) {
        Some(Kind::Compose)
    } else if starts_as_dockerfile(text) {
        Some(Kind::Dockerfile)
    } else {
        None
    }
}

/// Whether there is a top-level `services:` mapping whose entries look like services.
pub fn has_services(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        // JSON is YAML; a look for the words must do.
        return ["\"services\"", "\"image\""]
            .iter()
            .all(|word| text.contains(word))
            || ["\"services\"", "\"build\""]
                .iter()
                .all(|word| text.contains(word));
    }
    text.match_indices("services")
        .filter_map(|(at, word)| below_key(text, at, at + word.len()))
        .any(entries_look_like_services)
}

/// What follows the key that stands at these bytes, if it is one and starts its line.
fn below_key(text: &str, start: usize, end: usize) -> Option<&str> {
    let (before, behind) = (text.get(..start)?, text.get(end..)?);
    let (before, behind) = ['"', '\'']
        .iter()
        .find_map(|quote| Some((before.strip_suffix(*quote)?, behind.strip_prefix(*quote)?)))
        .unwrap_or((before, behind));
    let starts_line = before.is_empty() || before.ends_with('\n');
    starts_line.then(|| behind.strip_prefix(':'))?
}

/// Looks at the lines below `services:` up to the next top-level one.
fn entries_look_like_services(below: &str) -> bool {
    let mut lines = below.lines();
    let first = lines.next().unwrap_or_default().trim_start();
    if first.starts_with('{') {
        return SERVICE_KEYS.iter().any(|key| first.contains(key));
    }
    let mut entry = None;
    let mut setting = None;
    for line in lines {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - content.len();
        if content.is_empty() || content.starts_with('#') || content == "\r" {
            continue;
        }
        if indent == 0 {
            return false;
        }
        let entry_indent = *entry.get_or_insert(indent);
        if indent <= entry_indent {
            if content.starts_with("- ") {
                return false;
            }
            setting = None;
            // `web: {image: x}` and `web: *anchor` say it on the same line.
            if content.contains('{') && SERVICE_KEYS.iter().any(|key| content.contains(key)) {
                return true;
            }
            continue;
        }
        let setting_indent = *setting.get_or_insert(indent);
        if indent == setting_indent {
            let key = content.split(':').next().unwrap_or_default();
            let key = key.trim().trim_matches(['"', '\'']);
            if content.contains(':') && SERVICE_KEYS.contains(&key) {
                return true;
            }
        }
    }
    false
}

/// Whether the first instruction is `FROM` or `ARG`, as in every Dockerfile.
fn starts_as_dockerfile(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    let mut words = first.unwrap_or_default().split_ascii_whitespace();
    let keyword = words.next().unwrap_or_default();
    (keyword.eq_ignore_ascii_case("from") || keyword.eq_ignore_ascii_case("arg"))
        && words.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, kind) in [
            ("compose.yaml", Some(Kind::Compose)),
            ("compose.prod.yml", Some(Kind::Compose)),
            ("docker-compose.yml", Some(Kind::Compose)),
            ("docker-compose-dev.yaml", Some(Kind::Compose)),
            ("web.compose.yaml", Some(Kind::Compose)),
            ("Dockerfile", Some(Kind::Dockerfile)),
            ("Dockerfile.prod", Some(Kind::Dockerfile)),
            ("web.Dockerfile", Some(Kind::Dockerfile)),
            ("Containerfile", Some(Kind::Dockerfile)),
            ("Containerfile.dev", Some(Kind::Dockerfile)),
            ("Dockerfile.dockerignore", None),
            ("stack.yaml", None),
            ("compose.json", None),
            ("README.md", None),
        ] {
            assert_eq!(kind_by_name(name), kind, "{name}");
        }
    }

    #[test]
    fn texts() {
        for (text, kind) in [
            ("services:\n  web:\n    image: x\n", Some(Kind::Compose)),
            (
                "\u{feff}version: '3'\r\nservices:\r\n\r\n  # a\r\n  web:\r\n    ports: []\r\n    build: .\r\n",
                Some(Kind::Compose),
            ),
            ("\"services\":\n  web: {image: x}\n", Some(Kind::Compose)),
            (
                "{\"services\": {\"a\": {\"image\": \"x\"}}}",
                Some(Kind::Compose),
            ),
            ("services: {web: {image: x}}\n", Some(Kind::Compose)),
            // Symfony's container, GitLab's list, a Kubernetes list, a workflow's job, Haskell's stack.yaml.
            (
                "services:\n  _defaults:\n    autowire: true\n  App\\:\n    resource: '../src/'\n",
                None,
            ),
            ("services:\n  - image: docker:dind\n", None),
            (
                "kind: List\nitems:\n- services:\n    web:\n      image: x\n",
                None,
            ),
            (
                "jobs:\n  test:\n    services:\n      db:\n        image: postgres\n",
                None,
            ),
            ("resolver: lts-20\npackages:\n- .\n", None),
            ("FROM alpine\n", Some(Kind::Dockerfile)),
            ("# syntax=x\n\narg A=1\nfrom $A", Some(Kind::Dockerfile)),
            ("from", None),
            ("", None),
        ] {
            assert_eq!(kind_by_text(text), kind, "{text:?}");
        }
    }
}
