//! What single lines of RUN and COPY do, one line of a table each.

use super::*;

/// Whether the tool is there after this RUN on Debian.
fn after(run: &str, tool: &str) -> Holds {
    has(&format!("FROM debian:12-slim\nRUN {run}\n"), tool).holds
}

const GONE: Holds = Holds::No(crate::facts::Firmness::Firm);

#[test]
fn every_package_manager_installs_and_removes() {
    for (base, install, remove) in [
        ("debian:12-slim", "apt-get install -y", "apt-get purge -y"),
        (
            "debian:12-slim",
            "DEBIAN_FRONTEND=noninteractive apt-get -qq -y install",
            "apt-get -y remove",
        ),
        ("debian:12-slim", "sudo apt install -y", "apt remove -y"),
        ("alpine:3.20", "apk add --no-cache", "apk del"),
        (
            "alpine:3.20",
            "apk --update --no-cache add",
            "apk del --purge",
        ),
        (
            "oraclelinux:9-slim",
            "microdnf install -y",
            "microdnf remove -y",
        ),
        (
            "oraclelinux:9-slim",
            "dnf -y install --setopt=install_weak_deps=False",
            "dnf -y remove",
        ),
        ("oraclelinux:9-slim", "yum install -y", "yum erase -y"),
        ("oraclelinux:9-slim", "tdnf install -y", "tdnf remove -y"),
        (
            "nobody/knows",
            "zypper --non-interactive in -y",
            "zypper rm -y",
        ),
        (
            "nobody/knows",
            "pacman -Syu --noconfirm",
            "pacman -R --noconfirm",
        ),
    ] {
        let text = format!("FROM {base}\nRUN {install} jq\n");
        assert!(has(&text, "jq").is_yes(), "{text}");
        let text = format!("{text}RUN {remove} jq\n");
        assert!(has(&text, "jq").is_no(), "{text}");
    }
    assert_eq!(
        after("apt-get install -y wget && apt-get autoremove -y", "wget"),
        Holds::Yes(Flavour::Gnu),
        "what was asked for by name stays"
    );
    assert_eq!(
        has("FROM node:20\nRUN apt-get autoremove -y\n", "curl").holds,
        Holds::Unknown,
        "what the image brought may go"
    );
    assert!(has("FROM node:20\nRUN apt-get autoremove -y\n", "perl").is_yes());
}

#[test]
fn a_bundle_may_have_its_name_in_a_variable_and_outlive_its_run() {
    let text = "FROM alpine:3.20\nRUN apk add --no-cache --virtual=.fetch-deps curl\nRUN deps=.fetch-deps; apk del $deps\n";
    assert!(firmly_absent(text, "curl"));
    let text = "FROM alpine:3.20\nRUN apk add -t .b curl && apk add jq && apk del .b\n";
    assert!(firmly_absent(text, "curl"));
    assert!(has(text, "jq").is_yes());
}

#[test]
fn languages_bring_the_commands_of_their_packages() {
    for (base, line, tool) in [
        (
            "python:3.12-slim",
            "pip install --no-cache-dir 'gunicorn[gevent]==22.0.0'",
            "gunicorn",
        ),
        ("python:3.12-slim", "pip3 install uvicorn", "uvicorn"),
        (
            "python:3.12-slim",
            "python -m pip install -U celery",
            "celery",
        ),
        (
            "python:3.12-slim",
            "pip install supervisor",
            "supervisorctl",
        ),
        ("python:3.12-slim", "uv pip install --system httpie", "http"),
        ("debian:12-slim", "npm install -g pm2@5", "pm2"),
        (
            "debian:12-slim",
            "npm i --global serve http-server",
            "http-server",
        ),
        ("debian:12-slim", "yarn global add serve", "serve"),
        ("debian:12-slim", "gem install foreman", "foreman"),
        ("debian:12-slim", "cargo install --root /usr/local xh", "xh"),
        (
            "debian:12-slim",
            "GOBIN=/x; go build -o /usr/local/bin/probe ./cmd/probe",
            "probe",
        ),
    ] {
        let text = format!("FROM {base}\nRUN {line}\n");
        assert!(has(&text, tool).is_yes(), "{text}");
        assert!(
            has(&text, "jq").is_no(),
            "{text}: no tool of the system comes along"
        );
    }
    let text = "FROM golang:1.23\nENV GOBIN=/usr/local/bin\nRUN go install example.org/tools/cmd/grpc-probe/v2@latest\n";
    assert!(has(text, "grpc-probe").is_yes());
    for line in [
        "pip install -r requirements.txt",
        "pip install --target /app/lib supervisor",
        "poetry install",
        "pip install buildbot",
    ] {
        assert_eq!(
            has(
                &format!("FROM debian:12-slim\nRUN {line}\n"),
                "supervisorctl"
            )
            .holds,
            Holds::Unknown,
            "{line}"
        );
    }
    let venv =
        "FROM python:3.12-slim\nENV PATH=/venv/bin:\u{fffc}\nRUN /venv/bin/pip install gunicorn\n";
    assert!(has(venv, "gunicorn").is_yes());
}

