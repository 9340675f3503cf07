//! Dockerfiles and what their last stage holds; the bases are Debian's, Alpine's and the facts'.

mod runs;

use super::*;
use crate::model::Written;
use crate::model::build::{CopyFrom, Stage};
use crate::text::SourceId;

/// Reads the few instructions that these tests need: one a line, or a RUN whose here-document ends with `EOF`; JSON
/// form only where every word stands in quotes of its own.
fn build(text: &str) -> Build {
    let mut stages: Vec<Stage> = Vec::new();
    let mut at = 0;
    while let Some(line) = text[at..].split_inclusive('\n').next() {
        let (start, mut trimmed) = (at + line.len() - line.trim_start().len(), line.trim());
        at += line.len();
        if trimmed == "RUN <<EOF" {
            let body = text[at..].find("EOF").unwrap();
            trimmed = &text[start..at + body];
            at += body + "EOF\n".len();
        }
        let span = Span::new(SourceId(0), start, start + trimmed.len());
        let Some((keyword, rest)) = trimmed.split_once(' ') else {
            continue;
        };
        let offset = start + trimmed.len() - rest.len();
        let piece = |part: &str| {
            let from = offset + (part.as_ptr() as usize - rest.as_ptr() as usize);
            Traced::source(Span::new(SourceId(0), from, from + part.len()), part)
        };
        let index = |name: &str, stages: &[Stage]| {
            stages
                .iter()
                .position(|stage| stage.name.as_ref().is_some_and(|known| known.value == name))
        };
        if keyword == "FROM" {
            let (image, name) = rest
                .split_once(" AS ")
                .map_or((rest, None), |(image, name)| (image, Some(name)));
            let base = match index(image, &stages) {
                Some(stage) => Base::Stage(stage),
                None if image == "scratch" => Base::Scratch,
                None => Base::Image(Written::here(piece(image), span)),
            };
            let name = name.map(|name| Written::here(name.to_owned(), span));
            stages.push(Stage {
                name,
                span,
                base,
                windows: false,
                steps: Vec::new(),
            });
            continue;
        }
        let words: Vec<&str> = rest.split(' ').collect();
        let action = match keyword {
            "RUN" if rest.starts_with("<<EOF") => {
                Action::Run(Invocation::Text(piece(&rest["<<EOF\n".len()..])))
            }
            "RUN" if rest.starts_with('[') => Action::Run(Invocation::Exec(
                rest.split('"').skip(1).step_by(2).map(piece).collect(),
            )),
            "RUN" => Action::Run(Invocation::Text(piece(rest))),
            "ARG" => {
                let (name, value) = rest.split_once('=').unwrap();
                Action::Arg(name.to_owned(), Some(piece(value)))
            }
            "COPY" | "ADD" => {
                let (from, paths) = match words[0].strip_prefix("--from=") {
                    Some(name) => {
                        let stage = index(name, &stages);
                        (
                            stage.map_or_else(|| CopyFrom::Image(piece(name)), CopyFrom::Stage),
                            &words[1..],
                        )
                    }
                    None => (CopyFrom::Context, &words[..]),
                };
                let (to, sources) = paths.split_last().unwrap();
                let sources = sources.iter().map(|path| piece(path)).collect();
                Action::Copy {
                    from,
                    sources,
                    destination: piece(to),
                    chmod: None,
                    add: keyword == "ADD",
                }
            }
            "ENV" => {
                let (name, value) = rest.split_once('=').unwrap();
                Action::Env(vec![(name.to_owned(), piece(value))])
            }
            "WORKDIR" => Action::Workdir(piece(rest)),
            "USER" => Action::User(piece(rest)),
            "EXPOSE" => Action::Expose(words.iter().map(|port| piece(port)).collect()),
            "ENTRYPOINT" => Action::Entrypoint(Invocation::Exec(
                words.iter().map(|word| piece(word)).collect(),
            )),
            "CMD" => Action::Cmd(Invocation::Exec(
                words.iter().map(|word| piece(word)).collect(),
            )),
            _ => panic!("{keyword} is not for these tests"),
        };
        stages.last_mut().unwrap().steps.push(Step { span, action });
    }
    let target = stages.len().checked_sub(1);
    Build {
        source: SourceId(0),
        context: None,
        stages,
        target,
        rejected: Vec::new(),
        allows: Vec::new(),
    }
}

fn has(text: &str, tool: &str) -> Answer {
    inventory_of_build(&build(text)).has(tool)
}

fn firmly_absent(text: &str, tool: &str) -> bool {
    has(text, tool).holds == Holds::No(super::super::Firmness::Firm)
}

const APT: &str =
    "FROM debian:12-slim\nRUN apt-get update && apt-get install -y --no-install-recommends";

