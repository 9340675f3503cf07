//! Whether a file that a check runs comes into the image, and whether it can be run there: Dockerfiles, a line each.

use healthlint::check::{Options, Unit, check};

use crate::held::Held;

/// What is said about the scripts of a Dockerfile whose folder holds these files.
fn said(dockerfile: &str, files: &[(&str, &str, bool)]) -> Vec<&'static str> {
    let mut held = Held::default();
    held.texts
        .insert("Dockerfile".to_owned(), dockerfile.into());
    for (name, text, runs) in files {
        held.texts.insert((*name).to_owned(), (*text).into());
        held.runs.insert((*name).to_owned(), *runs);
    }
    let units = [Unit::Dockerfile("Dockerfile".to_owned())];
    let checked = check(&units, &held, &Options::default());
    let about = ["missing-script", "script-not-executable", "missing-tool"];
    let mut rules: Vec<_> = checked.findings.iter().map(|it| it.rule).collect();
    rules.retain(|rule| about.contains(rule));
    rules
}

/// What stands between `FROM alpine` and a check that runs `path`.
fn built(steps: &str, path: &str) -> String {
    format!("FROM alpine:3.20\n{steps}\nHEALTHCHECK CMD [\"{path}\"]\n")
}

const SCRIPT: &str = "#!/bin/sh\nexit 0\n";

#[test]
fn a_file_that_nothing_brings_is_missed() {
    let files = [
        ("check.sh", SCRIPT, true),
        ("docker/check.sh", SCRIPT, true),
        ("docker/a.txt", "", false),
    ];
    for (steps, path) in [
        ("RUN apk add --no-cache curl", "/check.sh"),
        ("COPY check.sh /usr/local/bin/", "/check.sh"),
        ("COPY check.sh /usr/local/bin", "/check.sh"),
        ("COPY check.sh other.sh", "/check.sh"),
        ("COPY check.sh /check", "/check.sh"),
        ("COPY docker /docker", "/docker/docker/check.sh"),
        ("COPY docker/*.txt /", "/check.sh"),
        ("WORKDIR /app\nCOPY . .", "/app/scripts/check.sh"),
        ("WORKDIR /app\nCOPY check.sh .", "./gone.sh"),
        (
            "RUN echo 'exit 0' > /other.sh && chmod +x /other.sh",
            "/check.sh",
        ),
        (
            "RUN curl -fsSL -o /usr/bin/tool https://example.com/tool",
            "/check.sh",
        ),
        (
            "RUN mkdir -p /app && adduser -D -h /app app",
            "/app/check.sh",
        ),
        (
            "COPY --from=ghcr.io/acme/tools /bin/tool /usr/bin/tool",
            "/check.sh",
        ),
        ("ENTRYPOINT [\"/start.sh\"]", "/check.sh"),
    ] {
        let text = built(steps, path);
        assert_eq!(said(&text, &files), ["missing-script"], "{text}");
    }
}

