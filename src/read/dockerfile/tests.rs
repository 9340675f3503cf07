//! Dockerfiles and what they come to.

mod rejected;

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::model::build::{Action, Base, CopyFrom};
use crate::model::draft::Place;
use crate::model::probe::{Form, Probe};
use crate::model::project::Invocation;
use crate::text::{HOLE, SourceId, verbatim};

fn reading(text: &str) -> Reading {
    let files: BTreeMap<String, Arc<str>> = [("app/Dockerfile".to_owned(), text.into())].into();
    read("app/Dockerfile", &files)
}

fn built(text: &str) -> Build {
    reading(text).project.build.unwrap()
}

fn ordered(text: &str, target: Option<&str>, args: &[(&str, Option<&str>)]) -> Build {
    let whole = |text: &str| Traced::source(Span::new(SourceId(0), 0, text.len()), text);
    let recipe = Recipe {
        context: None,
        dockerfile: Text::Unknown,
        target: target.map(str::to_owned),
        args: args
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(whole)))
            .collect(),
        span: Span::new(SourceId(0), 0, 0),
    };
    build(&whole(text), "Dockerfile", &recipe).build
}

/// A stage's steps, shortly.
fn steps(stage: &Stage) -> Vec<String> {
    fn words(words: &[Traced]) -> String {
        let words: Vec<_> = words.iter().map(Traced::as_str).collect();
        words.join("|").replace(HOLE, "?")
    }
    fn invocation(it: &Invocation) -> String {
        match it {
            Invocation::Exec(it) => format!("[{}]", words(it)),
            Invocation::Text(it) => it.as_str().to_owned(),
        }
    }
    let steps = stage.steps.iter().map(|step| match &step.action {
        Action::Run(it) => format!("run {}", invocation(it)),
        Action::RunUnknown => "run ?".to_owned(),
        Action::Copy {
            from,
            sources,
            destination,
            chmod,
            add,
        } => {
            let from = match from {
                CopyFrom::Context => "context".to_owned(),
                CopyFrom::Stage(index) => index.to_string(),
                CopyFrom::Image(image) => image.as_str().to_owned(),
                CopyFrom::Unknown => "?".to_owned(),
            };
            let chmod = chmod.as_ref().map_or("", |it| it.as_str());
            let verb = if *add { "add" } else { "copy" };
            let sources = words(sources);
            let to = words(std::slice::from_ref(destination));
            format!("{verb} {from} {sources} {to} {chmod}")
                .trim_end()
                .to_owned()
        }
        Action::Env(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(name, value)| format!("{name}={}", words(std::slice::from_ref(value))))
                .collect();
            format!("env {}", entries.join(" "))
        }
        Action::Arg(name, value) => {
            let value = value.as_ref().map_or("-", |it| it.as_str());
            format!("arg {name} {value}")
        }
        Action::User(it) => format!("user {}", words(std::slice::from_ref(it))),
        Action::Workdir(it) => format!("workdir {}", words(std::slice::from_ref(it))),
        Action::Expose(it) => format!("expose {}", words(it)),
        Action::Entrypoint(it) => format!("entrypoint {}", invocation(it)),
        Action::Cmd(it) => format!("cmd {}", invocation(it)),
        Action::Shell(it) => format!("shell {}", words(it)),
        Action::Healthcheck(it) => format!("check {}", test(it)),
        Action::Other => "other".to_owned(),
    });
    steps.collect()
}

fn test(probe: &Probe) -> String {
    match probe.test.as_ref().map(|test| &test.value.form) {
        None if probe.disabled.is_some() => "none".into(),
        None => "broken".into(),
        Some(Form::Exec(words)) => {
            let words: Vec<_> = words.iter().map(Traced::as_str).collect();
            format!("[{}]", words.join("|"))
        }
        Some(Form::Shell { script, .. }) => script.as_str().to_owned(),
        Some(Form::Unheaded(_)) => "unheaded".into(),
    }
}

#[test]
fn a_stage_does_its_steps_in_order() {
    let text = "FROM debian:12 AS Base\nRUN apt-get update \\\n && x\nENV A=1 B=\"$A c\"\nENV B=$A D\\ E=f\n\
        WORKDIR /w/$A\nUSER u:$NOBODY\nEXPOSE 80 $A/tcp\nCOPY --chmod=755 a b /bin/\nADD [\"x y\", \"/\"]\nSHELL [\"/bin/bash\", \"-c\"]\n\
        ENTRYPOINT [\"/e\"]\nCMD run $A\nLABEL a=b\nHEALTHCHECK CMD curl $A\n";
    let build = built(text);
    let stage = &build.stages[0];
    assert_eq!(stage.name.as_ref().unwrap().value, "base");
    assert_eq!(
        steps(stage),
        [
            "run apt-get update  && x",
            "env A=1 B=? c",
            "env B=1 D E=f",
            "workdir /w/1",
            "user u:?",
            "expose 80|1/tcp",
            "copy context a|b /bin/ 755",
            "add context x y /",
            "shell /bin/bash|-c",
            "entrypoint [/e]",
            "cmd run $A",
            "other",
            "check curl $A",
        ]
    );
    assert_eq!(build.context.as_deref(), Some("app"));
    let run = &stage.steps[0];
    assert_eq!(&text[run.span.range()], "RUN apt-get update \\\n && x");
}

