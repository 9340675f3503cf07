//! Which files there are, what they hold and how they are written: the only room that touches the disk.

mod find;
mod kind;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::model::file::{START, Seen};
use crate::read::{Files, Unread};

pub use find::{Found, Skipped};
pub use kind::{Kind, kind_by_name, kind_by_text};
pub use write::{Change, Refused, put, write};

/// Larger files are not read: no one writes them by hand, and nothing may keep the user waiting.
///
/// The largest Compose files in public hold a tenth of it.
pub const LARGEST: u64 = 512 * 1024;

/// The files on disk, each read at most once, and only where it is allowed.
#[derive(Debug)]
pub struct Disk {
    /// The working directory; relative paths start here.
    folder: PathBuf,
    /// Folders, links resolved, below which everything may be read.
    roots: BTreeSet<PathBuf>,
    /// Files that the user named, links resolved: they may be read wherever they lie.
    named: BTreeSet<PathBuf>,
    /// Whether files outside the roots may be read too.
    allow_outside: bool,
    /// What is held in place of files, by shown path.
    given: BTreeMap<String, Vec<u8>>,
    /// What was read, by shown path.
    held: RwLock<BTreeMap<String, Result<Arc<str>, Unread>>>,
    /// Folders, and the same with links resolved: each is asked for several files.
    folders: RwLock<BTreeMap<PathBuf, PathBuf>>,
}

impl Disk {
    /// The disk as seen from the working directory `folder`, which must be absolute.
    pub fn new(folder: &Path, allow_outside: bool) -> Self {
        let mut disk = Self {
            folder: folder.to_owned(),
            roots: BTreeSet::new(),
            named: BTreeSet::new(),
            allow_outside,
            given: BTreeMap::new(),
            held: RwLock::default(),
            folders: RwLock::default(),
        };
        disk.roots.insert(real(folder));
        disk
    }

    /// Lets the user's own word stand: what is named may be read, a folder with all below it, and so may the git
    /// work tree that it lies in.
    pub fn name(&mut self, path: &str) {
        let real = real(&self.absolute(path));
        let trees = real
            .ancestors()
            .filter(|folder| folder.join(".git").exists());
        self.roots.extend(trees.map(Path::to_owned));
        if real.is_dir() {
            self.roots.insert(real);
        } else {
            self.named.insert(real);
        }
    }

    /// Holds a text in place of what the disk has under this path: standard input, for example.
    pub fn hold(&mut self, path: &str, bytes: Vec<u8>) {
        self.keep(path, text(bytes.clone()));
        self.given.insert(path.to_owned(), bytes);
    }

    /// The path as it is shown: relative to the working directory where it lies below it, else as the user wrote
    /// it, with `/`, and without `.` and `..` where that is possible.
    pub fn shown(&self, path: &Path) -> String {
        let whole = clean(&self.folder.join(path));
        let shown = whole.strip_prefix(&self.folder).map_or_else(
            |_| {
                if path.is_absolute() {
                    whole.clone()
                } else {
                    clean(path)
                }
            },
            Path::to_owned,
        );
        let shown = shown.to_string_lossy();
        if shown.is_empty() {
            return ".".to_owned();
        }
        if std::path::MAIN_SEPARATOR == '/' {
            shown.into_owned()
        } else {
            shown.replace(std::path::MAIN_SEPARATOR, "/")
        }
    }

    /// The path from the root of the file system.
    pub fn absolute(&self, path: &str) -> PathBuf {
        clean(&self.folder.join(path))
    }

    /// The path that a patch changes for this file: where a link leads, if that lies below the working directory.
    pub fn patched(&self, path: &str) -> String {
        match fs::canonicalize(self.absolute(path)) {
            Ok(target) => match target.strip_prefix(real(&self.folder)) {
                Ok(below) => self.shown(below),
                Err(_) => path.to_owned(),
            },
            // Standard input may have a name that is no file.
            Err(_) => path.to_owned(),
        }
    }