#[test]
fn a_file_is_a_program_when_everybody_may_run_it() {
    let fetch = "curl -fsSL https://example.org/yq -o /usr/local/bin/yq";
    assert_eq!(after(fetch, "yq"), Holds::Unknown);
    for mode in ["+x", "755", "0755", "a+rx", "u=rwx,go=rx"] {
        let line = format!("{fetch} && chmod {mode} /usr/local/bin/yq");
        assert_eq!(after(&line, "yq"), Holds::Yes(Flavour::Plain), "{mode}");
    }
    for line in [
        "wget -qO /usr/local/bin/tini https://example.org/tini && chmod +x /usr/local/bin/*",
        "wget -qO/usr/local/bin/tini https://example.org/tini && chmod a+x /usr/local/bin/tini",
        "V=1; curl -Lo /usr/local/bin/tini https://example.org/$V && chmod +x /usr/local/bin/tini",
        "wget --output-document=/tmp/t https://example.org/t && install -m 755 /tmp/t /usr/local/bin/tini",
        "curl -o /tmp/t https://example.org/t && mv /tmp/t /usr/local/bin/tini",
        "cd /usr/local/bin && curl -o tini https://example.org/t && chmod +x tini",
    ] {
        assert_eq!(after(line, "tini"), Holds::Yes(Flavour::Plain), "{line}");
        assert_eq!(after(line, "curl"), GONE, "{line}");
    }
    assert_eq!(
        after(
            "cd /usr/local/bin && curl -O https://example.org/curl",
            "curl"
        ),
        Holds::Unknown
    );
    assert_eq!(
        after(
            "curl -sL https://example.org/x.tgz | tar xz -C /usr/local/bin",
            "curl"
        ),
        Holds::Unknown
    );
    assert_eq!(
        after(
            "curl -sL https://example.org/x.tgz | tar xz -C /opt",
            "curl"
        ),
        GONE
    );
    assert_eq!(after("chmod 644 /usr/bin/perl", "perl"), Holds::Unknown);
}

#[test]
fn links_and_removals_are_followed() {
    assert_eq!(
        after("ln -s /opt/tool/run /usr/local/bin/run", "run"),
        Holds::Yes(Flavour::Plain)
    );
    assert_eq!(
        after(
            "apt-get install -y busybox; ln -sf /bin/busybox /usr/bin/wget",
            "wget"
        ),
        Holds::Yes(Flavour::Busybox)
    );
    assert_eq!(
        after("ln -s /usr/bin/curl /usr/local/bin/fetch", "fetch"),
        Holds::Unknown,
        "it leads nowhere"
    );
    assert_eq!(after("rm /usr/bin/perl", "perl"), GONE);
    assert_eq!(after("mv /usr/bin/perl /usr/bin/perl5", "perl"), GONE);
    assert_eq!(
        after("mv /usr/bin/perl /usr/bin/perl5", "perl5"),
        Holds::Yes(Flavour::Plain)
    );
    assert_eq!(
        after("apt-get install -y jq && rm -rf /usr/bin/*", "jq"),
        Holds::Unknown
    );
    assert_eq!(
        after(
            "apt-get install -y jq && find / -perm /6000 -exec rm -f {} +",
            "jq"
        ),
        Holds::Unknown
    );
    assert!(
        has(
            &format!("{APT} jq && find /usr -name '*.pyc' -delete\n"),
            "jq"
        )
        .is_yes()
    );
    let text = "FROM debian:12-slim\nRUN ln -sf /bin/bash /bin/sh\n";
    assert_eq!(inventory_of_build(&build(text)).shell(), Shell::Bash);
}

