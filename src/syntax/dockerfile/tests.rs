//! What BuildKit was seen to do with each text, and laws over nasty ones.

use super::*;

fn read(text: &str) -> Dockerfile {
    parse(SourceId(0), text)
}

/// The last instruction, when a stage stands before it.
fn last(text: &str) -> Instruction {
    let file = read(&format!("FROM x\n{text}"));
    file.instructions.last().cloned().unwrap()
}

/// What the engine would store as the test, or the message with which it refuses.
fn verdict(instruction: &Instruction) -> Result<Vec<String>, String> {
    if let Some(problem) = instruction.problems.iter().find(|it| it.kind.fails()) {
        return Err(problem.kind.words());
    }
    Ok(match &instruction.body {
        Body::Healthcheck(Healthcheck::None { .. }) => vec!["NONE".into()],
        Body::Healthcheck(Healthcheck::Cmd { command, .. }) => match command {
            Command::Shell { text, .. } => vec!["CMD-SHELL".into(), text.as_str().into()],
            Command::Exec { words, .. } => std::iter::once("CMD".to_owned())
                .chain(words.iter().map(|word| word.as_str().to_owned()))
                .collect(),
            Command::Empty => vec![],
        },
        other => vec![format!("{other:?}")],
    })
}

#[test]
fn healthchecks_that_buildkit_takes() {
    let table: &[(&str, &[&str])] = &[
        ("HEALTHCHECK NONE", &["NONE"]),
        ("HEALTHCHECK none", &["NONE"]),
        ("HEALTHCHECK CMD [\"\"]", &["CMD", ""]),
        (
            "HEALTHCHECK CMD [\"curl\",\"-f\",\"x\"]",
            &["CMD", "curl", "-f", "x"],
        ),
        (
            "HEALTHCHECK CMD [\"curl\", \"-f\", \"x\"",
            &["CMD-SHELL", "[\"curl\", \"-f\", \"x\""],
        ),
        (
            "HEALTHCHECK CMD ['curl','-f','x']",
            &["CMD-SHELL", "['curl','-f','x']"],
        ),
        (
            "HEALTHCHECK CMD [\"curl\",\"-f\",\"x\"] || exit 1",
            &["CMD-SHELL", "[\"curl\",\"-f\",\"x\"] || exit 1"],
        ),
        (
            "HEALTHCHECK CMD [\"curl\",\"x\"]  # note",
            &["CMD-SHELL", "[\"curl\",\"x\"]  # note"],
        ),
        ("HEALTHCHECK CMD x # note", &["CMD-SHELL", "x # note"]),
        ("HEALTHCHECK CMD [curl, -f]", &["CMD-SHELL", "[curl, -f]"]),
        ("HEALTHCHECK CMD [\"a\\d\"]", &["CMD-SHELL", "[\"a\\d\"]"]),
        ("HEALTHCHECK CMD [\"a\\\\d\"]", &["CMD", "a\\d"]),
        ("HEALTHCHECK CMD [“curl”]", &["CMD-SHELL", "[“curl”]"]),
        (
            "HEALTHCHECK CMD [\"CMD-SHELL\", \"curl x\"]",
            &["CMD", "CMD-SHELL", "curl x"],
        ),
        ("HEALTHCHECK CMD NONE", &["CMD-SHELL", "NONE"]),
        (
            "HEALTHCHECK CMD [ \"$X\" = 1 ]",
            &["CMD-SHELL", "[ \"$X\" = 1 ]"],
        ),
        ("HEALTHCHECK --bogus=1 NONE", &["NONE"]),
        ("HEALTHCHECK --interval= CMD x", &["CMD-SHELL", "x"]),
        ("HEALTHCHECK -- CMD x", &["CMD-SHELL", "x"]),
        ("HEALTHCHECK --interval=5s -- CMD x", &["CMD-SHELL", "x"]),
        (
            "HEALTHCHECK CMD --interval=5s x",
            &["CMD-SHELL", "--interval=5s x"],
        ),
        (
            "HEALTHCHECK --interval=5s \\\n  CMD curl -f \\\n  http://x \\\n  || exit 1",
            &["CMD-SHELL", "curl -f   http://x   || exit 1"],
        ),
        (
            "HEALTHCHECK --interval=5s \\\n  # comment \\\n  CMD curl x",
            &["CMD-SHELL", "curl x"],
        ),
        (
            "HEALTHCHECK --interval=5s \\\n\n  CMD curl x",
            &["CMD-SHELL", "curl x"],
        ),
        (
            "RUN <<EOF\nHEALTHCHECK CMD notreal\nEOF\nHEALTHCHECK CMD real",
            &["CMD-SHELL", "real"],
        ),
        (
            "HEALTHCHECK CMD echo $FOO ${BAR} $(date)",
            &["CMD-SHELL", "echo $FOO ${BAR} $(date)"],
        ),
        ("healthcheck cmd x\r\n", &["CMD-SHELL", "x"]),
        ("HEALTHCHECK CMD x \\\nRUN y", &["CMD-SHELL", "x RUN y"]),
        ("HEALTHCHECK CMD x\\\\\n", &["CMD-SHELL", "x\\\\"]),
        (
            "HEALTHCHECK CMD [\"\\ud83e\\ude7a\\ud800\"]",
            &["CMD", "🩺\u{fffd}"],
        ),
    ];
    for (text, stored) in table {
        let found = verdict(&last(text));
        assert_eq!(
            found.as_deref(),
            Ok(&stored.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]),
            "{text}"
        );
    }
}

