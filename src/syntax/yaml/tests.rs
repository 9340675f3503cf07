//! Examples of whole files, and the laws that every scalar obeys.

use std::fmt::Write as _;
use std::sync::Arc;

use super::*;
use crate::text::{SourceId, apply};

fn read(text: &str) -> Parsed {
    parse(SourceId(0), &Arc::from(text))
}

/// The only document of a text that must be sound.
fn root(text: &str) -> Arc<Node> {
    let parsed = read(text);
    assert_eq!(parsed.problems, [], "{text}");
    Arc::clone(&parsed.documents[0])
}

fn get(node: &Node, name: &str) -> Arc<Node> {
    Arc::clone(node.mapping().unwrap().get(name).unwrap().value)
}

fn scalars<'a>(node: &'a Arc<Node>, out: &mut Vec<&'a Arc<Node>>) {
    match &node.value {
        Value::Scalar(_) => out.push(node),
        Value::Sequence(sequence) => sequence.items.iter().for_each(|item| scalars(item, out)),
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

/// Files that try every way of writing a scalar.
const NASTY: &[&str] = &[
    "a: plain text\nb: 'it''s'\nc: \"q\\\"\\x41\\u00e9\\n\"\n",
    "a: one\n  two\n\n  three\nb: 'one\n  two\n\n\n  three '\nc: \"one \\\n  two\n\n  three\"\n",
    "a: |\n  line one\n    deeper\n\n  line two\n\nb: |-\n  x\n  y\nc: |+\n  keep\n\n\nd: end\n",
    "a: >\n  folded\n  text\n\n  para\n    deep\n    deep2\n  back\nb: >-\n  x\n\n\n  y\n",
    "a: |2\n    two deep\n   one\n  none\nb: |1-\n  x\nc:\n  - |2\n    x\n",
    "a: |\r\n  crlf\r\n  two\r\n\r\n  three\r\nb: \"x\r\n  y\"\r\nc: 'p\r\n\r\n  q'\r\nd: plain\r\n  more\r\n",
    "\u{feff}a: b\nc: |\n\n  lead\n  x",
    "a: {b: [c, 'd', \"e\", f g], h: , i: ''}\n? j\n: - k\n  - - l\n",
    "a: &x !t b\nc: *x\nd: !!str 1\ne: & f\n",
    "--- |\nroot\ntext\n---\n\"second\"\n...\n--- >-\n  third\n",
    "a: \"\\s\\d\\$x é🩺 \\\\s\"\nb: [\"\\.\", x\\.y]\n",
    "a: |\n  \n  x\nb: |\n\nc: |+\n\n\nd: >-\n\ne: |",
    "a: | # why | not\n  x\nb: &n |\n  y\nc: !t >2-\n   z\n   w\n",
    "a: \"\"\nb: ''\nc:\nd: ~\n",
    "a: \"tab\\there\ttab\"\nb: 'x\ty'\nc: x\ty\n",
];

#[test]
fn nodes_have_their_exact_places() {
    let text = "a: &x !t 'b' # why\nc:\n  - d\n  - {e: f}\n";
    let parsed = read(text);
    let at = |span: Span| &text[span.range()];
    let root = &parsed.documents[0];
    let a = get(root, "a");
    assert_eq!(at(a.span), "'b'");
    assert_eq!(at(a.whole_span()), "&x !t 'b'");
    assert_eq!(at(a.anchor().unwrap().span), "&x");
    assert_eq!(a.tag().unwrap().text, "!t");
    assert_eq!(at(parsed.comments[0]), "# why");
    let c = get(root, "c");
    assert_eq!(at(c.span), "- d\n  - {e: f}");
    assert_eq!((c.column, c.in_flow), (2, false));
    let items = &c.sequence().unwrap().items;
    assert_eq!(at(items[1].span), "{e: f}");
    let f = get(&items[1], "e");
    assert!(f.in_flow && !items[1].in_flow);
    assert_eq!(f.column, 8);
}

#[test]
fn an_empty_value_stands_behind_its_key() {
    let text = "a:\n\nb: &x\nc: [ , ]\n";
    let root = read("a:\n\nb: &x\n").documents[0].clone();
    assert_eq!(get(&root, "a").span.range(), 2..2);
    assert_eq!(get(&root, "b").span.range(), 9..9);
    assert!(get(&root, "a").is_null());
    assert_eq!(read(text).problems.len(), 1);
}

#[test]
fn merge_keys_are_seen_through() {
    let root = root(
        "x: &one {a: 1, b: 1}\ny: &two {b: 2, c: 2}\nz: &deep {<<: *two, d: 3}\n\
         m: {<<: *one, b: 0}\nn: {<<: [*deep, *one]}\n",
    );
    let value = |of: &str, name: &str| {
        let node = get(&root, of);
        let found = node.mapping().unwrap().get(name).unwrap();
        (
            found.value.scalar().unwrap().value.to_string(),
            found.through.len(),
        )
    };
    assert_eq!(value("m", "b"), ("0".into(), 0));
    assert_eq!(value("m", "a"), ("1".into(), 1));
    assert_eq!(value("n", "b"), ("2".into(), 2));
    assert_eq!(value("n", "a"), ("1".into(), 1));
    let names: Vec<String> = get(&root, "n")
        .mapping()
        .unwrap()
        .effective()
        .iter()
        .map(|found| found.key.scalar().unwrap().value.to_string())
        .collect();
    assert_eq!(names, ["d", "b", "c", "a"]);
}

#[test]
fn what_the_engine_refuses_is_told_with_its_place() {
    for (text, kind, place, other) in [
        (
            "a: 1\n'a': 2\n",
            ProblemKind::DuplicateKey,
            "'a'",
            Some("a"),
        ),
        (
            "x: &x {}\nm: {<<: *x, <<: *x}\n",
            ProblemKind::DuplicateMerge,
            "<<",
            Some("<<"),
        ),
        ("m: {<<: 3}\n", ProblemKind::MergeValue, "3", None),
        ("a: *b\n", ProblemKind::UnknownAlias, "*b", None),
        ("a: &a [*a]\n", ProblemKind::CyclicAlias, "*a", None),
        ("a: b: c\n", ProblemKind::Syntax, ":", None),
        ("a: [b\n", ProblemKind::Syntax, "[", None),
        ("a: \"b\n", ProblemKind::Syntax, "b", None),
        ("a:\n\tb: c\n", ProblemKind::Syntax, "\t", None),
    ] {
        let parsed = read(text);
        assert_eq!(parsed.problems.len(), 1, "{text:?}: {:?}", parsed.problems);
        let problem = &parsed.problems[0];
        assert_eq!(problem.kind, kind, "{text:?}");
        assert_eq!(&text[problem.span.range()], place, "{text:?}");
        assert_eq!(
            problem.other.map(|span| &text[span.range()]),
            other,
            "{text:?}"
        );
    }
}

#[test]
fn documents_before_an_error_are_kept() {
    let parsed = read("a: 1\n---\nb: 2\n---\nc: [\n");
    assert_eq!(parsed.documents.len(), 2);
    assert_eq!(parsed.problems.len(), 1);
}

#[test]
fn unknown_escapes_are_read_around_and_remembered() {
    let text = "a: \"x\\sy\\d\" # \\s\nb: 'p\\sq'\nc: \\s\nd: |\n  \\d\n";
    let parsed = read(text);
    assert_eq!(parsed.problems, []);
    let written: Vec<&str> = parsed
        .escapes
        .iter()
        .map(|escape| &*escape.written)
        .collect();
    assert_eq!(written, ["\\s", "\\d"]);
    assert_eq!(&text[parsed.escapes[0].span.range()], "\\s");
    let value = |name: &str| {
        get(&parsed.documents[0], name)
            .scalar()
            .unwrap()
            .text()
            .as_str()
            .to_owned()
    };
    assert_eq!(value("a"), "x\\sy\\d");
    assert_eq!(value("b"), "p\\sq");
    assert_eq!(value("c"), "\\s");
    assert_eq!(value("d"), "\\d\n");
}

#[test]
fn bombs_and_depth_are_problems_and_no_crash() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..30 {
        let item = format!("*a{}", level - 1);
        writeln!(bomb, "a{level}: &a{level} [{}]", [&*item; 10].join(", ")).unwrap();
    }
    for level in 1..50_000 {
        writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    for text in [
        bomb,
        chain,
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        "{a: ".repeat(100_000),
        (0..3000).map(|depth| " ".repeat(depth) + "a:\n").collect(),
    ] {
        let parsed = read(&text);
        assert!(!parsed.problems.is_empty(), "{}", &text[..40]);
        assert!(
            parsed
                .problems
                .iter()
                .all(|problem| problem.span.end as usize <= text.len())
        );
    }
}

/// Puts words in every kind of place of a scalar, reads the file again, and says (done, refused).
fn lens(text: &str, most: usize) -> (usize, usize) {
    let parsed = read(text);
    let before = all_scalars(&parsed);
    let (mut done, mut refused) = (0, 0);
    for (index, node) in before.iter().enumerate() {
        let scalar = node.scalar().unwrap();
        let decoded = scalar.text();
        let ends: Vec<usize> = (0..=decoded.len())
            .filter(|at| decoded.as_str().is_char_boundary(*at))
            .collect();
        let step = (ends.len() / most).max(1);
        for start in ends.iter().copied().step_by(step) {
            for end in ends
                .iter()
                .copied()
                .filter(|end| *end >= start)
                .step_by(step)
            {
                for new in ["", "z", " ", "$'\"\\", "# {a}: b", "é\nx"] {
                    let Some(edit) = decoded.replace(start..end, new) else {
                        refused += 1;
                        continue;
                    };
                    let edited = apply(text, std::slice::from_ref(&edit));
                    let again = read(&edited);
                    let after = all_scalars(&again);
                    let expected = format!(
                        "{}{new}{}",
                        &decoded.as_str()[..start],
                        &decoded.as_str()[end..]
                    );
                    let hint = format!(
                        "{text:?}\n{:?} {start}..{end} <- {new:?}\n{edited:?}",
                        decoded.as_str()
                    );
                    assert_eq!(after.len(), before.len(), "{hint}");
                    for (other, (was, is)) in before.iter().zip(&after).enumerate() {
                        let (was, is) = (was.scalar().unwrap(), is.scalar().unwrap());
                        let want = if other == index {
                            &*expected
                        } else {
                            &*was.value
                        };
                        assert_eq!(&*is.value, want, "{hint}");
                        assert_eq!(
                            is.kind == Kind::String,
                            was.kind == Kind::String || other == index && is.kind == Kind::String,
                            "{hint}"
                        );
                    }
                    done += 1;
                }
            }
        }
    }
    (done, refused)
}

#[test]
fn edits_of_nasty_scalars_obey_the_lens_law() {
    let (mut done, mut refused) = (0, 0);
    for text in NASTY {
        let (more, fewer) = lens(text, 24);
        done += more;
        refused += fewer;
    }
    assert!(done > refused, "{done} done, {refused} refused");
}

/// The decoders must say byte for byte what the parser says.
fn decoders_agree(name: &str, text: &str) -> usize {
    let parsed = read(text);
    let scalars = all_scalars(&parsed);
    for node in &scalars {
        let scalar = node.scalar().unwrap();
        let decoded = scalar::decode_anew(scalar);
        assert_eq!(
            decoded.as_str(),
            &*scalar.value,
            "{name}: {:?}",
            &text[scalar.raw.range()]
        );
    }
    scalars.len()
}

#[test]
fn decoders_say_what_the_parser_says() {
    for text in NASTY {
        decoders_agree("nasty", text);
    }
}

#[test]
fn no_prefix_and_no_deletion_makes_it_panic() {
    for text in NASTY {
        for at in 0..text.len() {
            if !text.is_char_boundary(at) {
                continue;
            }
            let rest = &text[at..];
            let next = at + rest.chars().next().map_or(0, char::len_utf8);
            for cut in [
                text[..at].to_owned(),
                format!("{}{}", &text[..at], &text[next..]),
            ] {
                decoders_agree("cut", &cut);
            }
        }
    }
}
