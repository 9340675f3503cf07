//! The grammar on one page, and the laws that hold on any text.

use super::{Dialect, ProblemKind, Script, parse};
use crate::text::{SourceId, Span, Traced, apply};

const DIALECTS: [Dialect; 3] = [Dialect::Dash, Dialect::Ash, Dialect::Bash];

fn source(text: &str) -> Traced {
    Traced::source(Span::new(SourceId(0), 0, text.len()), text)
}

fn read(text: &str, dialect: Dialect) -> Script {
    parse(&source(text), dialect)
}

/// Command and tree, as every dialect reads it.
const COMMON: &[(&str, &str)] = &[
    ("curl -f x || exit 1", "(or (curl -f x) (exit 1))"),
    ("a && b || c; d & e", "(or (and (a) (b)) (c)); (d) &; (e)"),
    ("! a | b", "(not (pipe (a) (b)))"),
    ("a |\n b &&\n c", "(and (pipe (a) (b)) (c))"),
    ("a\n# no\nb # no\n", "(a); (b)"),
    ("a \\\n b\\\nc", "(a bc)"),
    ("A=1 B='x y' c d=e", "(A=1 B=\"x y\" c d=e)"),
    ("a >/dev/null 2>&1 <x >>y", "(a >/dev/null 2>&1 <x >>y)"),
    ("a 2 >x", "(a 2 >x)"),
    ("(a; b) | { c; }", "(pipe (subshell (a); (b)) (group (c)))"),
    (
        "if a; then b; elif c; then d; else e; fi",
        "(if [(a)] (b) [(c)] (d) else (e))",
    ),
    (
        "case $x in a|b) c;; (*) d; esac",
        "(case ${x} [a b] (c) [*] (d))",
    ),
    ("for i in 1 $y; do a; done >x", "(for i [1 ${y}] (a) >x)"),
    ("for i do a; done", "(for i [] (a))"),
    (
        "while a; do b; done & until c\ndo d\ndone",
        "(while [(a)] (b)) &; (until [(c)] (d))",
    ),
    ("f() { a; }; f", "(function f (group (a))); (f)"),
    ("a 'b c' \"d $e\" f\\ g", "(a \"b c\" \"d ${e}\" \"f g\")"),
    ("a \"\\s\\$x\\\"\"", "(a \"\\s$x\"\")"),
    (
        "a ${x:-b c} ${#y} ${z%%.*} $? $1x",
        "(a ${x:-\"b c\"} ${#y} ${z%%.*} ${?} \"${1}x\")",
    ),
    (
        "a $(b | c) `d \\`e\\`` \"$(f \"g h\")\"",
        "(a $((pipe (b) (c))) $((d $((e)))) $((f \"g h\")))",
    ),
    (
        "a $((1 + (2) * $b)) $( (c) )",
        "(a $((\"1 + (2) * ${b}\")) $((subshell (c))))",
    ),
    ("echo {fi} }; then=1", "(echo \"{fi}\" \"}\"); (then=1)"),
    (
        "cat <<E | b\nx $y\nE\nc",
        "(pipe (cat <<\"x ${y}\\n\") (b)); (c)",
    ),
    ("cat <<-'E'\n\tx $y\n\tE\nc", "(cat <<\"x $y\\n\"); (c)"),
    ("exec 3<>/dev/tcp/h/1", "(exec 3<>/dev/tcp/h/1)"),
    ("[ \"$(a)\" = 200 ]", "([ $((a)) = 200 ])"),
    ("a#b $ é", "(a \"#\"b \"$\" é)"),
    ("", ""),
    (";", ""),
];

#[test]
fn commands_read_alike_in_every_shell() {
    for (text, tree) in COMMON.iter().copied() {
        // The `#` inside a word is shown in quotes with its neighbours; spelled here as the tree shows it.
        let tree = tree.replace("a \"#\"b", "\"a#b\"");
        for dialect in DIALECTS {
            assert_eq!(
                read(text, dialect).to_string(),
                tree,
                "{text:?} in {dialect:?}"
            );
        }
    }
}

