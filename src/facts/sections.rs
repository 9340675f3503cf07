//! A facts file and its sections: found by a name in the text, parsed when somebody first asks, and kept.
//!
//! Splitting a file is one search for its headers, so a cold run pays for the sections that it needs and no others.

use std::sync::OnceLock;

use memchr::memmem;
use serde::de::DeserializeOwned;

/// A facts file of sections `[[kind]]`.
pub struct Sections<T> {
    file: &'static str,
    kind: &'static str,
    by: &'static str,
    split: OnceLock<Split<T>>,
}

struct Split<T> {
    sections: Vec<Section<T>>,
    /// The names and the places of the sections that hold them, sorted.
    index: Vec<(&'static str, usize)>,
}

struct Section<T> {
    text: &'static str,
    read: OnceLock<Result<T, String>>,
}

impl<T: DeserializeOwned> Sections<T> {
    /// The sections `[[kind]]` of a file. Each is found by the words in quotes on its first line `by = …`, which is
    /// not broken: `name = "curl"`, `images = ["docker.io/library/nginx", "docker.io/library/httpd"]`.
    pub const fn new(file: &'static str, kind: &'static str, by: &'static str) -> Self {
        Self {
            file,
            kind,
            by,
            split: OnceLock::new(),
        }
    }

    /// What stands before the first section.
    pub fn head(&self) -> &'static str {
        let end = self.starts().next().unwrap_or(self.file.len());
        self.file.get(..end).unwrap_or_default()
    }

    /// The first section of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.named(name).next()
    }

    /// The sections of this name, in the order of the file.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &T> {
        self.from(name)
            .take_while(move |(found, _)| *found == name)
            .filter_map(|(_, section)| self.read(section).ok())
    }

    /// The sections whose names begin so, by name.
    pub fn under(&self, prefix: &str) -> impl Iterator<Item = &T> {
        self.from(prefix)
            .take_while(move |(found, _)| found.starts_with(prefix))
            .filter_map(|(_, section)| self.read(section).ok())
    }

    /// Every section, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let sections = self.split().sections.iter();
        sections.filter_map(|section| self.read(section).ok())
    }

    /// Every section, in the order of the file.
    ///
    /// # Errors
    /// The first that does not parse, and why: a fault of ours, which a test finds.
    pub fn all(&self) -> Result<Vec<&T>, String> {
        let sections = self.split().sections.iter();
        sections.map(|section| self.read(section)).collect()
    }

    /// The names from this one on, each with its section.
    fn from(&self, name: &str) -> impl Iterator<Item = (&'static str, &Section<T>)> {
        let split = self.split();
        let start = split.index.partition_point(|(known, _)| *known < name);
        let names = split.index.get(start..).unwrap_or_default().iter();
        names.filter_map(|(name, place)| Some((*name, split.sections.get(*place)?)))
    }

    fn split(&self) -> &Split<T> {
        self.split.get_or_init(|| {
            let starts: Vec<usize> = self.starts().collect();
            let ends = starts.iter().skip(1).copied().chain([self.file.len()]);
            let texts = starts.iter().zip(ends);
            let sections: Vec<Section<T>> = texts
                .filter_map(|(start, end)| self.file.get(*start..end))
                .map(|text| Section {
                    text,
                    read: OnceLock::new(),
                })
                .collect();
            let places = sections.iter().enumerate();
            let mut index: Vec<(&str, usize)> = places
                .flat_map(|(place, section)| {
                    let names = self.names(section.text);
                    names.map(move |name| (name, place))
                })
                .collect();
            index.sort_unstable();
            Split { sections, index }
        })
    }

    fn starts(&self) -> impl Iterator<Item = usize> + 'static {
        let header = format!("\n[[{}]]\n", self.kind);
        let finder = memmem::Finder::new(&header).into_owned();
        let file = self.file;
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = from + finder.find(file.as_bytes().get(from..)?)?;
            from = at + 1;
            // The section starts with its own line, not with the end of the one before.
            Some(at + 1)
        })
    }

    /// What a section is found by.
    fn names(&self, section: &'static str) -> impl Iterator<Item = &'static str> + use<T> {
        let by = self.by;
        let is_ours = move |line: &&str| {
            line.strip_prefix(by)
                .is_some_and(|rest| rest.starts_with(" = "))
        };
        let line = section.lines().find(is_ours).unwrap_or_default();
        line.split('"').skip(1).step_by(2)
    }

    fn read<'a>(&self, section: &'a Section<T>) -> Result<&'a T, String> {
        let read = section.read.get_or_init(|| {
            // Inner tables are written with their full path, `[[image.family]]`; without the outer header they are
            // `[[family]]`.
            let body = section
                .text
                .strip_prefix(&format!("[[{}]]\n", self.kind))
                .unwrap_or(section.text)
                .replace(&format!("\n[[{}.", self.kind), "\n[[");
            toml::from_str(&body).map_err(|error| format!("{}: {error}", section.text))
        });
        read.as_ref().map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Row {
        names: Vec<String>,
        note: String,
        #[serde(default)]
        inner: Vec<Inner>,
    }

    #[derive(Deserialize)]
    struct Inner {
        number: u8,
    }

    const FILE: &str = r#"# What it is.
common = 1

[[row]]
names = ["b", "both"]
note = "first"
[[row.inner]]
number = 7

[[row]]
names = ["a", "both"]
note = "names = [\"no\"]"

[[row]]
names = ["ab"]
note = 3
"#;

    fn notes<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<&'a str> {
        rows.map(|row| row.note.as_str()).collect()
    }

    #[test]
    fn a_section_is_found_by_each_of_its_names_and_by_nothing_else() {
        let rows: Sections<Row> = Sections::new(FILE, "row", "names");
        let first = rows.get("b").unwrap();
        assert_eq!(first.note, "first");
        assert_eq!(first.inner[0].number, 7);
        assert_eq!(first.names, ["b", "both"]);
        let second = "names = [\"no\"]";
        assert_eq!(notes(rows.named("both")), ["first", second]);
        assert_eq!(notes(rows.under("b")), ["first", "first", second]);
        for name in ["", "no", "bo", "c", "row"] {
            assert!(rows.get(name).is_none(), "{name}");
        }
        assert_eq!(rows.head(), "# What it is.\ncommon = 1\n\n");
    }

    #[test]
    fn a_section_that_does_not_parse_is_left_out_or_told() {
        let rows: Sections<Row> = Sections::new(FILE, "row", "names");
        assert!(rows.get("ab").is_none());
        assert_eq!(rows.iter().count(), 2);
        let error = rows.all().err().unwrap();
        assert!(error.contains("names = [\"ab\"]") && error.contains("note"));
    }
}
