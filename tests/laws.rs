//! What must hold for every file: of the fixtures, of the pages, and of the corpus of public files where it is at hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use healthlint::check::{Options, Unit, check, inspect};
use healthlint::finding::{Applicability, Fix};
use healthlint::fix::{Terms, Texts, mend};
use healthlint::model::probe::Form;
use healthlint::model::project::Project;
use healthlint::outcome::{Outcome, World};
use healthlint::read::{self, Reading, Surroundings};
use healthlint::text::{Traced, apply, in_order};

/// A few files that are judged together.
pub struct Folder {
    /// Where it comes from, for messages.
    pub name: String,
    /// Its files, by path from the folder.
    pub files: Texts,
    /// What is judged.
    pub units: Vec<Unit>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every folder below `top` that holds Compose files or Dockerfiles, each with everything below it.
fn folders(top: &Path) -> Vec<Folder> {
    let mut found = Vec::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        let mut units = Vec::new();
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
            if yaml && (name.contains("compose") || top.ends_with("compose")) {
                units.push(Unit::Compose(vec![name]));
            } else if name.starts_with("Dockerfile") {
                units.push(Unit::Dockerfile(name));
            }
        }
        if !units.is_empty() {
            found.push(Folder {
                name: folder.display().to_string(),
                files: below(&folder),
                units,
            });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn below(folder: &Path) -> Texts {
    let mut files = Texts::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(at) = waiting.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(folder).unwrap();
                files.insert(name.to_string_lossy().replace('\\', "/"), text.into());
            }
        }
    }
    files
}

/// The inputs of every page, as folders.
fn pages() -> Vec<Folder> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root().join("rules")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let page = fs::read_to_string(&path).unwrap();
        let mut rest = page.as_str();
        while let Some(at) = rest.find("```") {
            let block = &rest[at + 3..];
            let Some((info, body)) = block.split_once('\n') else {
                break;
            };
            let Some(end) = body.find("```") else { break };
            let text: Arc<str> = body[..end].into();
            let (name, unit) = match info.trim() {
                "yaml" => (
                    "compose.yaml",
                    Unit::Compose(vec!["compose.yaml".to_owned()]),
                ),
                "dockerfile" => ("Dockerfile", Unit::Dockerfile("Dockerfile".to_owned())),
                _ => {
                    rest = &body[end + 3..];
                    continue;
                }
            };
            all.push(Folder {
                name: format!("{} at {}", path.display(), page.len() - rest.len()),
                files: BTreeMap::from([(name.to_owned(), text)]),
                units: vec![unit],
            });
            rest = &body[end + 3..];
        }
    }
    all
}

/// The project's own files.
pub fn own() -> Vec<Folder> {
    let mut all = folders(&root().join("fixtures"));
    all.extend(pages());
    assert!(all.len() > 20, "too few files to prove anything");
    all
}

/// The public files, where they are at hand.
pub fn corpus() -> Vec<Folder> {
    let at = root().join("../shared/corpus/compose");
    if !at.is_dir() {
        println!("skipped: the corpus of public files is not here");
        return Vec::new();
    }
    folders(&at)
}

fn read(unit: &Unit, files: &Texts) -> Reading {
    match unit {
        Unit::Compose(paths) => read::compose::read(paths, files, &Surroundings::default()),
        Unit::Dockerfile(path) => read::dockerfile::read(path, files),
    }
}

/// Every decoded text of every test, with a name that finds it again.
fn tests(project: &Project) -> Vec<(String, Traced)> {
    let mut all = Vec::new();
    let of_services = project
        .services
        .iter()
        .filter_map(|service| Some((service.name.value.clone(), service.probe.as_ref()?)));
    let of_stages = project.build.iter().flat_map(|build| {
        build.stages.iter().enumerate().flat_map(|(at, stage)| {
            stage
                .probes()
                .enumerate()
                .map(move |(nth, probe)| (format!("stage {at}.{nth}"), probe))
        })
    });
    for (name, probe) in of_services.chain(of_stages) {
        let Some(test) = &probe.test else { continue };
        match &test.value.form {
            Form::Exec(words) | Form::Unheaded(words) => all.extend(
                words
                    .iter()
                    .enumerate()
                    .map(|(at, word)| (format!("{name} word {at}"), word.clone())),
            ),
            Form::Shell { script, .. } => all.push((format!("{name} script"), script.clone())),
        }
    }
    all
}

/// decode(apply(replace(range, new))) is the decoded text with `new` in place of `range`, through every layer.
fn lens(folder: &Folder) -> (usize, usize) {
    let (mut done, mut refused) = (0, 0);
    for unit in &folder.units {
        let reading = read(unit, &folder.files);
        for (name, text) in tests(&reading.project) {
            let places: Vec<usize> = text
                .as_str()
                .char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .collect();
            let step = places.len() / 6 + 1;
            for start in places.iter().step_by(step) {
                for len in [0, 1, 5] {
                    let end = (*start..=text.len())
                        .filter(|at| text.as_str().is_char_boundary(*at))
                        .nth(len)
                        .unwrap_or(text.len());
                    for new in ["z", "$x", "a'b\"c\\d", "é #y: [1]"] {
                        let Some(edit) = text.replace(*start..end, new) else {
                            refused += 1;
                            continue;
                        };
                        let source = reading.sources.get(edit.span.source);
                        let mut files = folder.files.clone();
                        let after = apply(&source.text, std::slice::from_ref(&edit));
                        files.insert(source.path.clone(), after.clone().into());
                        let now = read(unit, &files);
                        let expected =
                            format!("{}{new}{}", &text.as_str()[..*start], &text.as_str()[end..]);
                        let found = tests(&now.project)
                            .into_iter()
                            .find(|(other, _)| *other == name)
                            .map(|(_, text)| text.as_str().to_owned());
                        assert_eq!(
                            found.as_deref(),
                            Some(expected.as_str()),
                            "{} {name}: {start}..{end} <- {new:?}\nthe file became:\n{after}",
                            folder.name
                        );
                        done += 1;
                    }
                }
            }
        }
    }
    (done, refused)
}

