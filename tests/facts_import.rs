//! New evidence becomes canonical facts, and what users would hit is said in a line of its own.

use std::fs;
use std::path::Path;

#[allow(dead_code)] // Its `main` is the command's.
#[path = "../examples/facts-import/main.rs"]
mod command;

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/facts");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Lines of a text that another has not.
fn only_in<'a>(text: &'a str, other: &str) -> Vec<&'a str> {
    let known: std::collections::BTreeSet<&str> = other.lines().collect();
    text.lines().filter(|line| !known.contains(line)).collect()
}

#[test]
fn the_facts_are_written_in_their_one_form() {
    let imported = command::import(&[]).unwrap();
    assert!(imported.bases == file("bases.toml"), "bases.toml differs");
    assert!(
        imported.images == file("images.toml"),
        "images.toml differs"
    );
}

#[test]
fn a_tool_that_is_gone_is_a_line_of_its_own() {
    let records = command::read(
        r#"{"repository": "nginx", "tags": ["1.99"], "kind": "exact-tag", "distro": "debian", "release": "12",
            "bin_sh": true, "from_chain": ["debian:bookworm-slim"], "has": {"sh": "dash", "cat": true}, "lacks": ["curl", "wget", "nginx"],
            "evidence": ["made up"], "confidence": "derived", "absence": "firm"}"#
            .replace('\n', " ")
            .as_str(),
    );
    let imported = command::import(&records.unwrap()).unwrap();
    assert!(
        imported
            .changes
            .contains("gone: docker.io/library/nginx:1.99 had `curl`\n"),
        "{}",
        imported.changes
    );
    let new = only_in(&imported.images, &file("images.toml")).join("\n");
    assert!(
        new.contains("from = \"1.99.x\"") && new.contains("made up"),
        "{new}"
    );
    assert!(
        imported.bases == file("bases.toml"),
        "an image is not its base"
    );
}

#[test]
fn what_every_version_holds_is_added_to_what_is_known() {
    let records = command::read(
        r#"{"repository": "nginx", "present": {"nginx-debug": true}, "evidence": ["made up"]}"#,
    );
    let imported = command::import(&records.unwrap()).unwrap();
    let new = only_in(&imported.images, &file("images.toml"));
    let adds = new.iter().filter(|line| line.starts_with("adds"));
    assert!(adds.clone().count() > 3, "{new:#?}");
    assert!(
        adds.clone().all(|line| line.contains("\"nginx-debug\"")),
        "{new:#?}"
    );
}

#[test]
fn what_was_read_in_another_image_is_left_out() {
    let record = |release: &str| {
        let line = format!(
            r#"{{"repository": "nginx", "tags": ["1.99-alpine3.24"], "sample_tag": "1.99-alpine3.24", "kind": "exact-tag",
            "distro": "alpine", "release": "{release}", "bin_sh": true, "from_chain": ["alpine:{release}"],
            "has": {{"sh": "busybox"}}, "lacks": ["curl"], "evidence": ["made up"], "confidence": "derived-approx",
            "absence": "firm"}}"#
        );
        command::import(&command::read(&line.replace('\n', " ")).unwrap()).unwrap()
    };
    let other = record("3.23");
    assert!(other.images == file("images.toml"), "{}", other.changes);
    let said =
        "left out: nginx:1.99-alpine3.24: the tag says alpine3.24, and it speaks of alpine:3.23\n";
    assert!(other.changes.contains(said), "{}", other.changes);
    assert!(record("3.24").images.contains("made up"));
}

#[test]
fn a_line_that_is_no_record_is_named() {
    let error = command::read("{\"repository\": \"a\"}\n\n{}\n")
        .err()
        .unwrap();
    assert!(
        error.starts_with("3: missing field `repository`"),
        "{error}"
    );
}