#[test]
fn healthchecks_that_buildkit_refuses() {
    let strings = "when using JSON array syntax, arrays must be comprised of strings only";
    let none = "HEALTHCHECK requires at least one argument";
    let value = "missing a value on flag: --interval";
    let table = [
        ("HEALTHCHECK", none),
        (
            "HEALTHCHECK NONE foo",
            "HEALTHCHECK NONE takes no arguments",
        ),
        (
            "HEALTHCHECK CMD-SHELL curl",
            "Unknown type \"CMD-SHELL\" in HEALTHCHECK (try CMD)",
        ),
        (
            "HEALTHCHECK curl x",
            "Unknown type \"CURL\" in HEALTHCHECK (try CMD)",
        ),
        ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
        (
            "HEALTHCHECK CMD []",
            "Missing command after HEALTHCHECK CMD",
        ),
        ("HEALTHCHECK CMD [\"curl\",1]", strings),
        ("HEALTHCHECK CMD [\"a\",null]", strings),
        ("HEALTHCHECK CMD [\"a\",[\"b\"]]", strings),
        (
            "HEALTHCHECK CMD [\"a\",{\"b\": -1.5e3, \"c\": [[]]}]",
            strings,
        ),
        ("HEALTHCHECK --interval CMD x", value),
        ("HEALTHCHECK --interval 30s CMD x", value),
        (
            "HEALTHCHECK --start_period=3s CMD x",
            "unknown flag: --start_period (did you mean start-period?)",
        ),
        (
            "HEALTHCHECK --startperiod=3s CMD x",
            "unknown flag: --startperiod (did you mean start-period?)",
        ),
        (
            "HEALTHCHECK --start-period=3s --start-period=4s CMD x",
            "duplicate flag specified: --start-period",
        ),
        ("HEALTHCHECK --disable CMD x", "unknown flag: --disable"),
        (
            "HEALTHCHEK CMD x",
            "unknown instruction: HEALTHCHEK (did you mean HEALTHCHECK?)",
        ),
        (
            "HEALTHCHECK CMD [\"curl\",\n  \"-f\"]",
            "unknown instruction: \"-f\"]",
        ),
        (
            "HEALTHCHECK --retires=3 CMD x",
            "unknown flag: --retires (did you mean retries?)",
        ),
    ];
    for (text, words) in table {
        assert_eq!(verdict(&last(text)), Err(words.to_owned()), "{text}");
    }
    let file = read("FROM x\nHEALTHCHECK --interval=5s\n  CMD curl x");
    assert_eq!(verdict(&file.instructions[1]), Err(none.to_owned()));
    let file = read("FROM x\nHEALTHCHECK CMD <<EOF\ncurl x\nEOF");
    assert_eq!(
        verdict(&file.instructions[2]),
        Err("unknown instruction: curl".to_owned())
    );
}

