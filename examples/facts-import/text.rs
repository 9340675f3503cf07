//! The one form in which bases and images are written.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use healthlint::facts::images::{Base, Image, Setup};
use serde_json::Value;

pub fn bases_text<'a>(
    bases: impl IntoIterator<Item = &'a Base>,
    tracked: &BTreeSet<String>,
) -> String {
    let mut out = String::from(
        "# Bare distributions: the layer below the images.\n\
         # Of the tracked tools a base has those that `has` names and no other; of every other tool nobody knows.\n",
    );
    line(&mut out, "tracked", &list(tracked));
    for base in bases {
        out.push_str("\n[[base]]\n");
        line(&mut out, "name", &quoted(&base.name));
        line(&mut out, "distro", &quoted(&base.distro));
        optional(&mut out, "release", base.release.as_ref());
        optional(&mut out, "libc", base.libc.as_ref());
        optional(&mut out, "shell", base.shell.as_ref());
        optional(&mut out, "manager", base.manager.as_ref());
        optional(&mut out, "busybox", base.busybox.as_ref());
        array(&mut out, "has", &base.has);
        array(&mut out, "lacks", &base.lacks);
        array(&mut out, "witness", &base.witness);
        line(&mut out, "date", &quoted(&base.date));
    }
    out
}

pub fn images_text(images: &[Image]) -> String {
    let mut out = String::from(
        "# What published images hold, as families of tags and their differences to a base of bases.toml.\n\
         # Written by `cargo run --example facts-import`; the order is by name, variant and version.\n\
         # `attested` is what health checks in public Compose files and templates run in that image, as read until `date`:\n\
         # it says that a tool was there in some tag, and nothing about any other.\n",
    );
    for image in images {
        out.push_str("\n[[image]]\n");
        line(&mut out, "name", &quoted(&image.name));
        line(&mut out, "date", &quoted(&image.date));
        setup_text(&mut out, &image.shared);
        array(&mut out, "attested", &image.attested);
        for family in &image.family {
            out.push_str("\n[[image.family]]\n");
            optional(&mut out, "variant", family.variant.as_ref());
            optional(&mut out, "from", family.from.as_ref());
            optional(&mut out, "to", family.to.as_ref());
            optional(&mut out, "base", family.base.as_ref());
            optional(&mut out, "shell", family.shell.as_ref());
            array(&mut out, "adds", &family.adds);
            array(&mut out, "drops", &family.drops);
            array(&mut out, "unknown", &family.unknown);
            optional(&mut out, "soft", family.soft.as_ref());
            setup_text(&mut out, &family.setup);
            optional(&mut out, "confidence", family.confidence.as_ref());
            array(&mut out, "witness", &family.witness);
        }
    }
    out
}

fn setup_text(out: &mut String, setup: &Setup) {
    optional(out, "user", setup.user.as_ref());
    for (key, value) in [
        ("ports", &setup.ports),
        ("entrypoint", &setup.entrypoint),
        ("command", &setup.command),
    ] {
        if let Some(value) = value {
            line(out, key, &list(value));
        }
    }
    optional(out, "init", setup.init.as_ref());
    optional(out, "check", setup.check.as_ref());
}

fn line(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {value}");
}

fn optional(out: &mut String, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        line(out, key, &quoted(value));
    }
}

fn array(out: &mut String, key: &str, values: &[String]) {
    if !values.is_empty() {
        line(out, key, &list(values));
    }
}

fn list<'a>(values: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = values.into_iter().map(|value| quoted(value)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A TOML basic string; JSON spells it the same.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
