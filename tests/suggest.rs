//! `healthlint suggest`: a check for each service that has none, as a patch or written down.

use crate::cli::Folder;

const SHOP: &str = "\
services:
  web:
    image: node:22-alpine
    command: [\"node\", \"server.js\"]
    depends_on:
      - db      # the orders
      - cache
    ports: [\"3000:3000\"]
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD_FILE: /run/secrets/db
  cache:
    image: redis:7-alpine
  migrate:
    image: node:22-alpine
    command: [\"npx\", \"prisma\", \"migrate\", \"deploy\"]
";

const SHOP_WATCHED: &str = "\
services:
  web:
    image: node:22-alpine
    command: [\"node\", \"server.js\"]
    depends_on:
      db:      # the orders
        condition: service_healthy
      cache:
        condition: service_healthy
    ports: [\"3000:3000\"]
    healthcheck:
      test: [\"CMD\", \"wget\", \"-q\", \"-O\", \"/dev/null\", \"-T\", \"5\", \"http://127.0.0.1:3000/\"]
      interval: 30s
      timeout: 10s
      start_period: 30s
      start_interval: 5s
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD_FILE: /run/secrets/db
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-h\", \"127.0.0.1\", \"-U\", \"shop\", \"-d\", \"shop\"]
      interval: 30s
      timeout: 10s
      start_period: 30s
      start_interval: 5s
  cache:
    image: redis:7-alpine
    healthcheck:
      test: [\"CMD-SHELL\", \"redis-cli ping | grep -q PONG\"]
      interval: 30s
      timeout: 10s
      start_period: 30s
      start_interval: 5s
  migrate:
    image: node:22-alpine
    command: [\"npx\", \"prisma\", \"migrate\", \"deploy\"]
";

#[test]
fn every_service_that_stays_gets_a_check_and_is_waited_for() {
    let folder = Folder::new(&[("compose.yaml", SHOP)]);
    let said = folder.run(&["suggest", "--apply"]);
    assert_eq!(said.status, 0, "{}", said.error);
    assert_eq!(folder.text("compose.yaml"), SHOP_WATCHED);
    assert!(
        said.out
            .contains("compose.yaml:9: fixed[missing-healthcheck]"),
        "{}",
        said.out
    );

    let again = folder.run(&["suggest"]);
    assert_eq!(again.out, "");
    assert_eq!(again.error, "every service that stays has a health check\n");
    let judged = folder.run(&["check", "--fail-on", "note"]);
    assert_eq!(judged.status, 0, "{}", judged.out);
}

#[test]
fn the_patch_is_the_whole_of_standard_output() {
    let folder = Folder::new(&[("compose.yaml", SHOP)]);
    let said = folder.run(&["suggest"]);
    assert_eq!(said.status, 0);
    assert_eq!(folder.text("compose.yaml"), SHOP, "nothing is written");
    assert!(
        said.out
            .starts_with("--- a/compose.yaml\n+++ b/compose.yaml\n"),
        "{}",
        said.out
    );
    let told: Vec<&str> = said.error.lines().collect();
    assert_eq!(told.len(), 3, "{}", said.error);
    assert!(
        told[1].starts_with("compose.yaml:9:3: `db`: "),
        "{}",
        told[1]
    );
}

#[test]
fn what_is_not_known_is_said_and_the_template_is_shown() {
    let folder = Folder::new(&[(
        "compose.yaml",
        "services:\n  mailer:\n    image: registry.example.com/acme/mailer:2\n",
    )]);
    let said = folder.run(&["suggest"]);
    assert_eq!((said.status, said.out.as_str()), (0, ""));
    assert!(
        said.error
            .starts_with("compose.yaml:2:3: `mailer`: nothing to suggest: "),
        "{}",
        said.error
    );
    assert!(
        said.error
            .contains("    # healthcheck:\n    #   test: [\"CMD\", \"…\"]"),
        "{}",
        said.error
    );
}

#[test]
fn a_guess_about_an_unlisted_image_is_shown_and_never_written() {
    let text = "services:\n  api:\n    image: registry.example.com/acme/api:2\n    ports: [\"8080:8080\"]\n";
    let folder = Folder::new(&[("compose.yaml", text)]);
    let said = folder.run(&["suggest", "--apply"]);
    assert_eq!(said.status, 0);
    assert_eq!(folder.text("compose.yaml"), text);
    assert!(said.out.contains("`api`: only shown: "), "{}", said.out);
    assert!(
        said.out.contains("    #   test: [\"CMD-SHELL\", \"curl "),
        "{}",
        said.out
    );
}

#[test]
fn somebody_has_decided_or_nobody_needs_to() {
    let folder = Folder::new(&[(
        "compose.yaml",
        "services:\n  cache:\n    image: redis:7\n    healthcheck: {disable: true}\n  off:\n    image: redis:7\n    scale: 0\n",
    )]);
    let said = folder.run(&["suggest"]);
    assert_eq!(said.error, "every service that stays has a health check\n");
}

#[test]
fn a_recipe_for_a_server_that_may_listen_elsewhere_is_only_shown() {
    let text = "services:\n  cache:\n    image: redis:7\n    command: redis-server --port 7000\n  db:\n    image: postgres:17\n    command: [postgres, -p, \"5433\"]\n  idle:\n    image: redis:7\n    entrypoint: [sleep, infinity]\n";
    let folder = Folder::new(&[("compose.yaml", text)]);
    let said = folder.run(&["suggest", "--apply"]);
    assert_eq!(said.status, 0, "{}", said.error);
    assert_eq!(folder.text("compose.yaml"), text);
    assert_eq!(said.out.matches("only shown: ").count(), 3, "{}", said.out);
}

/// What `suggest --apply` makes of a file, and what is left to suggest then.
fn applied(text: &str) -> String {
    let folder = Folder::new(&[("compose.yaml", text)]);
    let said = folder.run(&["suggest", "--apply"]);
    assert_eq!(said.status, 0, "{}", said.error);
    let again = folder.run(&["suggest"]);
    assert_eq!(
        (again.out.as_str(), again.error.as_str()),
        ("", "every service that stays has a health check\n")
    );
    folder.text("compose.yaml")
}

#[test]
fn a_condition_keeps_its_quotes() {
    for (quoted, now) in [
        ("service_started", "service_healthy"),
        ("\"service_started\"", "\"service_healthy\""),
        ("'service_started'", "'service_healthy'"),
    ] {
        let text = format!(
            "services:\n  cache:\n    image: redis:7\n  web:\n    image: redis:7\n    healthcheck: {{disable: true}}\n    depends_on:\n      cache: {{condition: {quoted}, restart: true}}\n"
        );
        let now = format!("cache: {{condition: {now}, restart: true}}");
        assert!(applied(&text).contains(&now), "{quoted}");
    }
}

#[test]
fn a_condition_that_a_variable_brings_stays() {
    let text = "services:\n  cache:\n    image: redis:7\n  web:\n    image: redis:7\n    healthcheck: {disable: true}\n    depends_on:\n      cache: {condition: \"${WAIT:-service_started}\"}\n";
    let now = applied(text);
    assert!(
        now.contains("{condition: \"${WAIT:-service_started}\"}"),
        "{now}"
    );
}

const CHECK: &str = "    healthcheck:
      test: [\"CMD-SHELL\", \"redis-cli ping | grep -q PONG\"]
      interval: 30s
      timeout: 10s
      start_period: 30s
      start_interval: 5s
";

#[test]
fn what_extends_another_service_takes_its_check_from_there() {
    for other in [
        "  b:\n    extends: a\n    ports: [\"6380:6379\"]\n",
        "  b:\n    extends: {service: a}\n    environment: {X: y}\n",
        "  b: {extends: {service: a}}\n",
        "  m:\n    extends: a\n  b:\n    extends: m\n",
    ] {
        let base = "services:\n  a:\n    image: redis:7\n";
        let wait = "  web:\n    image: redis:7\n    healthcheck: {disable: true}\n    depends_on:\n      b: {condition: service_started}\n";
        let now = applied(&format!("{base}{other}{wait}"));
        let wait = wait.replace("_started", "_healthy");
        assert_eq!(now, format!("{base}{CHECK}{other}{wait}"));
    }
}

#[test]
fn what_is_an_alias_of_another_service_takes_its_check_from_there() {
    for other in [
        "  b: *a\n",
        "  b:\n    <<: *a\n    ports: [\"6380:6379\"]\n",
        "  b: {<<: [*a], restart: always}\n",
    ] {
        let base = "services:\n  a: &a\n    image: redis:7\n";
        let folder = Folder::new(&[("compose.yaml", &format!("{base}{other}"))]);
        let said = folder.run(&["suggest"]);
        assert!(
            said.error.starts_with("compose.yaml:2:3: `a`: ")
                && said.error.contains("; `b` takes it from here"),
            "{}",
            said.error
        );
        assert_eq!(said.error.lines().count(), 1, "{}", said.error);
        assert_eq!(
            applied(&format!("{base}{other}")),
            format!("{base}{CHECK}{other}")
        );
    }
}

#[test]
fn what_only_shares_words_with_another_service_has_a_check_of_its_own() {
    for text in [
        "services:\n  a:\n    image: &image redis:7\n  b:\n    image: *image\n",
        "services:\n  a: &a\n    image: redis:7\n  b:\n    <<: *a\n    image: redis:8\n",
        "services:\n  a:\n    image: redis:7\n  b:\n    extends: a\n    image: memcached:1.6\n",
        "x-a: &a {image: redis:7}\nservices:\n  a:\n    <<: *a\n  b:\n    <<: *a\n",
    ] {
        let folder = Folder::new(&[("compose.yaml", text)]);
        let said = folder.run(&["suggest"]);
        assert!(
            said.error.contains("`a`: ") && said.error.contains("`b`: "),
            "{text}{}",
            said.error
        );
    }
}

#[test]
fn a_base_that_listens_elsewhere_speaks_for_itself_alone() {
    let text = "services:\n  a:\n    image: redis:7\n    command: redis-server --port 7000\n  b:\n    extends: a\n    command: redis-server\n";
    let folder = Folder::new(&[("compose.yaml", text)]);
    folder.run(&["suggest", "--apply"]);
    let now = folder.text("compose.yaml");
    assert_eq!(now, format!("{text}{CHECK}"), "only `b` gets it written");
}

#[test]
fn a_check_that_would_come_to_a_service_it_does_not_fit_is_only_shown() {
    let text = "services:\n  a:\n    image: redis:7\n  b:\n    extends: a\n    command: redis-server --port 7000\n";
    let folder = Folder::new(&[("compose.yaml", text)]);
    let said = folder.run(&["suggest", "--apply"]);
    assert_eq!(folder.text("compose.yaml"), text);
    assert!(
        said.out.contains("; `b` would take it, too"),
        "{}",
        said.out
    );
}
