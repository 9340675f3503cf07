//! Which file of the folder that is built a COPY or ADD puts at a path of the image.

use crate::model::file::Seen;
use crate::text::Traced;

use super::super::stage::absolute;

/// One COPY or ADD.
pub struct Copy<'a> {
    pub sources: &'a [Traced],
    pub destination: &'a Traced,
    /// ADD, which unpacks archives and fetches URLs.
    pub add: bool,
    /// WORKDIR, where it is known.
    pub folder: Option<&'a str>,
}

/// What an instruction puts at a path.
pub enum Landing {
    /// Nothing.
    No,
    /// Something, or nothing.
    Perhaps,
    /// This file of the folder that is built.
    From(String, Seen),
}

/// Where the instruction puts things, and whether it can only be a folder; None where nobody knows.
fn target(copy: &Copy<'_>) -> Option<(String, bool)> {
    let written = copy.destination.known()?;
    let folder = written.ends_with('/') || matches!(written, "." | "..") || copy.sources.len() > 1;
    Some((absolute(copy.folder, written)?, folder))
}

/// What stands behind a folder in a path that leads into it.
fn behind<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    rest.strip_prefix('/').filter(|rest| !rest.is_empty())
}

/// What the instruction puts at this path of the image; `look` looks into the folder that is built.
pub fn landing(copy: &Copy<'_>, path: &str, look: &dyn Fn(&str) -> Seen) -> Landing {
    let Some((to, only_folder)) = target(copy) else {
        return Landing::Perhaps;
    };
    let rest = behind(path, &to);
    if path != to && rest.is_none() {
        return Landing::No;
    }
    let mut found = Landing::No;
    for source in copy.sources {
        let Some(source) = source.known() else {
            return Landing::Perhaps;
        };
        let landed = match rest {
            _ if copy.add && is_fetched_or_unpacked(source) => Landing::Perhaps,
            None if only_folder => Landing::No,
            None if has_globs(source) => Landing::Perhaps,
            None => alone(&tidy(source), look),
            Some(rest) if has_globs(source) => globbed(&tidy(source), rest, look),
            Some(rest) => inside(&tidy(source), rest, look),
        };
        match landed {
            Landing::No => {}
            Landing::Perhaps => return Landing::Perhaps,
            Landing::From(..) => found = landed,
        }
    }
    found
}

/// The same for an image or a place that nobody can look into.
pub fn from_afar(copy: &Copy<'_>, path: &str) -> Landing {
    match target(copy) {
        Some((to, _)) if path != to && behind(path, &to).is_none() => Landing::No,
        _ => Landing::Perhaps,
    }
}

/// The paths of another stage that the instruction may put at this path; None where nobody knows.
pub fn candidates(copy: &Copy<'_>, path: &str) -> Vec<Option<String>> {
    let Some((to, only_folder)) = target(copy) else {
        return vec![None];
    };
    let rest = behind(path, &to);
    if path != to && rest.is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for source in copy.sources {
        let Some(source) = source.known().filter(|source| !has_globs(source)) else {
            return vec![None];
        };
        let source = tidy(source);
        match rest {
            None if only_folder => {}
            None => found.push(Some(source)),
            Some(rest) if name(&source) == rest => {
                found.push(Some(joined(&source, rest)));
                found.push(Some(source));
            }
            Some(rest) => found.push(Some(joined(&source, rest))),
        }
    }
    found
}

/// Whether nothing but the file comes with the instruction: its source is the file itself.
pub fn is_alone(copy: &Copy<'_>, path: &str) -> bool {
    let [source] = copy.sources else {
        return false;
    };
    let file = |source: &str| {
        let exact = target(copy).is_some_and(|(to, _)| to == path);
        !has_globs(source) && (exact || name(&tidy(source)) == name(path))
    };
    source.known().is_some_and(file)
}