#[test]
fn a_file_that_may_come_is_not_missed() {
    let files = [
        ("check.sh", SCRIPT, true),
        ("docker/check.sh", SCRIPT, true),
        ("docker/a.txt", "", false),
    ];
    for (steps, path) in [
        ("COPY check.sh /", "/check.sh"),
        (
            "COPY --parents docker/check.sh /app/",
            "/app/docker/check.sh",
        ),
        ("COPY check.sh /check.sh", "/check.sh"),
        ("COPY check.sh /health", "/health"),
        ("COPY [\"check.sh\", \"/\"]", "/check.sh"),
        ("COPY ./docker/ /", "/check.sh"),
        ("COPY docker/*.sh /", "/check.sh"),
        ("COPY docker/*.sh docker/a.txt /", "/check.sh"),
        ("COPY . /app", "/app/docker/check.sh"),
        ("WORKDIR /app\nCOPY . .", "./docker/check.sh"),
        (
            "WORKDIR /app\nWORKDIR bin\nCOPY check.sh ./",
            "/app/bin/check.sh",
        ),
        ("COPY gone /app", "/app/check.sh"),
        ("COPY gone.sh /check.sh", "/check.sh"),
        ("ADD https://example.com/check.sh /", "/check.sh"),
        ("ADD files.tar.gz /", "/check.sh"),
        ("COPY --from=ghcr.io/acme/tools /x /", "/check.sh"),
        ("RUN echo 'exit 0' > /check.sh", "/check.sh"),
        ("RUN cd / && echo 'exit 0' > check.sh", "/check.sh"),
        ("RUN cd /app && tar xf /tmp/app.tar", "/app/check.sh"),
        (
            "RUN curl -fsSL https://example.com/x | tar xz -C /app",
            "/app/check.sh",
        ),
        ("RUN cp /tmp/* /", "/check.sh"),
        (
            "RUN curl -fsSL -o/check.sh https://example.com/x",
            "/check.sh",
        ),
        ("RUN tar xf /tmp/x.tar -C/app", "/app/check.sh"),
        (
            "RUN wget --output-document=/check.sh https://example.com/x",
            "/check.sh",
        ),
        ("RUN ln -s /usr/share/check.sh /check.sh", "/check.sh"),
        (
            "RUN git clone https://example.com/app /app",
            "/app/check.sh",
        ),
        ("RUN ./install.sh", "/check.sh"),
        ("RUN make install", "/check.sh"),
        ("RUN curl https://example.com/install | sh", "/check.sh"),
        ("RUN python3 setup.py install", "/check.sh"),
        ("RUN install -m 755 $TOOL /", "/check.sh"),
        (
            "RUN <<EOF python3\nopen('/check.sh', 'w')\nEOF",
            "/check.sh",
        ),
    ] {
        let text = built(steps, path);
        assert!(said(&text, &files).is_empty(), "{text}");
    }
}

#[test]
fn an_interpreter_reads_its_file_from_the_image() {
    let files = [("check.py", "", false)];
    for (test, missing) in [
        ("python3 /app/gone.py", true),
        ("[\"python3\", \"-u\", \"gone.py\"]", true),
        ("sh -e /app/gone.sh || exit 1", true),
        ("timeout 5 python3 /app/gone.py", true),
        ("python3 /app/check.py", false),
        ("python3 -m gone.py", false),
        ("python3 -c 'import gone.py'", false),
        ("cd /srv && python3 gone.py", false),
        ("python3 $APP/gone.py", false),
        (
            "python3 /app/gone.py || true; curl -f http://127.0.0.1/",
            false,
        ),
        ("test -e /app/gone.sh && /app/gone.sh; exit 0", false),
    ] {
        let text = format!("FROM python:3.12\nWORKDIR /app\nCOPY . .\nHEALTHCHECK CMD {test}\n");
        let expected: &[&str] = if missing { &["missing-script"] } else { &[] };
        assert_eq!(said(&text, &files), expected, "{text}");
    }
}

#[test]
fn other_stages_hand_on_what_they_have() {
    let files = [("check.sh", SCRIPT, true)];
    for (text, missing) in [
        (
            "FROM alpine:3.20 AS a\nCOPY . /src\nFROM alpine:3.20\nCOPY --from=a /src/check.sh /\n",
            false,
        ),
        (
            "FROM alpine:3.20 AS a\nCOPY . /src\nFROM alpine:3.20\nCOPY --from=a /src /\n",
            false,
        ),
        (
            "FROM alpine:3.20 AS a\nCOPY . /src\nFROM alpine:3.20\nCOPY --from=a /src/bin /\n",
            true,
        ),
        (
            "FROM alpine:3.20 AS a\nRUN make\nFROM alpine:3.20\nCOPY --from=a /src/bin /\n",
            false,
        ),
        (
            "FROM alpine:3.20 AS a\nCOPY check.sh /\nFROM a\nRUN apk add curl\n",
            false,
        ),
        (
            "FROM alpine:3.20 AS a\nCOPY check.sh /\nFROM alpine:3.20\nRUN apk add curl\n",
            true,
        ),
        ("FROM acme/base\nRUN apk add curl\n", false),
        ("FROM node:8-onbuild\n", false),
    ] {
        let text = format!("{text}HEALTHCHECK CMD [\"/check.sh\"]\n");
        let expected: &[&str] = if missing { &["missing-script"] } else { &[] };
        assert_eq!(said(&text, &files), expected, "{text}");
    }
}