#[test]
fn busybox_links_its_applets() {
    let debian = format!("{APT} busybox && busybox --install -s /usr/local/bin\n");
    assert_eq!(has(&debian, "wget").holds, Holds::Yes(Flavour::Busybox));
    assert_eq!(
        has(&debian, "grep").holds,
        Holds::Yes(Flavour::Gnu),
        "what is there stays"
    );
    assert!(
        !has(&debian, "pgrep").is_yes(),
        "Debian's has no such applet"
    );
    let scratch = "FROM scratch\nCOPY --from=busybox:musl /bin/busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\n";
    assert_eq!(has(scratch, "wget").holds, Holds::Yes(Flavour::Busybox));
    assert_eq!(inventory_of_build(&build(scratch)).shell(), Shell::Ash);
    assert!(firmly_absent(scratch, "curl"));
}

#[test]
fn files_of_other_images_keep_their_make() {
    let text = "FROM debian:12-slim\nCOPY --from=busybox:1.36 /bin/wget /usr/local/bin/wget\n";
    assert_eq!(has(text, "wget").holds, Holds::Yes(Flavour::Busybox));
    let text = "FROM scratch\nCOPY --from=busybox /bin/sh /bin/sh\n";
    assert_eq!(inventory_of_build(&build(text)).shell(), Shell::Ash);
    for line in [
        "COPY --from=tools /usr/bin/curl /usr/bin/curl",
        "COPY --from=tools /usr/bin/curl /usr/bin/",
        "COPY --from=tools /usr/bin/curl /usr/bin/jq /usr/local/bin/",
        "COPY --from=tools /usr/bin /usr/bin",
        "COPY --from=tools /usr/bin/* /usr/bin/",
        "COPY --from=tools / /",
    ] {
        let text = format!(
            "FROM debian:12-slim AS tools\nRUN apt-get install -y curl\nFROM debian:12-slim\n{line}\n"
        );
        assert!(has(&text, "curl").is_yes(), "{line}");
        assert!(has(&text, "wget").is_no(), "{line}");
        assert!(has(&text, "perl").is_yes(), "{line}");
    }
    let text = "FROM debian:12-slim AS build\nRUN go build -o /out/app .\nFROM debian:12-slim\nCOPY --from=build /out/app /usr/local/bin/\n";
    assert!(has(text, "app").is_yes());
    assert!(firmly_absent(text, "curl"), "one file brings nothing else");
    let text = "FROM debian:12-slim AS build\nRUN make\nFROM debian:12-slim\nCOPY --from=build /usr/bin /usr/bin\n";
    assert_eq!(has(text, "curl").holds, Holds::Unknown);
    let text = "FROM debian:12-slim AS build\nFROM scratch\nCOPY --from=build /usr/bin /usr/bin\n";
    assert_eq!(has(text, "nobody-looked").holds, Holds::Unknown);
    assert_eq!(inventory_of_build(&build(text)).shell(), Shell::None);
    let text = "FROM debian:12-slim\nADD https://example.org/dumb-init /usr/local/bin/\n";
    assert!(firmly_absent(text, "curl"));
    let text = "FROM debian:12-slim\nADD tools.tar.gz /\n";
    assert_eq!(has(text, "curl").holds, Holds::Unknown);
}