#[test]
fn text_that_only_looks_like_json_says_why() {
    let table = [
        ("['curl']", NotJson::SingleQuotes, "'curl'"),
        ("[“curl”]", NotJson::SmartQuotes, "“curl”"),
        ("[curl, -f]", NotJson::Unquoted, "curl"),
        ("[\"a\", ]", NotJson::TrailingComma, ","),
        ("[\"a\" \"b\"]", NotJson::MissingComma, "\"b\""),
        ("[\"a\",,\"b\"]", NotJson::EmptyItem, ","),
        ("[\"a\\d\"]", NotJson::BadEscape, "\\d"),
        ("[\"a\tb\"]", NotJson::ControlCharacter, "\t"),
        ("[\"a", NotJson::UnclosedString, "\"a"),
        ("[\"a\"", NotJson::MissingBracket, "[\"a\""),
        ("[\"a\"] || exit 1", NotJson::TextAfter, "|| exit 1"),
        ("[01]", NotJson::Unquoted, "01"),
        ("[{\"a\" 1}]", NotJson::BrokenValue, ""),
    ];
    for (command, reason, culprit) in table {
        let text = format!("FROM x\nHEALTHCHECK CMD {command}");
        let instruction = read(&text).instructions.remove(1);
        let Body::Healthcheck(Healthcheck::Cmd {
            command: Command::Shell { not_json, .. },
            ..
        }) = &instruction.body
        else {
            panic!("{command} is text for the shell: {:?}", instruction.body);
        };
        let (found, span) = not_json.unwrap();
        assert_eq!((found, &text[span.range()]), (reason, culprit), "{command}");
    }
}

#[test]
fn problems_point_at_the_very_word() {
    let table = [
        (
            "HEALTHCHECK --interval 30s --timeout 3s CMD x",
            "--interval,--timeout",
        ),
        (
            "HEALTHCHECK --retires=3 --retries=\"3\" --bogus CMD x",
            "--retires=3,--bogus",
        ),
        ("HEALTHCHECK CMD-SHELL x", "CMD-SHELL"),
        ("HEALTHCHECK NONE a b", "a b"),
        ("HEALTHCHECK CMD [\"a\", 1]", "1"),
        ("ENV a=b c d=e", "c"),
        ("FROM a b", "b"),
        ("FROM a AS 1x", "1x"),
        ("RUNN x", "RUNN"),
        ("COPY a", "COPY"),
        ("RUN cat <<EOF\nx", "<<EOF"),
        ("ONBUILD FROM x", "FROM"),
        ("ONBUILD ONBUILD RUN x", ""),
        ("HEALTHCHECK --interval=1s \\\n\n CMD x", ""),
        ("SHELL sh -c", "SHELL"),
    ];
    for (line, words) in table {
        let text = format!("FROM x\n{line}");
        let file = read(&text);
        let found: Vec<_> = file.instructions[1]
            .problems
            .iter()
            .map(|problem| &text[problem.span.range()])
            .collect();
        assert_eq!(found.join(","), words, "{line}");
    }
}

#[test]
fn a_missing_value_is_read_around_with_the_word_that_was_meant() {
    let text = "FROM x\nHEALTHCHECK --interval  30s --timeout=3s CMD curl x";
    let instruction = &read(text).instructions[1];
    let ProblemKind::MissingFlagValue {
        meant: Some((word, span)),
        ..
    } = &instruction.problems[0].kind
    else {
        panic!("{:?}", instruction.problems);
    };
    assert_eq!((word.as_str(), &text[span.range()]), ("30s", "30s"));
    assert_eq!(instruction.flags.len(), 2);
    let Body::Healthcheck(Healthcheck::Cmd {
        command: Command::Shell { text, .. },
        ..
    }) = &instruction.body
    else {
        panic!("{:?}", instruction.body);
    };
    assert_eq!(text.as_str(), "curl x");
}

