//! What public Compose files say, where they are at hand: the parser's word against the decoder's, and edits of real text.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use healthlint::read::{self, Surroundings};
use healthlint::syntax::yaml::{self, Node, Parsed, Value};
use healthlint::text::{SourceId, apply};

/// Every Compose file of the corpus beside the checkout, where there is one.
fn corpus() -> BTreeMap<String, Arc<str>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("../shared/corpus/compose")];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let name = path.display().to_string().replace('\\', "/");
                files.insert(name, Arc::from(text));
            }
        }
    }
    files
}

fn parse(text: &str) -> Parsed {
    yaml::parse(SourceId(0), &Arc::from(text))
}

fn scalars<'a>(node: &'a Arc<Node>, out: &mut Vec<&'a Arc<Node>>) {
    match &node.value {
        Value::Scalar(_) => out.push(node),
        Value::Sequence(sequence) => {
            for item in &sequence.items {
                scalars(item, out);
            }
        }
        Value::Mapping(mapping) => {
            for entry in &mapping.entries {
                scalars(&entry.key, out);
                scalars(&entry.value, out);
            }
        }
        Value::Alias(_) => {}
    }
}

fn all_scalars(parsed: &Parsed) -> Vec<&Arc<Node>> {
    let mut out = Vec::new();
    for document in &parsed.documents {
        scalars(document, &mut out);
    }
    out
}

/// A text that the decoder did not understand is one piece, so each of its letters points to the whole.
#[test]
fn decoders_say_what_the_parser_says() {
    let files = corpus();
    let mut count = 0;
    for (name, text) in &files {
        let parsed = parse(text);
        for node in all_scalars(&parsed) {
            let scalar = node.scalar().unwrap();
            let decoded = scalar.text();
            assert_eq!(decoded.as_str(), &*scalar.value, "{name}");
            if scalar.value.trim().len() > 2 && scalar.value.is_ascii() {
                let first = decoded.span_of(0..1);
                assert!(
                    first.len() < decoded.span().len(),
                    "{name}: {:?}",
                    scalar.value
                );
            }
            count += 1;
        }
    }
    assert!(
        files.is_empty() || count > 10_000,
        "{count} scalars are too few to prove anything"
    );
}

/// A few edits of a few scalars of every public file: the rest of the document must stay as it is.
#[test]
fn edits_of_real_scalars_obey_the_lens_law() {
    let files = corpus();
    if files.is_empty() {
        return;
    }
    let (mut done, mut refused) = (0, 0);
    for (name, text) in &files {
        let parsed = parse(text);
        let before = all_scalars(&parsed);
        // Long files cost more and prove no more.
        let step = (before.len() / 4).max(1);
        for index in (step / 2..before.len())
            .step_by(step)
            .filter(|_| text.len() < 20_000)
        {
            let decoded = before[index].scalar().unwrap().text();
            let whole = decoded.as_str();
            let middle = (0..=whole.len() / 2)
                .rev()
                .find(|at| whole.is_char_boundary(*at));
            let middle = middle.unwrap_or_default();
            for (range, new) in [
                (0..whole.len(), "a \"b\" 'c' $d"),
                (middle..middle, ": #"),
                (middle..whole.len(), "é"),
            ] {
                let Some(edit) = decoded.replace(range.clone(), new) else {
                    refused += 1;
                    continue;
                };
                let again = parse(&apply(text, &[edit]));
                let after = all_scalars(&again);
                let expected = format!("{}{new}{}", &whole[..range.start], &whole[range.end..]);
                assert_eq!(after.len(), before.len(), "{name}: {whole:?} <- {new:?}");
                for (other, (was, is)) in before.iter().zip(&after).enumerate() {
                    let was = &*was.scalar().unwrap().value;
                    let want = if other == index { &*expected } else { was };
                    assert_eq!(
                        &*is.scalar().unwrap().value,
                        want,
                        "{name}: {whole:?} <- {new:?}"
                    );
                }
                done += 1;
            }
        }
    }
    assert!(
        done > 1000 && refused < done,
        "{done} done, {refused} refused"
    );
}

#[test]
fn real_projects_are_read() {
    let files = corpus();
    let (mut services, mut probes) = (0, 0);
    for path in files.keys() {
        let paths = std::slice::from_ref(path);
        let reading = read::compose::read(paths, &files, &Surroundings::default());
        services += reading.project.services.len();
        let all = reading.project.services.iter();
        probes += all.filter(|service| service.probe.is_some()).count();
    }
    let enough = services > 1000 && probes > 300;
    assert!(
        files.is_empty() || enough,
        "{services} services, {probes} checks"
    );
}