    /// The text of a file that is not UTF-8, each wrong stretch replaced by U+FFFD; None where it cannot be read.
    pub fn lossy(&self, path: &str) -> Option<String> {
        let bytes = match self.given.get(path) {
            Some(bytes) => bytes.clone(),
            None => self.bytes(path).ok()?,
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether there is a file (or a link to one) of this path.
    pub fn is_file(&self, path: &str) -> bool {
        self.absolute(path).is_file()
    }

    fn keep(&self, path: &str, text: Result<Arc<str>, Unread>) {
        self.held
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(path.to_owned(), text);
    }

    fn fetch(&self, path: &str) -> Result<Arc<str>, Unread> {
        text(self.bytes(path)?)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Unread> {
        let real = self.real(&self.absolute(path));
        // Whether a file outside exists is nobody's business either.
        if !self.may_read(&real) {
            return Err(Unread::Outside);
        }
        regular(&real)
    }

    /// The path with its links resolved, as far as it exists.
    fn real(&self, path: &Path) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return real(path);
        };
        let known = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        let folder = known.get(folder).cloned().ok_or(folder);
        drop(known);
        let folder = folder.unwrap_or_else(|folder| {
            let found = real(folder);
            let mut known = self.folders.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(folder.to_owned(), found.clone());
            found
        });
        let place = folder.join(name);
        match fs::symlink_metadata(&place) {
            Ok(about) if about.is_symlink() => real(&place),
            _ => place,
        }
    }

    fn may_read(&self, real: &Path) -> bool {
        self.allow_outside
            || self.named.contains(real)
            || real.ancestors().any(|folder| self.roots.contains(folder))
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Arc<str>, Unread> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = held.get(path) {
            return text.clone();
        }
        drop(held);
        let text = self.fetch(path);
        self.keep(path, text.clone());
        text
    }

    fn look(&self, path: &str) -> Seen {
        let place = self.absolute(path);
        // A build may keep a link as a link or follow it, as it stands in a folder or alone.
        let is_link = fs::symlink_metadata(&place).is_ok_and(|about| about.is_symlink());
        if is_link || !self.may_read(&self.real(&place)) {
            return Seen::Unknown;
        }
        match fs::metadata(&place) {
            Ok(about) if about.is_dir() => Seen::Folder,
            Ok(about) if about.is_file() => Seen::File {
                runs: runs(&about),
                // COPY keeps the mode: what is not for everybody may be closed to whoever runs the check.
                start: start(&place).ok().filter(|_| is_for_everybody(&about)),
            },
            Ok(_) => Seen::Unknown,
            Err(error) => match why(&error) {
                Unread::Missing => Seen::Missing,
                _ => Seen::Unknown,
            },
        }
    }
}

/// Whether anybody may run the file; a file system without such a mode does not say it.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // Other systems have no such mode.
fn runs(about: &fs::Metadata) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(about.permissions().mode() & 0o111 != 0)
}

/// Whether anybody may run the file; a file system without such a mode does not say it.
#[cfg(not(unix))]
fn runs(_about: &fs::Metadata) -> Option<bool> {
    None
}

/// Whether everybody may read the file, as far as the file system says it.
#[cfg(unix)]
fn is_for_everybody(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o004 != 0
}

/// Whether everybody may read the file, as far as the file system says it.
#[cfg(not(unix))]
fn is_for_everybody(_about: &fs::Metadata) -> bool {
    true
}

/// The first bytes of a regular file.
fn start(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(START);
    fs::File::open(path)?
        .take(START as u64)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a file that healthlint itself was told to use, wherever it lies.
///
/// # Errors
/// Why it cannot be read.
pub fn read_named(path: &Path) -> Result<Arc<str>, Unread> {
    text(regular(path)?)
}

/// The bytes of a regular file that is not too large.
fn regular(path: &Path) -> Result<Vec<u8>, Unread> {
    let about = fs::metadata(path).map_err(|error| why(&error))?;
    if about.is_dir() {
        return Err(Unread::Folder);
    }
    if !about.is_file() {
        // A pipe or a device could keep us waiting for ever.
        return Err(Unread::Other("it is not a regular file".to_owned()));
    }
    if about.len() > LARGEST {
        return Err(Unread::TooLarge);
    }
    let file = fs::File::open(path).map_err(|error| why(&error))?;
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1);
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| why(&error))?;
    Ok(bytes)
}

/// The bytes as text, if they are text and not too many.
fn text(bytes: Vec<u8>) -> Result<Arc<str>, Unread> {
    if bytes.len() as u64 > LARGEST {
        return Err(Unread::TooLarge);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(Unread::NotText(error.utf8_error().valid_up_to())),
    }
}

fn why(error: &std::io::Error) -> Unread {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Unread::Missing,
        _ => Unread::Other(error.to_string()),
    }
}

/// The path with its links resolved, as far as it exists.
fn real(path: &Path) -> PathBuf {
    for folder in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (fs::canonicalize(folder), path.strip_prefix(folder)) {
            // Joined with nothing it would end with a slash, as only a folder may.
            let whole = rest.as_os_str().is_empty();
            return if whole { real } else { real.join(rest) };
        }
    }
    path.to_owned()
}