#[test]
fn the_same_text_means_different_things() {
    use Dialect::{Ash, Bash, Dash};
    for (text, dialect, tree) in [
        ("a &>/dev/null", Dash, "(a) &; ( >/dev/null)"),
        ("a &>/dev/null", Ash, "(a &>/dev/null)"),
        ("a &>>x || b", Bash, "(or (a &>>x) (b))"),
        ("[[ a && b ]]", Dash, "(and ([[ a) (b ]]))"),
        ("[[ a && b ]]", Ash, "([[ a && b)"),
        ("[[ $x =~ ^(a|b c)$ ]]", Bash, "([[ ${x} =~ \"^(a|b c)$\")"),
        ("function f { a; }", Dash, "(function f \"{\" a); (\"}\")"),
        ("function f { a; }", Bash, "(function f (group (a)))"),
        ("a <(b)", Bash, "(a <((b)))"),
        ("a <<<b", Bash, "(a <<<b)"),
        ("((x > 1))", Dash, "(subshell (subshell (x >1)))"),
        ("((x > 1))", Bash, "(arithmetic \"x > 1\")"),
        ("a |& b", Bash, "(pipe (a) (b))"),
        ("x=(a b)", Bash, "(x=(a b))"),
        ("a $'\\n'", Dash, "(a \"$\\n\")"),
        (
            "for ((i=0;i<3;i++)); do a; done",
            Bash,
            "(count \"i=0;i<3;i++\" (a))",
        ),
    ] {
        assert_eq!(
            read(text, dialect).to_string(),
            tree,
            "{text:?} in {dialect:?}"
        );
    }
}

#[test]
fn what_a_shell_would_refuse_is_said_and_the_rest_is_read() {
    for (text, tree, problem) in [
        ("a 'b", "(a b)", ProblemKind::Unterminated("single quote")),
        (
            "a \"b $(c",
            "(a \"b $((c))\")",
            ProblemKind::Unterminated("double quote"),
        ),
        ("a `b", "(a $((b)))", ProblemKind::Unterminated("backtick")),
        (
            "a ${b",
            "(a ${b})",
            ProblemKind::Unterminated("parameter expansion"),
        ),
        (
            "( a; b",
            "(subshell (a); (b))",
            ProblemKind::Unterminated("`(`"),
        ),
        (
            "if a; then b",
            "(if [(a)] (b))",
            ProblemKind::Unterminated("`if`"),
        ),
        (
            "if a; b; fi",
            "(if [(a); (b)] )",
            ProblemKind::Missing("`then`"),
        ),
        ("a &&", "(a)", ProblemKind::Missing("a command")),
        ("| a", "(a)", ProblemKind::Unexpected("|".into())),
        ("a ) b", "(a); (b)", ProblemKind::Unexpected(")".into())),
        ("a >", "(a >\"\")", ProblemKind::Missing("a word")),
        (
            "a; done",
            "(a); (done)",
            ProblemKind::Unexpected("done".into()),
        ),
        (
            "cat <<E\nx",
            "(cat <<x)",
            ProblemKind::Unterminated("here-document"),
        ),
        ("a ${%b}", "(a ${%b})", ProblemKind::BadSubstitution),
    ] {
        let script = read(text, Dialect::Bash);
        assert_eq!(script.to_string(), tree, "{text:?}");
        assert!(
            script.problems.iter().any(|found| found.kind == problem),
            "{text:?}: {:?}",
            script.problems
        );
    }
    for (text, _) in COMMON {
        let problems = read(text, Dialect::Bash).problems;
        assert_eq!(problems.is_empty(), *text != ";", "{text:?}: {problems:?}");
    }
}

/// Every exact edit of every word reads back as the word with the edit in it, and no other word changes.
fn assert_lens_law(raw: &str, dialect: Dialect) -> usize {
    let script = read(raw, dialect);
    let words = script.words();
    let mut done = 0;
    for (index, word) in words.iter().enumerate() {
        let text = word.text.as_str();
        let ends: Vec<usize> = (0..=text.len())
            .filter(|at| text.is_char_boundary(*at))
            .collect();
        for (from, start) in ends.iter().enumerate() {
            for end in ends.iter().skip(from).take(8) {
                for new in [
                    "",
                    "z",
                    "a b",
                    "$x",
                    "it's \"q\"",
                    "\\",
                    "#",
                    "A=",
                    "7",
                    "\n",
                    "{a,b}",
                    "é*",
                    "`",
                    "~",
                ] {
                    let Some(edit) = word.text.replace(*start..*end, new) else {
                        continue;
                    };
                    let after = apply(raw, std::slice::from_ref(&edit));
                    let again = read(&after, dialect);
                    let expected = format!("{}{new}{}", &text[..*start], &text[*end..]);
                    let words = again.words();
                    let found = words.get(index).map(|word| word.text.as_str());
                    assert_eq!(
                        found,
                        Some(expected.as_str()),
                        "{raw:?}: word {index} {text:?} {start}..{end} <- {new:?} gives {after:?}"
                    );
                    assert_eq!(words.len(), script.words().len(), "{after:?}");
                    assert!(
                        !again
                            .problems
                            .iter()
                            .any(|problem| !script.problems.contains(problem)
                                && script.problems.is_empty()),
                        "{after:?}"
                    );
                    done += 1;
                }
            }
        }
    }
    done
}