#[test]
fn arguments_before_from_choose_the_image() {
    let text = "ARG V=1\nARG IMAGE=a:$V\nARG OPEN\nFROM $IMAGE\nARG V\nARG W=2 X\nENV Y=$V$W$X\nFROM b:${OPEN:-3}\nFROM c:$OPEN\nFROM d:$TARGETARCH\nFROM ${NOT}\nENV V=$V\n";
    let bases = |build: &Build| -> Vec<String> {
        let bases = build.stages.iter().map(|stage| match &stage.base {
            Base::Image(image) => image.value.as_str().replace(HOLE, "?"),
            other => format!("{other:?}"),
        });
        bases.collect()
    };
    let build = built(text);
    assert_eq!(bases(&build), ["a:1", "b:3", "c:?", "d:?", "?"]);
    assert_eq!(
        steps(&build.stages[0]),
        ["arg V 1", "arg W 2", "arg X -", "env Y=12?"]
    );
    assert_eq!(steps(&build.stages[4]), ["env V=?"]);
    let build = ordered(text, None, &[("V", Some("9")), ("OPEN", None)]);
    assert_eq!(bases(&build), ["a:9", "b:?", "c:?", "d:?", "?"]);
    assert_eq!(steps(&build.stages[0])[3], "env Y=92?");
    assert_eq!(bases(&ordered(text, None, &[("IMAGE", Some("z"))]))[0], "z");
}

#[test]
fn stages_inherit_and_copy_from_each_other() {
    let build = built(
        "FROM a AS one\nENV P=1\nHEALTHCHECK CMD a\nFROM ONE AS two\nENV Q=$P\nFROM scratch\n\
        COPY --from=one x /\nCOPY --from=1 x /\nCOPY --from=nginx:1 x /\nCOPY --from=2 x /\nCOPY --from=$X x /\nENV R=${P:-d}\n",
    );
    assert!(matches!(build.stages[1].base, Base::Stage(0)));
    assert!(matches!(build.stages[2].base, Base::Scratch));
    assert_eq!(steps(&build.stages[1]), ["env Q=1"]);
    assert_eq!(
        steps(&build.stages[2]),
        [
            "copy 0 x /",
            "copy 1 x /",
            "copy nginx:1 x /",
            "copy ? x /",
            "copy ? x /",
            "env R=d"
        ]
    );
    assert_eq!(build.target, Some(2));
    assert_eq!(test(build.probe_of(1).unwrap()), "a");
    assert!(build.probe_of(2).is_none());
}

#[test]
fn the_target_is_named_or_counted() {
    let text = "FROM a AS one\nFROM b AS two\n";
    for (target, stage) in [
        (None, Some(1)),
        (Some(""), Some(1)),
        (Some("ONE"), Some(0)),
        (Some("1"), Some(1)),
        (Some("three"), None),
    ] {
        assert_eq!(ordered(text, target, &[]).target, stage, "{target:?}");
    }
}

#[test]
fn triggers_fire_in_the_child_and_only_there() {
    let text = "FROM a AS one\nONBUILD RUN x <<E\ny\nE\nONBUILD HEALTHCHECK --interval=bad CMD z\nFROM one AS two\nRUN own\nFROM two\n";
    let build = built(text);
    assert_eq!(steps(&build.stages[0]), ["other", "other"]);
    assert_eq!(
        steps(&build.stages[1]),
        ["run x <<E\ny\nE", "check z", "run own"]
    );
    assert!(build.stages[2].steps.is_empty());
    let rejected: Vec<_> = build.rejected.iter().map(|it| &it.reason[..]).collect();
    assert_eq!(rejected, ["time: invalid duration \"bad\""]);
    assert_eq!(built(&text.replace("FROM one", "FROM x")).rejected, []);
}

#[test]
fn heredocs_are_scripts_unless_a_foreign_program_reads_them() {
    let build = built(
        "FROM a\nRUN <<E\napt-get install curl\nE\nRUN <<E\n#!/usr/bin/env -S bash\nx\nE\nRUN <<E\n#!/usr/bin/python3\nE\nRUN cat \\\n <<E\nx\nE\nRUN\n",
    );
    assert_eq!(
        steps(&build.stages[0]),
        [
            "run apt-get install curl\n",
            "run #!/usr/bin/env -S bash\nx\n",
            "run ?",
            "run ?",
            "other"
        ]
    );
}

