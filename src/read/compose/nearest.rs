//! Which known key a misspelt one was meant to be.

/// The nearest of `keys`, where one is near enough.
pub(super) fn nearest<'a>(name: &str, keys: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = spelled(name);
    keys.map(|key| (distance(&name, key), key))
        .min()
        .filter(|(distance, key)| *distance <= key.len().div_ceil(3))
        .map(|(_, key)| key)
}

/// A key in the spelling of the schema: `startPeriod` and `start-period` are `start_period`.
fn spelled(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        match letter {
            '-' | ' ' => out.push('_'),
            letter => out.push(letter.to_ascii_lowercase()),
        }
    }
    out
}

/// How many letters must be added, taken or changed (Levenshtein); a long word is far from everything.
fn distance(one: &str, other: &str) -> usize {
    if one.len() > 64 {
        return one.len();
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, candidate) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *candidate);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
