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
