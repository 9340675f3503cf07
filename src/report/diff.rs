//! One unified diff over several files, as `git apply` and `patch -p1` read it, byte for byte.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

/// A file before and after.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The path as shown: relative, with `/`.
    pub path: &'a str,
    /// The text before.
    pub old: &'a str,
    /// The text after.
    pub new: &'a str,
}

/// The changes as one patch; a file that stays as it was has no part in it.
pub fn render<'a>(changes: impl IntoIterator<Item = Change<'a>>) -> String {
    let mut out = String::new();
    for change in changes {
        if change.old != change.new {
            file(&mut out, &change);
        }
    }
    out
}

fn file(out: &mut String, change: &Change) {
    let old = split(change.old);
    let new = split(change.new);
    let diff = TextDiff::configure().diff_slices(&old, &new);
    let _ = writeln!(out, "--- {}", name("a/", change.path));
    let _ = writeln!(out, "+++ {}", name("b/", change.path));
    for group in diff.grouped_ops(3) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let _ = writeln!(
            out,
            "@@ -{} +{} @@",
            range(first.old_range().start, last.old_range().end),
            range(first.new_range().start, last.new_range().end)
        );
        for line in group.iter().flat_map(|op| diff.iter_changes(op)) {
            out.push(match line.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            out.push_str(line.value());
            if !line.value().ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
}

/// The lines of a text with their endings. Only `\n` ends a line for git and patch; a lone `\r` does not.
pub fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// `start,count` of a hunk header: lines count from 1, and an empty range names the line before it.
fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        count => format!("{},{count}", start + 1),
    }
}

/// A path as git writes it: quoted like a C string where a byte needs it, else closed by a tab where a space could
/// be read as its end.
fn name(prefix: &str, path: &str) -> String {
    let plain = |byte: u8| (b' '..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
    if path.bytes().all(plain) {
        let end = if path.contains(' ') { "\t" } else { "" };
        return format!("{prefix}{path}{end}");
    }
    let mut out = format!("\"{prefix}");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            byte if plain(byte) => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    const CASES: &[(&str, &str, &str)] = &[
        (
            "compose.yaml",
            "a\nb\nc\nd\ne\nf\ng\n",
            "a\nb\nc\nD\ne\nf\ng\n",
        ),
        ("dir/no newline.yaml", "a\nb", "a\nc"),
        ("dir/gains.yaml", "a\nb", "a\nb\n"),
        ("crlf.yaml", "a\r\nb\r\nc\r\n", "a\r\nx\r\nc\r\n"),
        ("quote\"back\\slash.yaml", "a\n", "b\n"),
        ("żółć/🩺.yaml", "a\n", "a\nb\n"),
        ("mark.yaml", "\u{feff}a\nb\n", "\u{feff}a\nc\n"),
        ("lone.yaml", "a\rb\nc\n", "a\rb\nd\n"),
        (
            "far.yaml",
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
            "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n12\n",
        ),
    ];

    fn changes() -> Vec<Change<'static>> {
        CASES
            .iter()
            .map(|&(path, old, new)| Change { path, old, new })
            .collect()
    }

    #[test]
    fn a_file_that_stays_has_no_part() {
        let same = Change {
            path: "a",
            old: "x",
            new: "x",
        };
        assert_eq!(render([same]), "");
    }

    #[test]
    fn hunks_read_like_git() {
        assert_eq!(
            render([Change {
                path: "a b",
                old: "x\ny",
                new: "x\nz"
            }]),
            "--- a/a b\t\n+++ b/a b\t\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn git_takes_the_patch() {
        takes(&["git", "apply", "--whitespace=nowarn", "-"]);
    }

    #[test]
    fn patch_takes_the_patch() {
        takes(&["patch", "--binary", "-p1", "-s"]);
    }

    /// Writes the old files, feeds the patch to the command, and compares with the new files. A machine without
    /// the command shows nothing either way.
    fn takes(command: &[&str]) {
        let folder = scratch(command[0]);
        for change in changes() {
            let path = folder.join(change.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, change.old).unwrap();
        }
        let child = Command::new(command[0])
            .args(&command[1..])
            .current_dir(&folder)
            // A repository around the folder would make `git apply` skip paths outside its index's folder.
            .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap())
            .stdin(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            return;
        };
        std::io::Write::write_all(
            &mut child.stdin.take().unwrap(),
            render(changes()).as_bytes(),
        )
        .unwrap();
        assert!(child.wait().unwrap().success());
        for change in changes() {
            assert_eq!(
                std::fs::read_to_string(folder.join(change.path)).unwrap(),
                change.new,
                "{}",
                change.path
            );
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    fn scratch(name: &str) -> PathBuf {
        let folder = Path::new(&std::env::temp_dir())
            .join(format!("healthlint-diff-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }
}
