//! Commands of public health checks, read and edited; skipped where the corpus does not lie beside the repository.

use healthlint::syntax::shell::{Dialect, parse};
use healthlint::text::{SourceId, Span, Traced, apply};

fn source(text: &str) -> Traced {
    Traced::source(Span::new(SourceId(0), 0, text.len()), text)
}

#[test]
#[allow(clippy::print_stderr)] // A skipped test says so.
fn every_edit_of_a_public_command_reads_back() {
    let corpus = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/corpus/labelled.jsonl"
    );
    let Ok(rows) = std::fs::read_to_string(corpus) else {
        eprintln!("skipped: no corpus beside the repository");
        return;
    };
    let mut done = 0;
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let command = row["command"].as_str().unwrap_or_default();
        for dialect in [Dialect::Dash, Dialect::Ash, Dialect::Bash] {
            let script = parse(&source(command), dialect);
            for (index, word) in script.words().iter().enumerate() {
                let text = word.text.as_str();
                for (at, _) in text.char_indices() {
                    let Some(edit) = word.text.replace(at..at, "a $'") else {
                        continue;
                    };
                    let again = parse(&source(&apply(command, &[edit])), dialect);
                    let expected = format!("{}a $'{}", &text[..at], &text[at..]);
                    let words = again.words();
                    let found = words.get(index).map(|word| word.text.as_str());
                    assert_eq!(found, Some(expected.as_str()), "{command:?} at {at}");
                    done += 1;
                }
            }
        }
    }
    assert!(done > 10_000, "{done} edits are too few to prove anything");
}
