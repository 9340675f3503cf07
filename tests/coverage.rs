//! How much of what real health checks ask of their images the facts answer: it may grow, and never shrinks.

use std::path::Path;

#[path = "../examples/coverage/measure.rs"]
mod measure;

#[test]
fn the_facts_answer_nine_in_ten_checks_of_public_images() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: the corpus of public files is not here");
        return;
    }
    let figures = measure::measure(&corpus).unwrap();
    print!("{figures}");
    assert!(figures.checks > 900, "{figures}");
    assert!(figures.answered_share() >= 93.0, "{figures}");
    assert!(figures.evidence_share() >= 67.0, "{figures}");
}
