//! Plain, gzip or zstd: told by the first bytes, never by a name or a media type.

use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::tar::fill;

/// What a zstd frame may ask us to remember: what `zstd` itself takes without being told to (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`).
const LARGEST_WINDOW: u64 = 128 << 20;

/// A reader whose first bytes were looked at.
pub type Peeked<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// Looks at up to `count` first bytes; the reader still gives them.
///
/// # Errors
/// Those of the input.
pub fn peek<R: Read>(mut input: R, count: usize) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = vec![0; count];
    let filled = fill(&mut input, &mut head)?;
    head.truncate(filled);
    Ok((head.clone(), Cursor::new(head).chain(input)))
}

/// Decompressed bytes.
pub enum Decoder<R: Read> {
    /// As they lie there.
    Plain(Peeked<R>),
    /// One gzip member after the other, as `pigz` and eStargz write them.
    Gzip(Box<MultiGzDecoder<Peeked<R>>>),
    /// One zstd frame after the other.
    Zstd(Box<Frames<Peeked<R>>>),
}

impl<R: Read> Decoder<R> {
    /// Finds out how the input is compressed.
    ///
    /// # Errors
    /// Those of the input, and a compression that container images do not use.
    pub fn new(input: R) -> io::Result<Self> {
        let (head, input) = peek(input, 6)?;
        Ok(match head.as_slice() {
            [0x1f, 0x8b, ..] => Self::Gzip(Box::new(MultiGzDecoder::new(input))),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Self::Zstd(Box::new(Frames::new(input)))
            }
            [b'B', b'Z', b'h', ..] => return Err(unsupported("bzip2")),
            [0xfd, b'7', b'z', b'X', b'Z', 0] => return Err(unsupported("xz")),
            _ => Self::Plain(input),
        })
    }

    /// The reader below, with what it has left.
    pub fn into_inner(self) -> Peeked<R> {
        match self {
            Self::Plain(input) => input,
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(frames) => frames.input,
        }
    }
}

fn unsupported(name: &str) -> io::Error {
    io::Error::other(format!(
        "it is compressed with {name}; plain, gzip and zstd can be read"
    ))
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(frames) => frames.read(buffer),
        }
    }
}

/// zstd frames in a row, skippable ones (as zstd:chunked adds them) passed over.
pub struct Frames<R> {
    input: R,
    decoder: FrameDecoder,
    inside: bool,
}

impl<R: Read> Frames<R> {
    fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(LARGEST_WINDOW);
        Self {
            input,
            decoder,
            inside: false,
        }
    }

    /// Steps into the next frame; false where the input ends.
    fn enter(&mut self) -> io::Result<bool> {
        loop {
            let mut first = [0];
            if fill(&mut self.input, &mut first)? == 0 {
                return Ok(false);
            }
            let mut input = Cursor::new(first).chain(&mut self.input);
            match self.decoder.reset(&mut input) {
                Ok(()) => {
                    self.inside = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut input.take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(damaged(&error)),
            }
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.inside && !self.enter()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.input, one);
                decoded.map_err(|error| damaged(&error))?;
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.inside = false;
        }
    }
}

fn damaged(error: &FrameDecoderError) -> io::Error {
    io::Error::other(format!("its zstd data is damaged: {error}"))
}