#[test]
fn every_edit_of_a_word_reads_back() {
    let mut done = 0;
    for dialect in DIALECTS {
        for text in [
            "curl -f 'a b' \"c $d\\\"e\\s\"x$y f\\ g#h",
            "a `b \"c\\$d\" \\\\e` $(f \"$(g h)i\") $?j",
            "x2>y 3 >z 'q'1>w",
            "A=b C='d' e=f | $g$ \"$\" \\$ '' \"\" ''k",
            "if a; then xif; fi; x!; {a,xb}; a=x~ x~ ~y",
            "case a in b) c;; esac; for i in j k; do l; done <<<m",
            "grep -o '\"success\":\\s*true' | awk -F: \"{print \\$2}\"",
            "a $'b\\tc' $'d'",
        ] {
            done += assert_lens_law(text, dialect);
        }
    }
    assert!(done > 10_000, "{done} edits are too few to prove anything");
}

#[test]
fn a_whole_word_can_be_replaced() {
    let raw = "curl \"$x\"'y' `a \"b\"`";
    let script = read(raw, Dialect::Dash);
    for (index, word) in script.words().iter().enumerate() {
        for new in ["", "a b", "it's", "if", "`$(x)\\"] {
            let edit = word.replace_whole(new).unwrap();
            let again = read(&apply(raw, &[edit]), Dialect::Dash);
            assert_eq!(again.words()[index].text.as_str(), new);
            assert_eq!(again.words()[index].literal(), Some(new));
        }
    }
}

#[test]
fn no_prefix_and_no_deletion_makes_it_fail() {
    for (text, _) in COMMON.iter().chain([
        &(
            "[[ a =~ (b ]] ]]; (( 1 + ( 2 )) )) $'\\x4\\u12' x=(a >(b)",
            "",
        ),
        &("${x[1]:-a} ${!y^^} {fd}>&- $((1 <<E\n${", ""),
    ]) {
        for dialect in DIALECTS {
            for (at, char) in text.char_indices() {
                read(&text[..at], dialect).to_string();
                read(&text[at..], dialect).to_string();
                let rest = &text[at + char.len_utf8()..];
                read(&format!("{}{rest}", &text[..at]), dialect).to_string();
                for ill in [
                    "'", "\"", "`", "$(", "${", "\\", ")", "<<", "((", "\u{fffc}",
                ] {
                    read(&format!("{}{ill}{rest}", &text[..at]), dialect).to_string();
                }
            }
        }
    }
}

#[test]
fn large_and_deep_texts_are_read_in_a_moment() {
    for unit in [
        "(",
        "((",
        "$(",
        "$((",
        "\"$(",
        "`",
        "${x:-",
        "{ ",
        "if ",
        "a <<E\n",
        "! ",
        "case a in b)",
        "a|",
        "a&&",
        "'a' ",
        "\"$x\" ",
        "[[ ",
        "\\\n",
        "a=$",
        "`a` ",
        "f() ",
        "\\",
        "]] ",
        "<(",
        "{a,",
    ] {
        for dialect in DIALECTS {
            let text = unit.repeat(200_000 / unit.len());
            let started = std::time::Instant::now();
            read(&text, dialect);
            let took = started.elapsed();
            assert!(took.as_secs() < 5, "{unit:?} in {dialect:?} took {took:?}");
        }
    }
}

#[test]
fn what_compose_fills_in_is_part_of_a_word() {
    use crate::text::{Filling, Variable, verbatim};
    let outer = source("a $P x");
    let mut decoder = outer.decoder(verbatim);
    decoder.copy(0..2, verbatim);
    let variable = Variable {
        shown: "$P".into(),
        name: Some("P".into()),
        filling: Filling::Unknown,
    };
    decoder.variable(2..4, variable, None, verbatim);
    decoder.copy(4..6, verbatim);
    let script = parse(&decoder.finish(), Dialect::Bash);
    let known: Vec<_> = script
        .words()
        .iter()
        .map(|word| word.literal().is_some())
        .collect();
    assert_eq!(known, [true, false, true]);
    assert_eq!(script.words()[1].text.shown(), "$P");
}