#[test]
fn a_check_has_its_timing_and_the_places_to_change_it() {
    let text = "FROM a\nHEALTHCHECK --interval=\"5s\" --timeout=1m30s --start-period= --retries=+3 \\\n # note\n CMD curl x\n";
    let build = built(text);
    let probe = build.probe_of(0).unwrap();
    let timing = &probe.timing;
    let interval = timing.interval.as_ref().unwrap();
    assert_eq!(interval.value.value, Some(Duration::from_secs(5)));
    assert_eq!(interval.value.text.as_str(), "5s");
    assert_eq!(&text[interval.entry().range()], "--interval=\"5s\"");
    assert_eq!(&text[interval.span.range()], "\"5s\"");
    assert_eq!(&text[interval.key.unwrap().range()], "--interval");
    let timeout = timing.timeout.as_ref().unwrap();
    assert_eq!(timeout.value.value, Some(Duration::from_secs(90)));
    let start = timing.start_period.as_ref().unwrap();
    assert_eq!(start.value.value, Some(Duration::ZERO));
    assert_eq!(timing.retries.as_ref().unwrap().value.value, Some(3));
    let Place::Flags { after } = &probe.place else {
        panic!("{:?}", probe.place);
    };
    assert_eq!(&text[after.range()], "--retries=+3");
    let added = probe.place.add("start_interval", "1s").unwrap();
    let changed = crate::text::apply(text, &[added]);
    assert!(changed.contains("--retries=+3 --start-interval=1s \\\n"));
    assert_eq!(&text[probe.span.range()], "HEALTHCHECK");
    assert_eq!(build.rejected, []);
}

#[test]
fn comments_allow_what_they_stand_above_or_in() {
    let text = "FROM a\n# healthlint: allow(missing-tool) by volume\nHEALTHCHECK --interval=1s \\\n  # healthlint: allow(wrong-port)\n  CMD x\n# healthlint: allow(late)\n";
    let build = built(text);
    let scopes: Vec<_> = build
        .allows
        .iter()
        .map(|allow| {
            (
                allow.rules[0].0.as_str(),
                text[allow.scope.range()].contains("CMD x"),
            )
        })
        .collect();
    assert_eq!(
        scopes,
        [
            ("missing-tool", true),
            ("wrong-port", true),
            ("late", false)
        ]
    );
}

#[test]
fn a_hostile_file_ends() {
    let chain: Vec<String> = (0..3_000)
        .map(|at| format!("FROM s{at} AS s{}\nENV A{at}=x\nONBUILD RUN y\n", at + 1))
        .collect();
    let many = [
        format!("FROM a AS s0\n{}", chain.concat()),
        "FROM a\n".to_owned() + &"ENV A=$A$A$A\n".repeat(2_000),
        "FROM a\nENV A=x\n".to_owned() + &"ENV A=$A$A$A\n".repeat(100),
        "FROM a AS b\n".to_owned() + &"ONBUILD RUN x\n".repeat(2_000) + &"FROM b\n".repeat(2_000),
        "FROM a\n".to_owned() + &"HEALTHCHECK CMD x\n".repeat(20_000),
    ];
    for text in many {
        let start = std::time::Instant::now();
        assert!(!built(&text).stages.is_empty());
        let took = start.elapsed();
        assert!(took.as_secs() < 20, "{took:?}");
    }
}

#[test]
fn a_file_inside_another_text_points_into_that_text() {
    let outer = "x: |\n  FROM a\n  HEALTHCHECK --interval=5 CMD curl x\n";
    let whole = Traced::source(Span::new(SourceId(0), 0, outer.len()), outer);
    let mut decoder = whole.decoder(verbatim);
    let mut at = 0;
    for line in outer.split_inclusive('\n') {
        decoder.copy((at + 2).min(at + line.len())..at + line.len(), verbatim);
        at += line.len();
    }
    let inner = decoder.finish();
    let inner = inner.slice(2..inner.len());
    let recipe = Recipe {
        context: None,
        dockerfile: Text::Inline(inner.clone()),
        target: None,
        args: Vec::new(),
        span: whole.span(),
    };
    let build = build(&inner, "compose.yaml", &recipe).build;
    assert_eq!(&outer[build.rejected[0].span.range()], "5");
    let probe = build.probe_of(0).unwrap();
    assert_eq!(
        &outer[probe.whole.range()],
        "HEALTHCHECK --interval=5 CMD curl x"
    );
    let Form::Shell { script, .. } = &probe.test.as_ref().unwrap().value.form else {
        panic!("{probe:?}");
    };
    let edit = script.replace(0..4, "wget").unwrap();
    assert!(crate::text::apply(outer, &[edit]).contains("CMD wget x\n"));
}