#[test]
fn ways_that_agree_are_known() {
    let (yes, unknown) = (Holds::Yes(Flavour::Plain), Holds::Unknown);
    for (line, holds) in [
        (
            "if [ \"$A\" = b ]; then apt-get install -y curl jq; else apt-get install -y curl; fi",
            yes,
        ),
        (
            "if [ \"$A\" = b ]; then apt-get install -y curl; fi",
            unknown,
        ),
        (
            "case $A in amd64) apt-get install -y curl;; *) exit 1;; esac",
            yes,
        ),
        ("case $A in amd64) apt-get install -y curl;; esac", unknown),
        (
            "case $A in amd64) n=curl;; *) n=curl;; esac; apt-get install -y $n",
            yes,
        ),
        (
            "case $A in amd64) n=curl;; *) n=jq;; esac; apt-get install -y $n",
            unknown,
        ),
        ("apt-get install -y curl || exit 1", yes),
        ("apt-get install -y curl || { echo no; exit 1; }", yes),
        (
            "apt-get install -y curl || apt-get install -y --fix-missing curl",
            yes,
        ),
        ("apt-get install -y curl || true", unknown),
        ("test -n \"$A\" && apt-get install -y curl; true", unknown),
        ("test -n \"$A\" && apt-get install -y curl", yes),
        ("command -v curl || apt-get install -y curl", yes),
        (
            "if ! command -v curl >/dev/null; then apt-get install -y curl; fi",
            yes,
        ),
        ("for p in jq curl; do apt-get install -y $p; done", yes),
        ("for p in $LIST; do apt-get install -y $p; done", unknown),
        ("get() { apt-get install -y \"curl\"; }; get", yes),
        ("get() { apt-get install -y \"curl\"; }; true", GONE),
        (
            "while read -r p; do apt-get install -y curl; done < list",
            unknown,
        ),
        ("(cd /tmp && apt-get install -y curl)", yes),
        ("bash -ec 'apt-get update && apt-get install -y curl'", yes),
        (
            "set -eux; apt-get update; apt-get install -y --no-install-recommends curl; rm -rf /var/lib/apt/lists/*",
            yes,
        ),
        ("if true; then exit 0; fi; apt-get install -y curl", unknown),
        ("apt-get install -y curl & wait", unknown),
        ("echo curl | xargs apt-get install -y", unknown),
        ("apt-get install -y ca-certificates && apt-get clean", GONE),
    ] {
        assert_eq!(after(line, "curl"), holds, "{line}");
    }
    assert_eq!(
        after(
            "apt-get install -y jq; if [ $A ]; then apt-get purge -y jq; fi",
            "jq"
        ),
        unknown
    );
    assert_eq!(
        after(
            "if [ $A ]; then rm /usr/bin/perl; else rm -f /usr/bin/perl; fi",
            "perl"
        ),
        GONE
    );
}

#[test]
fn a_here_document_is_a_script() {
    let text = "FROM debian:12-slim\nRUN <<EOF\nset -e\napt-get update\napt-get install -y \\\n  curl\nEOF\nRUN apt-get purge -y perl-base\n";
    assert!(has(text, "curl").is_yes());
    assert!(firmly_absent(text, "jq") || has(text, "jq").is_no());
}

#[test]
fn the_answer_tells_its_story() {
    let texts = |text: &str, tool: &str| -> Vec<String> {
        has(text, tool)
            .why
            .into_iter()
            .map(|reason| reason.text)
            .collect()
    };
    assert_eq!(
        texts(
            "FROM debian:12-slim AS build\nRUN apt-get install -y curl\nFROM debian:12-slim\n",
            "curl"
        ),
        [
            "`curl` is not in debian:12-slim (as of 2026-08)",
            "`curl` is installed in stage `build`, which the final stage does not come from"
        ]
    );
    assert_eq!(
        texts(&format!("{APT} curl\nRUN apt-get purge -y curl\n"), "curl"),
        ["`curl` is removed here (package `curl`)"]
    );
    assert_eq!(
        texts(
            "FROM debian:12-slim\nRUN if [ $A ]; then apt-get install -y curl; fi\n",
            "curl"
        ),
        ["`curl` is there or not, whichever way this goes"]
    );
}

#[test]
fn a_script_with_the_name_of_a_program_is_still_a_script() {
    for (run, known) in [
        ("install -m 755 a /usr/local/bin/a", true),
        ("/usr/bin/install -m 755 a /usr/local/bin/a", true),
        ("/opt/venv/bin/pip install requests", true),
        ("/root/app/scripts/setup/install --all", false),
        ("./install --all", false),
        ("bin/cp x", false),
    ] {
        let text = format!("FROM ubuntu:24.04\nRUN {run}\n");
        assert_eq!(has(&text, "curl").is_no(), known, "{run}");
    }
}
