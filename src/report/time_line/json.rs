//! The JSON of a time line; its shape is a promise (`healthlint/graph/1`) and changes only with its name.

use serde::Serialize;

use crate::explain::{TimeLine, Window};
use crate::report::visible;

/// The time line as one object, pretty-printed, with a final newline.
pub fn render(line: &TimeLine) -> String {
    let name = |at: usize| line.bars[at].name.as_str();
    let document = Document {
        schema: "healthlint/graph/1",
        version: env!("CARGO_PKG_VERSION"),
        services: line
            .bars
            .iter()
            .map(|bar| Service {
                name: &bar.name,
                starts: bar.starts.map(moments),
                healthy: bar.healthy.map(moments),
                waits: bar
                    .waits
                    .iter()
                    .map(|wait| Wait {
                        service: name(wait.on),
                        until: wait.until,
                    })
                    .collect(),
            })
            .collect(),
        last: line.last.map(name),
        bottleneck: line.bottleneck.map(|(at, _)| name(at)),
    };
    // Strings and numbers alone: serializing them has no way to fail.
    let json = serde_json::to_string_pretty(&document).unwrap_or_default();
    visible::json(&json) + "\n"
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: &'static str,
    services: Vec<Service<'a>>,
    last: Option<&'a str>,
    bottleneck: Option<&'a str>,
}

#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    starts: Option<Moments>,
    healthy: Option<Moments>,
    waits: Vec<Wait<'a>>,
}

#[derive(Serialize)]
struct Moments {
    earliest: f64,
    latest: Option<f64>,
}

#[derive(Serialize)]
struct Wait<'a> {
    service: &'a str,
    until: &'static str,
}

fn moments(window: Window) -> Moments {
    Moments {
        earliest: window.earliest.as_secs_f64(),
        latest: window.latest.map(|latest| latest.as_secs_f64()),
    }
}