#[test]
fn directives_count_only_on_the_first_lines() {
    let file =
        read("\u{feff}# syntax=docker/dockerfile:1\r\n# escape = `\r\nFROM x\r\nRUN a `\r\n b\r\n");
    assert_eq!(file.escape, '`');
    assert_eq!(file.syntax.unwrap().as_str(), "docker/dockerfile:1");
    assert_eq!(file.instructions[1].arguments.as_str(), "a  b");
    assert_eq!(read("\n# escape=`\nFROM x").escape, '\\');
    assert_eq!(read("# note\n# escape=`\nFROM x").escape, '\\');
    let words = |text: &str| read(text).problems[0].kind.words();
    assert_eq!(
        words("# escape=x\nFROM x"),
        "invalid escape token 'x' does not match ` or \\"
    );
    assert_eq!(
        words("# escape=`\n# escape=`\nFROM x"),
        "only one escape parser directive can be used"
    );
    assert_eq!(words("# nothing\n"), "file with no instructions");
    assert_eq!(words("").as_str(), "file with no instructions");
}

#[test]
fn heredocs_belong_to_run_copy_and_add() {
    let text = "FROM x\nRUN <<A cat <<-'B' >f\na\nA\n\tb\n\tB\nCOPY <<\"E F\" <<G /d/\n1\nE F\n2\nG\nONBUILD RUN <<H\nh\nH\nRUN $((1<<2)) a<<b ${x[0]} <<c\nRUN <<-EOF\n\tx\n\tEOF\nUSER u";
    let file = read(text);
    let bodies: Vec<Vec<(&str, bool, &str)>> = file
        .instructions
        .iter()
        .map(|instruction| {
            let docs = instruction.heredocs.iter();
            docs.map(|doc| (doc.name.as_str(), doc.expand, doc.body.as_str()))
                .collect()
        })
        .collect();
    let expected: Vec<Vec<(&str, bool, &str)>> = vec![
        vec![],
        vec![("A", true, "a\n"), ("B", false, "b\n")],
        vec![("E F", false, "1\n"), ("G", true, "2\n")],
        vec![("H", true, "h\n")],
        vec![],
        vec![("EOF", true, "x\n")],
        vec![],
    ];
    assert_eq!(bodies, expected);
    let scripts: Vec<_> = file
        .instructions
        .iter()
        .map(|it| it.script.as_ref().map(Traced::as_str))
        .collect();
    assert_eq!(scripts[1], Some("<<A cat <<-'B' >f\na\nA\n\tb\n\tB"));
    assert_eq!(scripts[2], None);
    assert_eq!(scripts[3], Some("h\n"));
    assert_eq!(scripts[5], Some("x\n"));
}

#[test]
fn comments_are_kept_and_the_body_of_a_heredoc_has_none() {
    let text = "# one\nFROM x\nRUN a \\\n  # two \\\n  b\n  # three  \nRUN <<E\n# four\nE\n";
    let file = read(text);
    let found: Vec<_> = file
        .comments
        .iter()
        .map(|comment| &text[comment.span.range()])
        .collect();
    assert_eq!(found, ["# one", "# two \\", "# three"]);
}

/// As nasty as they come, but everything in it means something.
const NASTY: &str = "\u{feff}# syntax=docker/dockerfile:1\r\n# escape=\\\r\nARG V=1 W\r\nFROM --platform=linux/amd64 img:${V} AS b\u{7}se\r\nENV A=\"x y\" B='q' C=\\ d\nENV old é 🩺 form\n\nHEALTHCHECK --interval=\"5s\" --timeout='1'\\0s \\\n  # comment\n\n --start-period=\\1s \t CMD cur\\\nl -f \\\n   http://é🩺 || exit 1  \nHEALTHCHECK CMD [ \"a\\u00e9\\\"b\", \\\n \"c d\" , \"\" ]\nHEALTHCHECK --interval 30s NONE\nCOPY --from=b --chmod=\"75\"5 a <<E\\ F /z/\nbody $x\nE F\nRUN <<-X sh \\\n -e\n\t\tline one\n\tline two\n\tX\nONBUILD healthcheck --retries=3 cmd [\"x\",\"\\ud83e\\ude7a\"]\nEXPOSE 80/tcp 443\nLABEL a.b=c \"d e\"=f\nUSER a\\\n:b\nSHELL [\"/bin/sh\", \"-c\"]\nHEALTHCHEK CMD y\nHEALTHCHECK CMD ['a', 1]\nCMD z \\\n";