#[test]
fn an_edit_of_decoded_text_is_exact_through_every_layer() {
    let (mut done, mut refused) = (0, 0);
    for folder in own() {
        let (one, other) = lens(&folder);
        done += one;
        refused += other;
    }
    println!("{done} edits are exact, {refused} were refused");
    assert!(done > 500, "{done} edits are too few to prove anything");
}

#[test]
fn findings_point_into_their_files_and_fixes_come_to_rest() {
    for folder in own().into_iter().chain(corpus()) {
        let options = Options::default();
        let first = check(&folder.units, &folder.files, &options);
        for finding in &first.findings {
            let spans = finding
                .labels
                .iter()
                .map(|label| label.span)
                .chain([finding.span])
                .chain(
                    finding
                        .fixes
                        .iter()
                        .flat_map(|fix| fix.edits.iter().map(|edit| edit.span)),
                );
            for span in spans {
                let text = &first.sources.get(span.source).text;
                assert!(
                    text.get(span.range()).is_some(),
                    "{}: {} points at {span:?}",
                    folder.name,
                    finding.rule
                );
            }
        }
        for lowest in [Applicability::Safe, Applicability::Unsafe] {
            let terms = Terms {
                lowest,
                may_write: &|_| true,
                check: &|texts: &Texts| {
                    let mut now = folder.files.clone();
                    now.extend(texts.clone());
                    check(&folder.units, &now, &options)
                },
            };
            if let Err(stuck) = mend(first.clone(), &terms) {
                panic!("{}: {}", folder.name, stuck.message());
            }
        }
    }
}

/// How the check of each container ends in each state of its service, by service; and whether an engine rejects
/// something in the files.
fn ends(folder: &Folder, files: &Texts, unit: &Unit) -> (BTreeMap<String, Outcome>, bool) {
    let options = Options::default();
    let inspected = inspect(unit, files, &options, |context, _| {
        let ends = context.watched.iter().filter_map(|watched| {
            let name = watched.service.map_or("", |service| &service.name.value);
            Some((name.to_owned(), watched.outcome.clone()?))
        });
        (ends.collect(), context.rejected().next().is_some())
    });
    assert!(inspected.faults.is_empty(), "{}", folder.name);
    inspected.made
}

#[test]
fn a_safe_fix_keeps_how_a_check_ends_or_mends_one_that_never_passed() {
    let (mut kept, mut mended) = (0, 0);
    for folder in own() {
        for unit in &folder.units {
            let first = check(
                std::slice::from_ref(unit),
                &folder.files,
                &Options::default(),
            );
            if !first.faults.is_empty() {
                continue;
            }
            let (before, rejected) = ends(&folder, &folder.files, unit);
            let fixes = first.findings.iter().flat_map(|finding| {
                let safe = |fix: &&Fix| fix.applicability == Applicability::Safe;
                finding.fixes.iter().filter(safe)
            });
            for fix in fixes {
                let mut files = folder.files.clone();
                for (id, source) in first.sources.iter() {
                    let here = fix.edits.iter().filter(|edit| edit.span.source == id);
                    let edits = in_order(&here.cloned().collect::<Vec<_>>()).unwrap();
                    if !edits.is_empty() {
                        files.insert(source.path.clone(), apply(&source.text, &edits).into());
                    }
                }
                let (after, _) = ends(&folder, &files, unit);
                for (service, old) in &before {
                    // Docker asks for zero or not, and nothing else. That a check which only may pass for a service that is
                    // well surely passes is what it was written for.
                    let shown = |outcome: &Outcome| {
                        let verdict = |world| outcome.in_world(world).verdict();
                        World::ALL
                            .map(|world| verdict(world).unwrap_or("open"))
                            .join(", ")
                    };
                    let new = after.get(service).map(shown);
                    let surer = after.get(service).is_some_and(|new| old.made_sure_by(new));
                    if surer || new.as_ref() == Some(&shown(old)) {
                        kept += 1;
                    } else {
                        assert!(
                            rejected || old.never_zero(),
                            "{}: «{}» changes how the check of `{service}` ends: {} becomes {new:?}",
                            folder.name,
                            fix.title,
                            shown(old)
                        );
                        mended += 1;
                    }
                }
            }
        }
    }
    println!("{kept} checks end as before, {mended} are mended");
    assert!(
        kept > 60 && mended > 15,
        "{kept} and {mended} are too few to prove anything"
    );
}

#[test]
fn no_prefix_of_a_file_makes_anything_panic() {
    for folder in own() {
        for unit in &folder.units {
            let path = match unit {
                Unit::Compose(paths) => paths[0].clone(),
                Unit::Dockerfile(path) => path.clone(),
            };
            let text = Arc::clone(&folder.files[&path]);
            let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            for end in ends.iter().step_by(ends.len() / 60 + 1) {
                let mut files = folder.files.clone();
                files.insert(path.clone(), text[..*end].into());
                check(std::slice::from_ref(unit), &files, &Options::default());
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_findings() {
    for folder in own() {
        let options = Options::default();
        let one = check(&folder.units, &folder.files, &options);
        let other = check(&folder.units, &folder.files, &options);
        assert_eq!(one.findings, other.findings, "{}", folder.name);
    }
}
