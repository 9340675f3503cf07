//! Files that are spoken of and are not there: each is named once, and many are only counted.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::finding::Fault;
use crate::report::{Report, concise, visible};

/// More files than this are counted, unless all are asked for.
const FEW: usize = 5;

/// The lines about them, one for each file; the first place that speaks of it stands for all.
pub fn lines(report: &Report, absent: &[Fault], all: bool) -> String {
    let mut files: Vec<(&Fault, usize)> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for fault in absent {
        let at = *known.entry(&fault.message).or_insert_with(|| {
            files.push((fault, 0));
            files.len() - 1
        });
        files[at].1 += 1;
    }
    let shown = if all || files.len() <= FEW {
        files.len()
    } else {
        FEW - 1
    };
    let mut out = String::new();
    for (file, places) in &files[..shown] {
        let place = file
            .span
            .map_or_else(String::new, |span| concise::place(report.sources, span));
        let others = match places - 1 {
            0 => String::new(),
            1 => " (and one more place)".to_owned(),
            more => format!(" (and {more} more places)"),
        };
        let message = visible::line(&file.message);
        let _ = writeln!(out, "missed: {place}: {message}{others}");
    }
    if shown < files.len() {
        let _ = writeln!(
            out,
            "missed: {} more files that are not here; `--verbose` names them",
            files.len() - shown
        );
    }
    out
}