/// Every word of an instruction that a fix could want to change.
fn leaves(instruction: &Instruction) -> Vec<Traced> {
    fn command(command: &Command) -> Vec<Traced> {
        match command {
            Command::Empty => vec![],
            Command::Shell { text, .. } => vec![text.clone()],
            Command::Exec { words, .. } => words.clone(),
        }
    }
    let mut all: Vec<Traced> = Vec::new();
    for flag in &instruction.flags {
        all.push(flag.name.clone());
        all.extend(flag.value.clone());
    }
    all.extend(match &instruction.body {
        Body::From { image, name } => std::iter::once(image.clone()).chain(name.clone()).collect(),
        Body::Run(it)
        | Body::Cmd(it)
        | Body::Entrypoint(it)
        | Body::Healthcheck(Healthcheck::Cmd { command: it, .. }) => command(it),
        Body::Healthcheck(_) | Body::Broken => vec![],
        Body::Copy {
            sources,
            destination,
            ..
        } => sources.iter().chain([destination]).cloned().collect(),
        Body::Env(pairs) | Body::Label(pairs) => pairs
            .iter()
            .flat_map(|pair| [pair.name.clone(), pair.value.clone()])
            .collect(),
        Body::Arg(entries) => entries
            .iter()
            .flat_map(|(name, value)| std::iter::once(name.clone()).chain(value.clone()))
            .collect(),
        Body::User(it) | Body::Workdir(it) | Body::StopSignal(it) | Body::Maintainer(it) => {
            vec![it.clone()]
        }
        Body::Expose(it) | Body::Shell(it) | Body::Volume(it) => it.clone(),
        Body::Onbuild(inner) => leaves(inner),
    });
    all.extend(instruction.heredocs.iter().map(|it| it.body.clone()));
    all
}

fn all_leaves(file: &Dockerfile) -> Vec<Traced> {
    file.instructions.iter().flat_map(leaves).collect()
}

#[test]
fn every_exact_edit_obeys_the_lens_law() {
    let file = read(NASTY);
    let before = all_leaves(&file);
    let words: Vec<String> = before.iter().map(|it| it.as_str().to_owned()).collect();
    let (mut done, mut refused) = (0, 0);
    for (index, leaf) in before.iter().enumerate() {
        let text = leaf.as_str();
        for start in 0..=text.len() {
            for end in start..=text.len() {
                let in_order = text.is_char_boundary(start) && text.is_char_boundary(end);
                if !in_order || end - start > 3 && end - start + 2 < text.len() {
                    continue;
                }
                for new in ["", "k", "a b", "\"", "\\", " #x", "é", "$y", "=", "-- "] {
                    let Some(edit) = leaf.replace(start..end, new) else {
                        refused += 1;
                        continue;
                    };
                    let changed = crate::text::apply(NASTY, &[edit]);
                    let after = all_leaves(&read(&changed));
                    let mut expected = words.clone();
                    expected[index] = format!("{}{new}{}", &text[..start], &text[end..]);
                    let after: Vec<&str> = after.iter().map(Traced::as_str).collect();
                    assert_eq!(after, expected, "{text:?}[{start}..{end}] <- {new:?}");
                    done += 1;
                }
            }
        }
    }
    assert!(done > 5_000, "{done} edits done, {refused} refused");
}

