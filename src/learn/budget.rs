//! What reading one source may cost: every limit stands here, and going over one is an error that names it.

use std::cell::Cell;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

/// The limits of one source, far above what an image needs that somebody runs as a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files, folders and links in all layers together.
    pub entries: u64,
    /// Bytes of their paths together.
    pub names: u64,
    /// Bytes of all layers after decompression together.
    pub unpacked: u64,
    /// How many times its compressed size a layer may have, once it has more than [`Limits::small`] bytes.
    pub ratio: u64,
    /// A layer of no more bytes than this may be compressed as well as it can.
    pub small: u64,
    /// Bytes of one manifest, index or configuration.
    pub document: u64,
    /// Bytes of all manifests, indexes and configurations together.
    pub documents: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 2_000_000,
            names: 256 << 20,
            unpacked: 128 << 30,
            ratio: 200,
            small: 1 << 30,
            document: 8 << 20,
            documents: 64 << 20,
        }
    }
}

/// What has been spent of the limits; shared by all that reads one source.
#[derive(Debug)]
pub struct Budget {
    /// The limits themselves.
    pub limits: Limits,
    entries: Cell<u64>,
    names: Cell<u64>,
    unpacked: Cell<u64>,
    documents: Cell<u64>,
}

impl Budget {
    /// A budget of which nothing has been spent.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            entries: Cell::default(),
            names: Cell::default(),
            unpacked: Cell::default(),
            documents: Cell::default(),
        }
    }

    /// Counts one file, folder or link with a path of this length.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn entry(&self, path: usize) -> io::Result<()> {
        spend(&self.entries, 1, self.limits.entries, "files in its layers")?;
        let names = self.limits.names;
        spend(
            &self.names,
            path as u64,
            names,
            "bytes of file names in its layers",
        )
    }

    /// Reads a manifest, an index or a configuration to its end.
    ///
    /// # Errors
    /// Those of the input, and more bytes than a document may have.
    pub fn document(&self, input: impl Read) -> io::Result<Vec<u8>> {
        let limits = &self.limits;
        let mut bytes = Vec::new();
        input.take(limits.document + 1).read_to_end(&mut bytes)?;
        let length = bytes.len() as u64;
        if length > limits.document {
            return Err(io::Error::other(format!(
                "a manifest or configuration of more than {} bytes is not read",
                limits.document
            )));
        }
        spend(
            &self.documents,
            length,
            limits.documents,
            "bytes of manifests and configurations",
        )?;
        Ok(bytes)
    }
}

fn spend(spent: &Cell<u64>, more: u64, limit: u64, what: &str) -> io::Result<()> {
    spent.set(spent.get().saturating_add(more));
    if spent.get() > limit {
        return Err(io::Error::other(format!(
            "the image has more than {limit} {what}, so it is not read further"
        )));
    }
    Ok(())
}

/// The decompressed bytes of a layer, counted against the budget and summed.
pub struct Metered<'a, R> {
    input: R,
    budget: &'a Budget,
    /// The compressed bytes that have been read so far.
    compressed: &'a Cell<u64>,
    unpacked: u64,
    sum: Sha256,
}

impl<'a, R: Read> Metered<'a, R> {
    /// Counts what is read from `input`, which decompresses what `compressed` counts.
    pub fn new(input: R, budget: &'a Budget, compressed: &'a Cell<u64>) -> Self {
        Self {
            input,
            budget,
            compressed,
            unpacked: 0,
            sum: Sha256::new(),
        }
    }

    /// The digest of all that was read, and the reader below.
    pub fn finish(self) -> (String, R) {
        (hexadecimal(self.sum), self.input)
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let limits = &self.budget.limits;
        spend(
            &self.budget.unpacked,
            count as u64,
            limits.unpacked,
            "bytes after decompression",
        )?;
        self.unpacked += count as u64;
        if self.unpacked > limits.small
            && self.unpacked / limits.ratio > self.compressed.get().max(1)
        {
            return Err(io::Error::other(format!(
                "a layer grows to more than {} times its size, as only a decompression bomb does",
                limits.ratio
            )));
        }
        self.sum.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Bytes as they lie in the source, counted and summed.
pub struct Counted<'a, R> {
    input: R,
    count: &'a Cell<u64>,
    sum: Option<Sha256>,
}

impl<'a, R: Read> Counted<'a, R> {
    /// Counts what is read into `count`, and sums it where a digest must be compared.
    pub fn new(input: R, count: &'a Cell<u64>, sum: bool) -> Self {
        Self {
            input,
            count,
            sum: sum.then(Sha256::new),
        }
    }

    /// Reads on to the end; the digest, where it was asked for.
    ///
    /// # Errors
    /// Those of the input.
    pub fn finish(mut self) -> io::Result<Option<String>> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.sum.map(hexadecimal))
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.count.set(self.count.get() + count as u64);
        if let Some(sum) = &mut self.sum {
            sum.update(buffer.get(..count).unwrap_or_default());
        }
        Ok(count)
    }
}

/// The digest of these bytes.
pub fn digest(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

fn hexadecimal(sum: Sha256) -> String {
    use std::fmt::Write as _;
    sum.finalize()
        .iter()
        .fold("sha256:".to_owned(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}
