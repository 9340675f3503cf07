//! One layer of an image as a list of what it says about the file system; the files' own bytes are passed over.

use std::cell::Cell;
use std::io::{self, Read};

use super::Failure;
use super::budget::{Budget, Counted, Metered};
use super::compression::Decoder;
use super::tar::{Kind, Tar};

/// Bytes of an os-release that are read.
const LONGEST_TEXT: u64 = 64 * 1024;

/// Files whose text is read.
const TEXTS: [&[u8]; 2] = [b"etc/os-release", b"usr/lib/os-release"];

/// What a layer says, in its order.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// What it says about each path.
    pub entries: Vec<Entry>,
    /// The digest of the layer after decompression: the configuration's `diff_ids` name it.
    pub diff_id: String,
}

/// What a layer says about one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path from the root, without a slash in front: `usr/bin/curl`.
    pub path: Box<[u8]>,
    /// What is there from now on.
    pub what: What,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A folder.
    Folder,
    /// A regular file with these permission bits, and its text where it is one that is read.
    File(u16, Option<Box<[u8]>>),
    /// A symbolic link.
    Link(Box<[u8]>),
    /// Another name of the file at this path.
    Same(Box<[u8]>),
    /// Something else that is there and no program.
    Other,
    /// Nothing: what the layers below had is gone.
    Gone,
    /// A folder without what the layers below had in it.
    Emptied,
}

/// Reads a layer, however it is compressed, to its end.
///
/// # Errors
/// What is no layer, one that is cut off, one whose bytes have not the digest `expected`, paths that lead out of the
/// image, and more than the budget allows.
pub fn read(input: impl Read, expected: Option<&str>, budget: &Budget) -> Result<Layer, Failure> {
    let count = Cell::new(0);
    let decoder = Decoder::new(Counted::new(input, &count, expected.is_some()))?;
    let mut tar = Tar::new(Metered::new(decoder, budget, &count));
    let mut entries = Vec::new();
    while let Some(entry) = tar.next_entry()? {
        budget.entry(entry.path.len())?;
        let path = clean(&entry.path)?;
        let text = match entry.kind {
            Kind::File if TEXTS.contains(&&*path) => {
                let mut text = Vec::new();
                (&mut tar).take(LONGEST_TEXT).read_to_end(&mut text)?;
                Some(text.into_boxed_slice())
            }
            _ => None,
        };
        let what = match entry.kind {
            Kind::File => What::File(entry.mode as u16, text),
            Kind::Folder => What::Folder,
            Kind::SymbolicLink(target) => What::Link(target.into_boxed_slice()),
            Kind::HardLink(target) => What::Same(clean(&target)?),
            Kind::Other => What::Other,
        };
        entries.extend(whited_out(path, what));
    }
    let (diff_id, decoder) = tar.finish()?.finish();
    let counted = decoder.into_inner().into_inner().1;
    if let (Some(sum), Some(expected)) = (counted.finish()?, expected)
        && sum != expected
    {
        return Err(Failure(format!(
            "the layer {expected} is not what it says: its bytes have the digest {sum}"
        )));
    }
    Ok(Layer { entries, diff_id })
}

/// A whiteout says what is gone (OCI image specification, "Whiteouts"); everything else says what is there.
fn whited_out(path: Box<[u8]>, what: What) -> Option<Entry> {
    let at = path
        .iter()
        .rposition(|byte| *byte == b'/')
        .map_or(0, |at| at + 1);
    let (folder, name) = path.split_at(at);
    let Some(hidden) = name.strip_prefix(b".wh.") else {
        return (!path.is_empty()).then_some(Entry { path, what });
    };
    if hidden == b".wh..opq" {
        let folder = folder.strip_suffix(b"/").unwrap_or(folder);
        return Some(Entry {
            path: folder.into(),
            what: What::Emptied,
        });
    }
    // What else begins so are notes that AUFS left for itself.
    if hidden.starts_with(b".wh.") || hidden.is_empty() {
        return None;
    }
    Some(Entry {
        path: [folder, hidden].concat().into_boxed_slice(),
        what: What::Gone,
    })
}

/// The path without `.`, doubled slashes and slashes at its ends.
fn clean(path: &[u8]) -> io::Result<Box<[u8]>> {
    // The kernel takes no path beyond this, so no engine could unpack it.
    if path.len() > 4096 {
        return Err(io::Error::other("a path in it is longer than 4096 bytes"));
    }
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                let shown = String::from_utf8_lossy(path);
                return Err(io::Error::other(format!(
                    "the path `{}` in it leads out of the image",
                    shown.escape_debug()
                )));
            }
            part => {
                if !out.is_empty() {
                    out.push(b'/');
                }
                out.extend_from_slice(part);
            }
        }
    }
    Ok(out.into_boxed_slice())
}
