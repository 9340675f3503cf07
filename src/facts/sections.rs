//! One section of a facts file at a time: found by name in the text, parsed only when it is asked for.
//!
//! The files are sorted by name (a test holds them to it), so the text itself is the index: a search halves it
//! a few times, reads one section, and leaves the rest untouched. Nothing is done at start.

use serde::de::DeserializeOwned;
use std::cmp::Ordering;

/// The text of the section `[[kind]]` whose first line is `name = "…"` with this name.
pub fn find<'a>(file: &'a str, kind: &str, name: &str) -> Option<&'a str> {
    let header = format!("\n[[{kind}]]\nname = \"");
    let (mut low, mut high) = (0, file.len());
    while low < high {
        // The first section that starts at or behind the middle; none left there means the answer lies below.
        let middle = floor(file, low + (high - low) / 2);
        let Some(start) = next(file, &header, middle, high) else {
            let start = next(file, &header, low, high)?;
            // Only sections of the lower half are left: they are few, so walk them.
            return walk(file, &header, start, high, name);
        };
        match name_at(file, &header, start).cmp(name) {
            Ordering::Equal => return Some(section(file, &header, start)),
            Ordering::Less => low = start + header.len(),
            Ordering::Greater => high = middle,
        }
    }
    None
}

/// Reads one section; the header of the file (`[[kind]]`) is taken off first.
///
/// # Errors
/// The text of what is wrong: a facts file that does not parse is a fault of ours, which a test finds.
pub fn read<T: DeserializeOwned>(section: &str, kind: &str) -> Result<T, String> {
    // Inner tables are written with their full path, `[[image.family]]`; without the outer header they are `[[family]]`.
    let body = section
        .trim_start()
        .strip_prefix(&format!("[[{kind}]]\n"))
        .unwrap_or(section)
        .replace(&format!("\n[[{kind}."), "\n[[");
    toml::from_str(&body).map_err(|error| error.to_string())
}

/// Every section of the kind, in the order of the file.
pub fn all<'a>(file: &'a str, kind: &str) -> Vec<&'a str> {
    let header = format!("\n[[{kind}]]\nname = \"");
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next(file, &header, at, file.len()) {
        let section = section(file, &header, start);
        at = start + section.len();
        found.push(section);
    }
    found
}

/// The sections whose names begin so; they stand together.
pub fn under<'a>(file: &'a str, kind: &str, prefix: &str) -> Vec<&'a str> {
    let header = format!("\n[[{kind}]]\nname = \"");
    let mut found = Vec::new();
    let mut at = file.find(&format!("{header}{prefix}"));
    while let Some(start) = at.filter(|start| name_at(file, &header, *start).starts_with(prefix)) {
        let section = section(file, &header, start);
        found.push(section);
        at = next(file, &header, start + section.len(), file.len());
    }
    found
}

fn walk<'a>(file: &'a str, header: &str, start: usize, end: usize, name: &str) -> Option<&'a str> {
    let mut at = start;
    while let Some(start) = next(file, header, at, end) {
        if name_at(file, header, start) == name {
            return Some(section(file, header, start));
        }
        at = start + header.len();
    }
    None
}

fn next(file: &str, header: &str, from: usize, before: usize) -> Option<usize> {
    let start = from + file.get(from..)?.find(header)?;
    (start < before).then_some(start)
}

fn name_at<'a>(file: &'a str, header: &str, start: usize) -> &'a str {
    let tail = file.get(start + header.len()..).unwrap_or_default();
    tail.split('"').next().unwrap_or_default()
}

fn section<'a>(file: &'a str, header: &str, start: usize) -> &'a str {
    let end = next(file, header, start + header.len(), file.len()).unwrap_or(file.len());
    file.get(start..end).unwrap_or_default()
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_of_a_sorted_file_is_found_and_nothing_else() {
        let names: Vec<String> = (0..200).map(|number| format!("n{number:03}")).collect();
        let section = |(index, name): (usize, &String)| {
            format!(
                "\n[[x]]\nname = \"{name}\"\nnote = \"{}\"\n",
                "é".repeat(index % 7)
            )
        };
        let sections: String = names.iter().enumerate().map(section).collect();
        let file = format!("# words\n{sections}");
        for name in &names {
            let section = find(&file, "x", name).unwrap();
            assert!(section.contains(name.as_str()));
            assert_eq!(section.matches("[[x]]").count(), 1);
        }
        assert_eq!(find(&file, "x", "n0005"), None);
        assert_eq!(find(&file, "x", ""), None);
        assert_eq!(find(&file, "x", "z"), None);
        assert_eq!(all(&file, "x").len(), names.len());
        assert_eq!(all(&file, "x").concat(), sections);
    }
}