/// The path without `.`, and without `..` but for those at the start of a relative one.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => out.push(part),
            },
            _ => out.push(part),
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A folder that is there while the test runs.
    pub(crate) struct Scratch(pub PathBuf);

    impl Scratch {
        pub(crate) fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("healthlint-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(fs::canonicalize(path).unwrap())
        }

        pub(crate) fn put(&self, path: &str, bytes: impl AsRef<[u8]>) -> &Self {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
            self
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn paths_are_shown_as_the_user_knows_them() {
        let disk = Disk::new(Path::new("/home/me/project"), false);
        for (given, shown) in [
            ("a/./b/../c", "a/c"),
            ("/home/me/project/x", "x"),
            ("../project/x", "x"),
            ("../other/x", "../other/x"),
            ("/etc/x", "/etc/x"),
            (".", "."),
            ("/../etc", "/etc"),
        ] {
            assert_eq!(disk.shown(Path::new(given)), shown, "{given}");
        }
    }

    #[test]
    fn every_way_not_to_be_read_has_its_name() {
        let scratch = Scratch::new("read");
        scratch
            .put("in/good", "text")
            .put("in/latin", b"caf\xe9")
            .put(
                "in/large",
                vec![b' '; usize::try_from(LARGEST).unwrap() + 1],
            )
            .put("out/secret", "text");
        let mut disk = Disk::new(&scratch.0.join("in"), false);
        assert_eq!(disk.read("good").as_deref(), Ok("text"));
        assert_eq!(disk.read("latin"), Err(Unread::NotText(3)));
        assert_eq!(disk.read("large"), Err(Unread::TooLarge));
        assert_eq!(disk.read("gone"), Err(Unread::Missing));
        assert_eq!(disk.read("good/gone"), Err(Unread::Missing));
        assert_eq!(disk.read("."), Err(Unread::Folder));
        assert_eq!(disk.read("../out/secret"), Err(Unread::Outside));
        assert_eq!(disk.read("../out/gone"), Err(Unread::Outside));
        assert_eq!(
            Disk::new(&scratch.0.join("in"), true)
                .read("../out/secret")
                .as_deref(),
            Ok("text")
        );
        disk.name("../out/secret");
        disk.held = RwLock::default();
        assert_eq!(disk.read("../out/secret").as_deref(), Ok("text"));
        assert_eq!(disk.read("../out/gone"), Err(Unread::Outside));
    }

    #[test]
    fn a_git_work_tree_around_a_named_file_may_be_read() {
        let scratch = Scratch::new("tree");
        scratch
            .put("tree/.git/HEAD", "")
            .put("tree/app/compose.yaml", "")
            .put("tree/Dockerfile", "FROM x")
            .put("beside", "");
        let mut disk = Disk::new(&scratch.0.join("tree/app"), false);
        assert_eq!(disk.read("../Dockerfile"), Err(Unread::Outside));
        disk.name("compose.yaml");
        disk.held = RwLock::default();
        assert_eq!(disk.read("../Dockerfile").as_deref(), Ok("FROM x"));
        assert_eq!(disk.read("../../beside"), Err(Unread::Outside));
    }

    #[cfg(unix)]
    #[test]
    fn what_a_build_copies_is_seen_and_not_read() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let scratch = Scratch::new("look");
        scratch
            .put("in/plain", "#!/bin/sh\n")
            .put("in/marked", vec![0xff; 2 * START])
            .put("out/secret", "text");
        let marked = scratch.0.join("in/marked");
        fs::set_permissions(marked, fs::Permissions::from_mode(0o755)).unwrap();
        symlink(scratch.0.join("in/plain"), scratch.0.join("in/link")).unwrap();
        let disk = Disk::new(&scratch.0.join("in"), false);
        let file = |runs, start: &[u8]| Seen::File {
            runs: Some(runs),
            start: Some(start.to_vec()),
        };
        assert_eq!(disk.look("plain"), file(false, b"#!/bin/sh\n"));
        assert_eq!(disk.look("marked"), file(true, &[0xff; START]));
        assert_eq!(disk.look(""), Seen::Folder);
        assert_eq!(disk.look("gone"), Seen::Missing);
        assert_eq!(disk.look("plain/gone"), Seen::Missing);
        assert_eq!(disk.look("link"), Seen::Unknown);
        assert_eq!(disk.look("../out/secret"), Seen::Unknown);
        assert_eq!(disk.look("../out/gone"), Seen::Unknown);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_where_it_leads() {
        use std::os::unix::fs::symlink;
        let scratch = Scratch::new("link");
        scratch.put("in/good", "text").put("out/secret", "text");
        symlink(scratch.0.join("out/secret"), scratch.0.join("in/leak")).unwrap();
        symlink(scratch.0.join("in/good"), scratch.0.join("in/fine")).unwrap();
        symlink(scratch.0.join("in/loop"), scratch.0.join("in/loop")).unwrap();
        let disk = Disk::new(&scratch.0.join("in"), false);
        assert_eq!(disk.read("leak"), Err(Unread::Outside));
        assert_eq!(disk.read("fine").as_deref(), Ok("text"));
        assert!(matches!(disk.read("loop"), Err(Unread::Other(_))));
        assert!(matches!(disk.read("/dev/zero"), Err(Unread::Outside)));
        assert!(matches!(
            Disk::new(&scratch.0, true).read("/dev/zero"),
            Err(Unread::Other(_))
        ));
    }
}