/// Where the instruction puts a file of this name, which is not where it is looked for.
pub fn passes_by<'a>(copy: &'a Copy<'_>, wanted: &'a str) -> impl Iterator<Item = String> + 'a {
    let target = target(copy);
    copy.sources.iter().filter_map(move |source| {
        let source = tidy(source.known()?);
        let (to, only_folder) = target.as_ref()?;
        let to_file = name(to) == wanted && !only_folder;
        if to_file {
            return Some(to.clone());
        }
        // Without a slash at its end it is a folder only if it was one before: those of the system are.
        let folder = *only_folder || super::super::inventory::USUAL.contains(&to.as_str());
        (folder && name(&source) == wanted).then(|| joined_root(to, wanted))
    })
}

/// A source that is given this very name: it must be there, or nothing is built.
fn alone(source: &str, look: &dyn Fn(&str) -> Seen) -> Landing {
    match look(source) {
        // What a folder holds comes into a folder of this name.
        Seen::Folder => Landing::No,
        seen @ Seen::File { .. } => Landing::From(source.to_owned(), seen),
        Seen::Missing | Seen::Unknown => Landing::From(source.to_owned(), Seen::Unknown),
    }
}

/// What a source without globs brings to `rest` in the folder that it is copied to.
fn inside(source: &str, rest: &str, look: &dyn Fn(&str) -> Seen) -> Landing {
    let whole = look(source);
    if name(source) == rest && whole != Seen::Folder {
        return alone(source, look);
    }
    let file = joined(source, rest);
    match (look(&file), whole) {
        (seen @ Seen::File { .. }, _) => Landing::From(file, seen),
        (Seen::Missing, Seen::Folder) if is_written_by_hand(rest) => Landing::No,
        // A folder has this name there, or the source is a file of another name.
        (Seen::Folder, _) | (_, Seen::File { .. }) => Landing::No,
        _ if is_of_a_file(source) => Landing::No,
        _ => Landing::Perhaps,
    }
}

/// What `folder/*.sh` brings to `rest` in the folder that it is copied to.
fn globbed(source: &str, rest: &str, look: &dyn Fn(&str) -> Seen) -> Landing {
    let (folder, pattern) = source.rsplit_once('/').unwrap_or(("", source));
    let simple = pattern.split_once('*');
    let Some((start, end)) = simple.filter(|(start, end)| {
        !has_globs(folder) && !has_globs(start) && !has_globs(end) && !rest.contains('/')
    }) else {
        return Landing::Perhaps;
    };
    let fits =
        rest.len() >= start.len() + end.len() && rest.starts_with(start) && rest.ends_with(end);
    let file = joined(folder, rest);
    match look(&file) {
        seen @ Seen::File { .. } if fits => Landing::From(file, seen),
        // `*.sh` takes no folders along, in which it might lie.
        _ if !fits && end.contains('.') => Landing::No,
        _ => Landing::Perhaps,
    }
}

/// Whether people write such a file and no build makes it.
fn is_written_by_hand(path: &str) -> bool {
    [".sh", ".bash", ".py"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// Whether a source that cannot be seen is a file, by its name.
fn is_of_a_file(source: &str) -> bool {
    [
        ".sh", ".bash", ".py", ".json", ".toml", ".txt", ".conf", ".yml", ".yaml", ".lock", ".mod",
        ".sum",
    ]
    .iter()
    .any(|end| source.ends_with(end))
}

fn is_fetched_or_unpacked(source: &str) -> bool {
    source.contains("://")
        || source.starts_with("git@")
        || [".tar", ".tgz", ".tbz", ".txz", ".tzst"]
            .iter()
            .any(|end| source.contains(end))
}

fn has_globs(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

/// A source without what means nothing: `./a/`, `/a` and `a` are the same.
fn tidy(source: &str) -> String {
    let whole = absolute(Some("/"), source).unwrap_or_default();
    whole.trim_start_matches('/').to_owned()
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn joined(folder: &str, rest: &str) -> String {
    if folder.is_empty() {
        rest.to_owned()
    } else {
        format!("{folder}/{rest}")
    }
}

fn joined_root(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}