/// Spans lie in the file and on its characters, and what is traced can be pointed at.
fn sound(text: &str) {
    let file = read(text);
    let mut spans: Vec<Span> = file.comments.iter().map(|comment| comment.span).collect();
    spans.extend(file.problems.iter().map(|problem| problem.span));
    for instruction in &file.instructions {
        spans.extend([instruction.span, instruction.keyword.span()]);
        spans.extend(instruction.problems.iter().map(|problem| problem.span));
        spans.extend(leaves(instruction).iter().map(Traced::span));
    }
    for span in spans {
        assert!(text.get(span.range()).is_some(), "{span:?} of {text:?}");
    }
}

#[test]
fn no_prefix_and_no_deletion_is_too_nasty() {
    for at in 0..=NASTY.len() {
        if let (Some(prefix), Some(rest)) = (NASTY.get(..at), NASTY.get(at..)) {
            sound(prefix);
            sound(rest);
            let mut chars = rest.chars();
            chars.next();
            sound(&format!("{prefix}{}", chars.as_str()));
            for ch in ['\\', '\n', '"', '<', '[', '\r'] {
                sound(&format!("{prefix}{ch}{rest}"));
            }
        }
    }
}

#[test]
fn long_and_many_lines_take_no_longer_per_byte() {
    let hostile = [
        format!("FROM x\nHEALTHCHECK CMD {}", "a ".repeat(500_000)),
        format!("FROM x\nHEALTHCHECK CMD [{}", "\"a\",".repeat(250_000)),
        format!("FROM x\nHEALTHCHECK CMD {}", "[".repeat(1_000_000)),
        format!("FROM x\nHEALTHCHECK {}CMD x", "--a=\"b\" ".repeat(100_000)),
        format!("FROM x\n{}", "RUN a \\\n".repeat(100_000)),
        format!("FROM x\n{}", "RUN <<A\n".repeat(100_000)),
        format!("FROM x\n{}\tA\n", "RUN <<A\n".repeat(100_000)),
        format!("FROM x\nRUN {}", "<<A ".repeat(200_000)),
        format!("FROM x\nRUN {}", "${a:-".repeat(200_000) + "<<"),
        format!("FROM x\n{}", "ONBUILD ".repeat(100_000)),
        format!("FROM x\nENV {}", "a=b \\\n c ".repeat(100_000)),
        "HEALTHCHEK x\n".repeat(100_000),
        format!("FROM x\nHEALTHCHECK {}", "--interval 3s ".repeat(50_000)),
    ];
    for text in hostile {
        let start = std::time::Instant::now();
        let file = read(&text);
        let took = start.elapsed();
        assert!(!file.instructions.is_empty());
        let shown: String = text.chars().take(40).collect();
        // A quadratic reader needs minutes; the bound leaves room for a busy machine.
        assert!(took.as_secs() < 15, "{shown:?} took {took:?}");
    }
}