#[test]
fn packages_come_and_go() {
    assert!(firmly_absent("FROM debian:12-slim\n", "curl"));
    assert!(
        has(
            &format!("{APT} curl=7.88.* ca-certificates && rm -rf /var/lib/apt/lists/*\n"),
            "curl"
        )
        .is_yes()
    );
    assert!(firmly_absent(
        &format!("{APT} ca-certificates tzdata\n"),
        "curl"
    ));
    assert!(firmly_absent(
        &format!("{APT} curl\nRUN apt-get purge -y curl\n"),
        "curl"
    ));
    assert_eq!(
        has(&format!("{APT} netcat-openbsd\n"), "nc").holds,
        Holds::Yes(Flavour::Openbsd)
    );
    assert!(has("FROM alpine:3.23\nRUN apk add --no-cache curl\n", "curl").is_yes());
    assert!(has("FROM registry.access.redhat.com/ubi9/ubi-minimal\nRUN microdnf install -y jq && microdnf clean all\n", "jq").is_yes());
}

#[test]
fn what_comes_with_a_package_is_not_denied() {
    let with = |package: &str, tool: &str| has(&format!("{APT} {package}\n"), tool);
    assert!(with("redis-server", "redis-cli").is_yes());
    assert!(with("yq", "jq").is_yes());
    assert!(with("cmake", "pgrep").holds == Holds::Unknown);
    assert!(has("FROM alpine:3.20\nRUN apk add alpine-sdk\n", "curl").is_yes());
    // gettext recommends curl.
    assert!(firmly_absent(&format!("{APT} gettext\n"), "curl"));
    let more = has("FROM debian:12-slim\nRUN apt install -y gettext\n", "curl");
    assert_eq!(more.holds, Holds::Unknown);
    let said = "the package `gettext` recommends it";
    assert!(more.why.iter().any(|reason| reason.text == said));
    let text =
        "FROM debian:12-slim\nRUN apt-get -o APT::Install-Recommends=false install -y gettext\n";
    assert!(firmly_absent(text, "curl"));
}

#[test]
fn a_bundle_of_apk_goes_together() {
    let text = "FROM alpine:3.23\nRUN apk add --no-cache --virtual .build-deps curl gcc && apk del .build-deps\n";
    assert!(firmly_absent(text, "curl"));
    let text =
        "FROM alpine:3.23\nRUN apk add curl && apk add --virtual .b curl gcc && apk del .b\n";
    assert!(has(text, "curl").is_yes(), "asked for by name too");
    let text = "FROM alpine:3.23\nRUN apk add -t .b wget && apk del .b\n";
    assert_eq!(
        has(text, "wget").holds,
        Holds::Unknown,
        "the applet's link may be gone"
    );
    assert!(has("FROM alpine:3.23\nRUN apk add bash\n", "wget").is_yes());
}

#[test]
fn the_names_of_packages_may_stand_in_variables() {
    let text = "FROM debian:12-slim\nRUN deps='curl gcc'; apt-get update && apt-get install -y $deps && apt-get purge -y $deps\n";
    assert!(firmly_absent(text, "curl"));
    let text = "FROM debian:12-slim\nRUN apt-get install -y $PACKAGES\n";
    assert_eq!(has(text, "curl").holds, Holds::Unknown);
}

#[test]
fn what_cannot_be_read_adds_and_never_takes() {
    for line in [
        "./setup.sh",
        "curl -sSL https://example.org/install | sh",
        "make install",
        "rpm -i https://example.org/tool.rpm",
        "unknown-tool",
    ] {
        let text = format!("{APT} jq\nRUN {line}\n");
        assert_eq!(has(&text, "curl").holds, Holds::Unknown, "{line}");
        assert!(has(&text, "jq").is_yes(), "{line}");
    }
    for line in [
        "mkdir -p /app && chown -R www-data /app",
        "pip install --no-cache-dir -r requirements.txt",
        "echo hello > /etc/motd",
        "useradd app",
    ] {
        assert!(
            firmly_absent(&format!("FROM debian:12-slim\nRUN {line}\n"), "curl"),
            "{line}"
        );
    }
}

#[test]
fn marks_and_whole_trees_leave_it_open() {
    let text = "FROM debian:12-slim\nRUN apt-get install -y wget && apt-mark auto '.*' > /dev/null && apt-get purge -y --auto-remove\n";
    assert_eq!(has(text, "wget").holds, Holds::Unknown);
    for line in [
        "COPY --from=build /install /usr/local",
        "COPY --from=build /usr/local /usr/local",
    ] {
        let text = format!("FROM debian:12-slim AS build\nRUN make\nFROM debian:12-slim\n{line}\n");
        assert_eq!(has(&text, "curl").holds, Holds::Unknown, "{line}");
    }
    let text = "FROM debian:12-slim\nRUN wget -O /usr/local/bin/gosu https://example.org/gosu && chmod +x /usr/local/bin/gosu && gosu --version\n";
    assert!(has(text, "gosu").is_yes());
    assert!(firmly_absent(text, "curl"));
}