#[test]
fn a_dockerfile_may_be_built_from_a_folder_above_it() {
    for (place, missing) in [
        ("app/check.sh", false),
        ("app/docker/check.sh", false),
        ("check.sh", false),
        ("app/scripts/check.sh", true),
    ] {
        let mut held = Held::default();
        let text = "FROM alpine:3.20\nCOPY . /app\nHEALTHCHECK CMD [\"/app/check.sh\"]\n";
        held.texts
            .insert("app/docker/Dockerfile".to_owned(), text.into());
        held.texts.insert(place.to_owned(), SCRIPT.into());
        let units = [Unit::Dockerfile("app/docker/Dockerfile".to_owned())];
        let checked = check(&units, &held, &Options::default());
        let mut rules = checked.findings.iter().map(|it| it.rule);
        assert_eq!(
            rules.any(|rule| rule == "missing-script"),
            missing,
            "{place}"
        );
    }
}

#[test]
fn a_script_that_cannot_be_started_is_told() {
    let bash = "#!/bin/bash\nexit 0\n";
    let windows = "#!/bin/sh\r\nexit 0\r\n";
    for (text, runs, steps, path) in [
        (SCRIPT, false, "COPY check.sh /", "/check.sh"),
        (
            SCRIPT,
            false,
            "COPY --chown=1000:1000 check.sh /",
            "/check.sh",
        ),
        (SCRIPT, false, "COPY . /app", "/app/check.sh"),
        (SCRIPT, false, "COPY *.sh /", "/check.sh"),
        (
            SCRIPT,
            false,
            "RUN chmod +x /usr/bin/tool\nCOPY check.sh /",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN chmod +x /start.sh",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN chown app /check.sh",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN apk add --no-cache curl",
            "/check.sh",
        ),
        (SCRIPT, false, "COPY check.sh /usr/local/bin/", "check.sh"),
        (
            SCRIPT,
            false,
            "COPY check.sh /usr/local/bin/healthcheck",
            "healthcheck",
        ),
        (
            SCRIPT,
            false,
            "COPY docker-healthcheck /usr/local/bin/",
            "docker-healthcheck",
        ),
        (SCRIPT, true, "COPY --chmod=0644 check.sh /", "/check.sh"),
        (bash, true, "COPY check.sh /", "/check.sh"),
        (bash, true, "COPY --chmod=755 check.sh /", "/check.sh"),
        (windows, true, "COPY check.sh /", "/check.sh"),
        ("exit 0\n", true, "COPY check.sh /", "/check.sh"),
    ] {
        let text_of_file = built(steps, path);
        let files = [("check.sh", text, runs), ("docker-healthcheck", text, runs)];
        let said = said(&text_of_file, &files);
        assert_eq!(said, ["script-not-executable"], "{text_of_file}");
    }
}

