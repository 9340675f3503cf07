//! Reads tar archives one header at a time, with no more memory than a header and its bounded extensions need.

use std::io::{self, Read};

/// A block of the format.
const BLOCK: usize = 512;

/// Long names and PAX records beyond this are refused; Linux knows no path of more than 4 KiB and no attribute of
/// more than 64 KiB.
const LONGEST_EXTENSION: u64 = 1024 * 1024;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path as it is written.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    /// The bytes that follow.
    pub size: u64,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link to this target.
    SymbolicLink(Vec<u8>),
    /// Another name of the file at this path.
    HardLink(Vec<u8>),
    /// A device, a pipe.
    Other,
}

/// An archive; as a reader it gives the data of the entry at hand.
#[derive(Debug)]
pub struct Tar<R> {
    input: R,
    /// Bytes of data and of padding that are still to come.
    data: u64,
    padding: u64,
    /// Whether a header was read.
    begun: bool,
}

/// What extension headers say about the entry that follows them.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<R: Read> Tar<R> {
    /// An archive that begins where the input stands.
    pub fn new(input: R) -> Self {
        Self {
            input,
            data: 0,
            padding: 0,
            begun: false,
        }
    }

    /// The next entry; None at the end.
    ///
    /// # Errors
    /// What is no tar archive, or one that was cut off.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut extension = Extension::default();
        loop {
            self.skip()?;
            let Some(block) = self.header()? else {
                return Ok(None);
            };
            let size = number(&block[124..136])?;
            match block[156] {
                b'L' => extension.path = Some(until_nul(&self.extension(size)?).to_vec()),
                b'K' => extension.link = Some(until_nul(&self.extension(size)?).to_vec()),
                b'x' => records(&self.extension(size)?, &mut extension)?,
                b'g' => self.follow(size),
                kind => return self.entry(&block, kind, size, extension).map(Some),
            }
        }
    }

    /// Reads on to the input's end and gives it back.
    ///
    /// # Errors
    /// Those of the input.
    pub fn finish(mut self) -> io::Result<R> {
        io::copy(&mut self.input, &mut io::sink())?;
        Ok(self.input)
    }

    fn entry(
        &mut self,
        block: &[u8; BLOCK],
        kind: u8,
        size: u64,
        extension: Extension,
    ) -> io::Result<Entry> {
        let mut path = until_nul(&block[..100]).to_vec();
        if &block[257..263] == b"ustar\0" && block[345] != 0 {
            let mut whole = until_nul(&block[345..500]).to_vec();
            whole.push(b'/');
            whole.append(&mut path);
            path = whole;
        }
        let path = extension.path.unwrap_or(path);
        let link = || {
            extension
                .link
                .unwrap_or_else(|| until_nul(&block[157..257]).to_vec())
        };
        let size = extension.size.unwrap_or(size);
        let mode = number(&block[100..108])?;
        let kind = match kind {
            b'1' => Kind::HardLink(link()),
            b'2' => Kind::SymbolicLink(link()),
            b'5' => Kind::Folder,
            b'3' | b'4' | b'6' => Kind::Other,
            // Before POSIX, a slash at the end made a folder.
            0 | b'0' if path.last() == Some(&b'/') => Kind::Folder,
            0 | b'0' | b'7' => Kind::File,
            b'S' => {
                self.sparse_map(block)?;
                Kind::File
            }
            _ => {
                // POSIX: an unknown type is read as a regular file; what it is to the engine nobody knows.
                self.follow(size);
                let mode = 0;
                return Ok(Entry {
                    path,
                    kind: Kind::Other,
                    mode,
                    size,
                });
            }
        };
        // Links, folders and devices have no data, whatever their header says (Go `archive/tar`, which Docker uses).
        let size = if kind == Kind::File { size } else { 0 };
        self.follow(size);
        Ok(Entry {
            path,
            kind,
            mode: u32::try_from(mode & 0o7777).unwrap_or_default(),
            size,
        })
    }

    fn follow(&mut self, size: u64) {
        self.data = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
    }

    /// Passes over what is left of the entry at hand.
    fn skip(&mut self) -> io::Result<()> {
        let left = self.data.saturating_add(self.padding);
        let passed = io::copy(&mut (&mut self.input).take(left), &mut io::sink())?;
        if passed < left {
            return Err(cut_off());
        }
        (self.data, self.padding) = (0, 0);
        Ok(())
    }

    /// The next header; None at a block of zeros and where the input ends between entries.
    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        match fill(&mut self.input, &mut block)? {
            0 => return Ok(None),
            BLOCK => {}
            _ if !self.begun => return Err(io::Error::other("this is no tar archive")),
            _ => return Err(cut_off()),
        }
        self.begun = true;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        // The sum is made with spaces in its own place; some old programs add signed bytes.
        let said = number(&block[148..156])?;
        let summed = |byte: fn(u8) -> i64| -> i64 {
            let bytes = block.iter().enumerate();
            bytes
                .map(|(at, value)| {
                    byte(if (148..156).contains(&at) {
                        b' '
                    } else {
                        *value
                    })
                })
                .sum()
        };
        let sums = [
            summed(i64::from),
            summed(|byte| i64::from(i8::from_ne_bytes([byte]))),
        ];
        if !sums.iter().any(|sum| u64::try_from(*sum) == Ok(said)) {
            return Err(io::Error::other(
                "this is no tar archive, or it is damaged: the sum of a header is wrong",
            ));
        }
        Ok(Some(block))
    }

    fn extension(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > LONGEST_EXTENSION {
            return Err(io::Error::other(format!(
                "the header of one file has {size} bytes; no more than {LONGEST_EXTENSION} are read"
            )));
        }
        self.follow(size);
        let mut bytes = Vec::new();
        (&mut self.input).take(size).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < size {
            return Err(cut_off());
        }
        self.data = 0;
        Ok(bytes)
    }

    /// Passes over the blocks that continue the map of a sparse file in GNU's old form.
    fn sparse_map(&mut self, block: &[u8; BLOCK]) -> io::Result<()> {
        let mut more = block[482] != 0;
        while more {
            let mut block = [0; BLOCK];
            if fill(&mut self.input, &mut block)? < BLOCK {
                return Err(cut_off());
            }
            more = block[504] != 0;
        }
        Ok(())
    }
}

