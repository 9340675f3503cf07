//! What the tool says in SARIF is valid against the standard's own schema.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> Value {
    let text = fs::read_to_string(root().join("fixtures/cli/sarif-2.1.0.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Everything about `value` that `schema` does not allow. Of JSON Schema it knows the keywords that this schema
/// uses, but for `format` and `pattern`.
fn complaints(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return complaints(root, target, value, place);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("a type that JSON Schema does not have: {other}"),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind)) {
        out.push(format!("{place}: is not {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        out.push(format!("{place}: is none of {words:?}"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_i64(), value.as_i64())
        && number < least
    {
        out.push(format!("{place}: {number} is less than {least}"));
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[word].as_array() {
            let fits = |choice: &&Value| complaints(root, choice, value, place).is_empty();
            let count = choices.iter().filter(fits).count();
            if count == 0 || word == "oneOf" && count > 1 {
                out.push(format!("{place}: fits {count} of {word}"));
            }
        }
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap()) {
                out.push(format!("{place}: has no {name}"));
            }
        }
        for (name, inner) in object {
            let place = format!("{place}/{name}");
            match (
                schema["properties"].get(name),
                &schema["additionalProperties"],
            ) {
                (Some(known), _) => out.extend(complaints(root, known, inner, &place)),
                (None, Value::Bool(false)) => out.push(format!("{place}: is unknown")),
                (None, more @ Value::Object(_)) => {
                    out.extend(complaints(root, more, inner, &place));
                }
                _ => {}
            }
        }
    }
    if let Some(items) = value.as_array() {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        if (items.len() as u64) < least {
            out.push(format!("{place}: holds fewer than {least}"));
        }
        let twice = items
            .iter()
            .enumerate()
            .any(|(index, item)| items[..index].contains(item));
        if schema["uniqueItems"] == json!(true) && twice {
            out.push(format!("{place}: holds the same twice"));
        }
        for (index, item) in items.iter().enumerate() {
            out.extend(complaints(
                root,
                &schema["items"],
                item,
                &format!("{place}/{index}"),
            ));
        }
    }
    out
}

#[test]
fn the_schema_is_read_strictly() {
    let schema = schema();
    let minimal = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]});
    assert_eq!(complaints(&schema, &schema, &minimal, ""), [""; 0]);
    for (pointer, wrong) in [
        ("/version", json!("2.0.0")),
        ("/runs", json!({})),
        ("/runs/0/tool", json!({})),
        ("/runs/0/tool/driver", json!({"name": "x", "nonsense": 1})),
    ] {
        let mut value = minimal.clone();
        *value.pointer_mut(pointer).unwrap() = wrong;
        assert!(
            !complaints(&schema, &schema, &value, "").is_empty(),
            "{pointer}"
        );
    }
}

#[test]
fn what_is_said_of_the_seeds_is_valid() {
    let output = Command::new(env!("CARGO_BIN_EXE_healthlint"))
        .args([
            "check",
            "--format",
            "sarif",
            "fixtures/seeds",
            "fixtures/no-such-folder",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = schema();
    assert_eq!(complaints(&schema, &schema, &log, ""), [""; 0]);
    let run = &log["runs"][0];
    assert!(!run["results"].as_array().unwrap().is_empty());
    assert!(
        run["results"]
            .as_array()
            .unwrap()
            .iter()
            .any(|result| result["fixes"].is_array())
    );
    assert_eq!(
        run["invocations"][0]["toolExecutionNotifications"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