#[test]
fn a_script_that_may_be_started_is_left_alone() {
    let bash = "#!/bin/bash\nexit 0\n";
    for (text, runs, steps, test) in [
        (SCRIPT, true, "COPY check.sh /", "[\"/check.sh\"]"),
        (SCRIPT, true, "COPY check.sh /usr/bin/", "check.sh"),
        (
            SCRIPT,
            false,
            "ENV PATH=/app/bin:$PATH\nCOPY check.sh /usr/bin/",
            "check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /usr/bin/wget",
            "wget -q http://127.0.0.1/ -O /dev/null",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /usr/bin/\nRUN chmod 755 /usr/bin/*",
            "check.sh",
        ),
        (SCRIPT, false, "COPY --chmod=755 check.sh /", "/check.sh"),
        (SCRIPT, false, "COPY --chmod=u+x check.sh /", "/check.sh"),
        (
            SCRIPT,
            false,
            "ARG MODE\nCOPY --chmod=$MODE check.sh /",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN chmod +x /check.sh",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN chmod +x /*.sh",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN cd / && chmod +x check.sh",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY . /app\nRUN chmod -R +x /app",
            "/app/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN find / -name '*.sh' -exec chmod +x {} +",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN ./setup.sh",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN echo /check.sh | xargs chmod +x",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /srv/app/\nRUN cd /srv && cd app && chmod +x check.sh",
            "/srv/app/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /bin/check.sh\nRUN chmod 755 /usr/bin/check.sh",
            "/bin/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY check.sh /\nRUN chmod --reference=/bin/busybox /check.sh",
            "/check.sh",
        ),
        (
            SCRIPT,
            false,
            "RUN ln -s /opt /app\nCOPY check.sh /app/check.sh\nRUN chmod 755 /opt/check.sh",
            "/app/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY --parents check.sh /app/",
            "/app/check.sh",
        ),
        (
            SCRIPT,
            false,
            "COPY . /app\nRUN /usr/src/scripts/install --all",
            "/app/check.sh",
        ),
        (SCRIPT, false, "COPY check.sh /", "sh /check.sh"),
        (SCRIPT, false, "COPY check.sh /", ". /check.sh"),
        (
            SCRIPT,
            false,
            "COPY check.sh /",
            "/check.sh || wget -q -O /dev/null http://127.0.0.1/",
        ),
        ("exit 0\n", true, "COPY check.sh /", "/check.sh"),
        (
            bash,
            true,
            "RUN apk add --no-cache bash\nCOPY check.sh /",
            "[\"/check.sh\"]",
        ),
        (
            "#!/bin/sh\r\n",
            true,
            "COPY check.sh /\nRUN sed -i 's/\\r$//' /check.sh",
            "/check.sh",
        ),
        (
            "#!/bin/sh\r\n",
            true,
            "COPY check.sh /\nRUN dos2unix /check.sh",
            "/check.sh",
        ),
    ] {
        let dockerfile = format!("FROM alpine:3.20\n{steps}\nHEALTHCHECK CMD {test}\n");
        let said = said(&dockerfile, &[("check.sh", text, runs)]);
        assert!(said.is_empty(), "{said:?}: {dockerfile}");
    }
}

#[test]
fn a_mount_has_the_last_word_about_a_script() {
    for (mount, told) in [
        ("./check.sh:/check.sh", false),
        (".:/", false),
        ("data:/data", true),
    ] {
        let mut held = Held::default();
        let compose = format!(
            "services:\n  web:\n    build: .\n    volumes: [\"{mount}\"]\n    healthcheck:\n      test: [CMD, /check.sh]\n"
        );
        held.texts.insert("compose.yaml".to_owned(), compose.into());
        held.texts.insert(
            "Dockerfile".to_owned(),
            "FROM alpine:3.20\nCOPY check.sh /\n".into(),
        );
        held.texts.insert("check.sh".to_owned(), SCRIPT.into());
        held.runs.insert("check.sh".to_owned(), false);
        let units = [Unit::Compose(vec!["compose.yaml".to_owned()])];
        let checked = check(&units, &held, &Options::default());
        let mut rules = checked.findings.iter().map(|it| it.rule);
        assert_eq!(
            rules.any(|rule| rule == "script-not-executable"),
            told,
            "{mount}"
        );
    }
}

#[test]
fn what_the_container_does_first_may_mark_a_script() {
    for (start, told) in [
        ("#!/bin/sh\nexec nginx\n", true),
        ("#!/bin/sh\nchmod +x /*.sh\nexec nginx\n", false),
        ("#!/bin/sh\ncp /templates/check.sh /\nexec nginx\n", false),
    ] {
        for (place, entrypoint) in [
            ("/", "[\"/start.sh\"]"),
            ("/usr/local/bin/", "[\"start.sh\"]"),
            ("/app/", "[\"sh\", \"start.sh\"]"),
            ("/app/", "cd /app && exec ./start.sh"),
        ] {
            let dockerfile = format!(
                "FROM alpine:3.20\nWORKDIR /app\nCOPY start.sh {place}\nCOPY check.sh /\nENTRYPOINT {entrypoint}\nHEALTHCHECK CMD [\"/check.sh\"]\n"
            );
            let said = said(
                &dockerfile,
                &[("check.sh", SCRIPT, false), ("start.sh", start, true)],
            );
            assert_eq!(said.contains(&"script-not-executable"), told, "{start}");
        }
    }
}