impl<R: Read> Read for Tar<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.data == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let count = (&mut self.input).take(self.data).read(buffer)?;
        if count == 0 {
            return Err(cut_off());
        }
        self.data -= count as u64;
        Ok(count)
    }
}

/// Reads until the buffer is full or the input ends; how much came.
pub fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..)
        && !rest.is_empty()
    {
        match input.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut off")
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number of a header: octal digits, or big-endian bytes behind a set first bit (GNU).
fn number(field: &[u8]) -> io::Result<u64> {
    let wrong = || io::Error::other("this is no tar archive, or it is damaged: a number is wrong");
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        // 0xff begins a negative number, which neither a size nor a mode can be.
        let first = u64::from(first & 0x7f);
        return rest
            .iter()
            .try_fold(first, |sum, byte| {
                sum.checked_mul(256)?.checked_add(u64::from(*byte))
            })
            .filter(|number| i64::try_from(*number).is_ok())
            .ok_or_else(wrong);
    }
    let digits = until_nul(field).trim_ascii();
    digits.iter().try_fold(0_u64, |sum, byte| match byte {
        b'0'..=b'7' => Ok(sum * 8 + u64::from(byte - b'0')),
        _ => Err(wrong()),
    })
}

/// Reads PAX records, `length key=value\n` each.
fn records(mut bytes: &[u8], extension: &mut Extension) -> io::Result<()> {
    let wrong = || io::Error::other("this is no tar archive, or it is damaged: a PAX record");
    while !bytes.is_empty() && bytes != [0] {
        let space = bytes.iter().position(|byte| *byte == b' ');
        let length: usize = space
            .and_then(|space| std::str::from_utf8(bytes.get(..space)?).ok()?.parse().ok())
            .ok_or_else(wrong)?;
        let record = space.and_then(|space| bytes.get(space + 1..length.checked_sub(1)?));
        let record = record.ok_or_else(wrong)?;
        let equals = record.iter().position(|byte| *byte == b'=');
        let (key, value) = record.split_at(equals.ok_or_else(wrong)?);
        let value = value.get(1..).unwrap_or_default();
        match key {
            b"path" | b"GNU.sparse.name" => extension.path = Some(value.to_vec()),
            b"linkpath" => extension.link = Some(value.to_vec()),
            b"size" => {
                let size = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                extension.size = Some(
                    size.filter(|size| i64::try_from(*size).is_ok())
                        .ok_or_else(wrong)?,
                );
            }
            _ => {}
        }
        bytes = bytes.get(length..).ok_or_else(wrong)?;
    }
    Ok(())
}
