//! Paths as the user knows them: with `/`, joined and tidied by their letters alone, without a look at any disk.

/// The folder of a file; empty for a file in the working directory.
pub fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(at) => &path[..at],
        None => "",
    }
}

/// The last part of a path.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `path` as seen from `folder`, without `.` and without `..` where that is possible.
pub fn join(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') || folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    };
    let absolute = whole.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute {
        format!("/{joined}")
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_tidied() {
        for (from, path, expected) in [
            ("", "a.yaml", "a.yaml"),
            ("app", "./b/../c.yaml", "app/c.yaml"),
            ("app", "../../x", "../x"),
            ("app", "/etc/x", "/etc/x"),
            ("/srv", "../../x", "/x"),
            ("app", ".", "app"),
            ("", ".", ""),
        ] {
            assert_eq!(join(from, path), expected, "{from} + {path}");
        }
        assert_eq!(folder("a/b/c"), "a/b");
        assert_eq!(folder("c"), "");
        assert_eq!(name("a/b/c"), "c");
    }
}
