//! How much the evaluator knows of the checks that people wrote may not shrink.

#[path = "../examples/known/measure.rs"]
mod measure;

use std::path::Path;

#[test]
fn most_public_checks_are_fully_known() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !top.is_dir() {
        println!("skipped: the corpus of public files is not here");
        return;
    }
    let shares = measure::measure(&top);
    println!("{}", shares.told(false));
    for (named, least) in [(true, 91), (false, 86)] {
        let (full, of) = shares.share(named);
        assert!(of > 500, "the corpus was not read");
        assert!(
            full * 100 >= least * of,
            "{full} of {of} are fully known, and {least} % have to be"
        );
    }
}