#[test]
fn a_package_that_nobody_knows_makes_absence_soft() {
    let answer = has(&format!("{APT} libwhatever-perl\n"), "curl");
    assert_eq!(answer.holds, Holds::No(super::super::Firmness::Soft));
    assert_eq!(has(&format!("{APT} mosh\n"), "mosh").holds, Holds::Unknown);
    assert_eq!(
        has(&format!("{APT} supervisor\n"), "python3").holds,
        Holds::Unknown,
        "a dependency"
    );
}

#[test]
fn either_branch_of_a_condition_may_run() {
    let text = "FROM debian:12-slim\nRUN if [ -n \"$DEBUG\" ]; then apt-get install -y curl; fi\n";
    assert_eq!(has(text, "curl").holds, Holds::Unknown);
    let text = "FROM debian:12-slim\nRUN apt-get install -y curl || true\n";
    assert_eq!(has(text, "curl").holds, Holds::Unknown);
    let text = "FROM debian:12-slim\nRUN apt-get update || true && apt-get install -y curl\n";
    assert!(has(text, "curl").is_yes());
}

#[test]
fn files_come_into_folders_of_path() {
    assert!(
        has(
            "FROM debian:12-slim\nCOPY healthcheck.sh /usr/local/bin/\n",
            "healthcheck.sh"
        )
        .is_yes()
    );
    assert!(has("FROM debian:12-slim\nCOPY check /usr/bin/probe\n", "probe").is_yes());
    assert_eq!(
        has("FROM debian:12-slim\nCOPY bin /usr/local/bin\n", "curl").holds,
        Holds::Unknown
    );
    assert_eq!(
        has("FROM debian:12-slim\nCOPY rootfs /\n", "curl").holds,
        Holds::Unknown
    );
    assert!(firmly_absent(
        "FROM debian:12-slim\nWORKDIR /app\nCOPY . .\n",
        "curl"
    ));
    assert!(
        has(
            "FROM scratch\nCOPY --from=busybox:1.36 /bin/wget /bin/wget\n",
            "wget"
        )
        .is_yes()
    );
    assert!(
        has(
            "FROM debian:12-slim\nRUN ln -s /opt/tool/run /usr/local/bin/run\n",
            "run"
        )
        .is_yes()
    );
    assert!(firmly_absent(
        &format!("{APT} curl\nRUN rm -f /usr/bin/curl\n"),
        "curl"
    ));
}

#[test]
fn another_stage_is_named_when_it_has_the_tool() {
    let text = "FROM debian:12-slim AS build\nRUN apt-get install -y curl\nFROM debian:12-slim\nCOPY --from=build /app /app\n";
    let answer = has(text, "curl");
    assert!(answer.is_no());
    let reason = answer
        .why
        .iter()
        .find(|reason| reason.text.contains("stage `build`"))
        .unwrap();
    assert_eq!(
        &text[reason.span.unwrap().range()],
        "RUN apt-get install -y curl"
    );
    assert!(
        has(
            "FROM debian:12-slim AS base\nRUN apt-get install -y curl\nFROM base\n",
            "curl"
        )
        .is_yes()
    );
}

#[test]
fn the_configuration_comes_from_the_stage() {
    let inventory = inventory_of_build(&build(
        "FROM node:20-alpine\nEXPOSE 3000 53/udp\nUSER node\nENTRYPOINT tini -- node\nCMD server.js\n",
    ));
    assert_eq!(inventory.ports, [3000]);
    assert_eq!(inventory.user.as_deref(), Some("node"));
    assert_eq!(inventory.reaps(None, None), Some(true));
    let plain = inventory_of_build(&build("FROM node:20-alpine\nCMD node server.js\n"));
    assert_eq!(plain.reaps(None, None), Some(false));
    assert_eq!(plain.shell(), Shell::Ash);
    assert_eq!(
        inventory_of_build(&build("FROM scratch\nCOPY app /app\n")).shell(),
        Shell::None
    );
}

#[test]
fn a_path_of_its_own_hides_the_usual_folders() {
    assert!(
        has(
            &format!("{APT} curl\nENV PATH=/venv/bin:$PATH\n").replace("$PATH", "\u{fffc}"),
            "curl"
        )
        .is_yes()
    );
    assert_eq!(
        has(&format!("{APT} curl\nENV PATH=/venv/bin\n"), "jq").holds,
        Holds::Unknown
    );
}
