//! Careful writing: a file is replaced whole or not touched, and never over somebody else's change.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Disk;

/// A file that is to be changed.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The path as shown.
    pub path: &'a str,
    /// The text as it was read.
    pub old: &'a str,
    /// The text as it shall be.
    pub new: &'a str,
}

/// Why a file was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The path as shown.
    pub path: String,
    /// Why, as a sentence.
    pub message: String,
}

/// Writes the changes, each through a temporary file beside its target that takes the target's place.
///
/// A link is followed to its target; the mode stays. Every file is looked at before the first is written.
///
/// # Errors
/// The files that are not written, and why: read-only, changed since they were read, or what the system says.
/// Where the look at them refuses one, none is written.
pub fn write(disk: &Disk, changes: &[Change<'_>]) -> Result<(), Vec<Refused>> {
    let mut targets = Vec::new();
    let mut refused = Vec::new();
    for change in changes {
        match target(disk, change) {
            Ok(target) => targets.push(target),
            Err(message) => refused.push(Refused {
                path: change.path.to_owned(),
                message,
            }),
        }
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    for (change, target) in changes.iter().zip(&targets) {
        if let Err(error) = replace(target, change.new) {
            refused.push(Refused {
                path: change.path.to_owned(),
                message: format!("it could not be written: {error}"),
            });
        }
    }
    if refused.is_empty() {
        Ok(())
    } else {
        Err(refused)
    }
}

/// The file behind the path, if it may be replaced.
fn target(disk: &Disk, change: &Change<'_>) -> Result<PathBuf, String> {
    let failed = |error: std::io::Error| format!("it could not be written: {error}");
    let target = fs::canonicalize(disk.absolute(change.path)).map_err(failed)?;
    if fs::metadata(&target)
        .map_err(failed)?
        .permissions()
        .readonly()
    {
        return Err("it is read-only, so nothing was written".to_owned());
    }
    if fs::read(&target).map_err(failed)? != change.old.as_bytes() {
        return Err(
            "it changed while it was checked, so nothing was written; run again".to_owned(),
        );
    }
    Ok(target)
}

fn replace(target: &Path, text: &str) -> std::io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = target.with_file_name(format!(".{name}.healthlint-{}", std::process::id()));
    let written = fill(target, &temporary, text).and_then(|()| fs::rename(&temporary, target));
    if written.is_err() {
        // The error that is told is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Writes a file of our own, new or in place of what it was, with the same care.
///
/// # Errors
/// What the system says; the file is then as it was.
pub fn put(path: &Path, text: &str) -> std::io::Result<()> {
    match fs::canonicalize(path) {
        Ok(target) => replace(&target, text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => replace(path, text),
        Err(error) => Err(error),
    }
}

fn fill(target: &Path, temporary: &Path, text: &str) -> std::io::Result<()> {
    // A file that is not there yet gets what the system gives to new ones.
    let about = match fs::metadata(target) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        about => Some(about?),
    };
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(temporary)?;
    file.write_all(text.as_bytes())?;
    let Some(about) = about else {
        return file.sync_all();
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        // Only root may give files away; anybody else owns the new file, as with every editor.
        let _ = fchown(&file, Some(about.uid()), Some(about.gid()));
    }
    file.set_permissions(about.permissions())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::tests::Scratch;

    fn change<'a>(path: &'a str, old: &'a str, new: &'a str) -> Change<'a> {
        Change { path, old, new }
    }

    #[test]
    fn a_file_is_replaced_and_nothing_stays_behind() {
        let scratch = Scratch::new("write");
        scratch.put("a", "old").put("b", "old");
        let disk = Disk::new(&scratch.0, false);
        write(
            &disk,
            &[change("a", "old", "new"), change("b", "old", "new")],
        )
        .unwrap();
        assert_eq!(fs::read_to_string(scratch.0.join("a")).unwrap(), "new");
        assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 2);
    }

    #[test]
    fn one_changed_file_keeps_all_from_being_written() {
        let scratch = Scratch::new("changed");
        scratch.put("a", "old").put("b", "somebody else was here");
        let disk = Disk::new(&scratch.0, false);
        let refused = write(
            &disk,
            &[change("a", "old", "new"), change("b", "old", "new")],
        )
        .unwrap_err();
        assert_eq!(refused[0].path, "b");
        assert!(refused[0].message.contains("changed"));
        assert_eq!(fs::read_to_string(scratch.0.join("a")).unwrap(), "old");
    }

    #[cfg(unix)]
    #[test]
    fn mode_and_link_are_kept_and_read_only_is_respected() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let scratch = Scratch::new("mode");
        scratch.put("real", "old").put("locked", "old");
        let mode = |path: &str| {
            fs::metadata(scratch.0.join(path))
                .unwrap()
                .permissions()
                .mode()
                & 0o7777
        };
        let set = |path: &str, mode: u32| {
            fs::set_permissions(scratch.0.join(path), fs::Permissions::from_mode(mode)).unwrap();
        };
        set("real", 0o750);
        set("locked", 0o444);
        symlink("real", scratch.0.join("link")).unwrap();
        let disk = Disk::new(&scratch.0, false);
        write(&disk, &[change("link", "old", "new")]).unwrap();
        assert_eq!(fs::read_to_string(scratch.0.join("real")).unwrap(), "new");
        assert!(
            fs::symlink_metadata(scratch.0.join("link"))
                .unwrap()
                .is_symlink()
        );
        assert_eq!(mode("real"), 0o750);
        assert!(write(&disk, &[change("locked", "old", "new")]).is_err());
    }
}