#[test]
fn a_second_parser_agrees_where_it_accepts() {
    use parse_dockerfile as other;
    let files = [
        "FROM a AS b\nRUN x \\\n  y\nHEALTHCHECK --interval=5s --timeout=\"3s\" CMD curl -f x || exit 1\n",
        "ARG V=1\nFROM a:$V\nHEALTHCHECK NONE\nCMD [\"a\", \"b\"]\nENTRYPOINT e f\n",
        "FROM a\nHEALTHCHECK CMD [\"curl\", \"-f\", \"x\"]\nUSER u\nWORKDIR /w\nEXPOSE 80 81\n",
        "FROM a\nRUN <<EOF\nHEALTHCHECK CMD no\nEOF\nCOPY --from=b x y /z\nADD a b\nONBUILD RUN x\n",
        "# escape=`\nFROM a\nRUN a `\n  b\nLABEL a=b\nENV a=b c=d\nVOLUME [\"/v\"]\nSTOPSIGNAL 9\nSHELL [\"s\"]\n",
        "from a\nhealthcheck cmd é🩺\nmaintainer me\n",
    ];
    for text in files {
        let theirs = other::parse(text).unwrap();
        let ours = read(text);
        assert!(
            ours.instructions.iter().all(|it| it.problems.is_empty()),
            "{text}"
        );
        let names: Vec<String> = theirs.instructions.iter().map(kind).collect();
        let own: Vec<String> = ours.instructions.iter().map(Instruction::name).collect();
        assert_eq!(own, names, "{text}");
        for (theirs, ours) in theirs.instructions.iter().zip(&ours.instructions) {
            let other::Instruction::Healthcheck(theirs) = theirs else {
                continue;
            };
            assert_eq!(theirs.healthcheck.span, ours.keyword.span().range());
            let flags: Vec<_> = ours
                .flags
                .iter()
                .map(|flag| (flag.name.as_str(), flag.value.as_ref().unwrap().as_str()))
                .collect();
            let their_flags: Vec<_> = theirs
                .options
                .iter()
                .map(|flag| (&*flag.name.value, &*flag.value.as_ref().unwrap().value))
                .collect();
            // The other parser leaves the quotes in.
            let bare: Vec<_> = their_flags
                .iter()
                .map(|(name, value)| (*name, value.trim_matches('"')))
                .collect();
            assert_eq!(flags, bare, "{text}");
            match (&theirs.arguments, &ours.body) {
                (
                    other::HealthcheckArguments::Cmd { arguments, .. },
                    Body::Healthcheck(Healthcheck::Cmd { command, .. }),
                ) => match (arguments, command) {
                    (other::Command::Shell(theirs), Command::Shell { text: ours, .. }) => {
                        assert_eq!(theirs.value, ours.as_str());
                        assert_eq!(theirs.span, ours.span().range());
                    }
                    (other::Command::Exec(theirs), Command::Exec { words, array }) => {
                        let theirs_words: Vec<_> =
                            theirs.value.iter().map(|word| &*word.value).collect();
                        let words: Vec<_> = words.iter().map(Traced::as_str).collect();
                        assert_eq!(words, theirs_words);
                        assert_eq!(theirs.span, array.span().range());
                    }
                    pair => panic!("{pair:?}"),
                },
                (
                    other::HealthcheckArguments::None { .. },
                    Body::Healthcheck(Healthcheck::None { .. }),
                ) => {}
                pair => panic!("{pair:?}"),
            }
        }
    }
}

fn kind(instruction: &parse_dockerfile::Instruction<'_>) -> String {
    let shown = format!("{instruction:?}");
    let name = shown.split('(').next().unwrap_or_default();
    name.to_uppercase()
}

fn expanded(word: &str) -> Option<String> {
    use crate::text::Filling;
    let source = Traced::source(Span::new(SourceId(0), 0, word.len()), word);
    let lookup = |name: &str| match name {
        "A" => Value::Known("a b".into(), Filling::Default),
        "E" => Value::Known(String::new(), Filling::Default),
        "O" => Value::Open,
        "U" => Value::Unknown,
        _ => Value::Unset,
    };
    let traced = expand(&source, '\\', &lookup)?;
    Some(traced.as_str().replace(crate::text::HOLE, "?"))
}

#[test]
fn variables_are_filled_in_as_buildkit_does() {
    let table = [
        ("x$A-y", "xa b-y"),
        ("${A}", "a b"),
        ("'$A'\"$A\"\\$A", "$Aa b$A"),
        ("$N${N}|", "|"),
        ("${N:-d$A}", "da b"),
        ("${E:-d}${E-d}", "d"),
        ("${A:+x}${N:+x}${E+y}", "xy"),
        ("${O}:${O:-1}", "?:1"),
        ("$U:${U:-1}:${U:+1}", "?:?:?"),
        ("${N:-${O:-${N:-z}}}", "z"),
        ("${A%b}", "?"),
        ("a$", "a$"),
        ("\"a\\b\\\"\" \\é", "a\\b\" é"),
        ("c\\", "c"),
    ];
    for (word, text) in table {
        assert_eq!(expanded(word).as_deref(), Some(text), "{word}");
    }
    for word in ["'a", "\"a", "${A", "${}", "${A@Q}", "${N:?gone}", "${N:-'}"] {
        assert_eq!(expanded(word), None, "{word}");
    }
    for depth in [10, 100_000] {
        let deep = "${N:-".repeat(depth) + "x" + &"}".repeat(depth);
        assert_eq!(expanded(&deep).is_some(), depth == 10);
    }
}
