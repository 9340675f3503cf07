//! Images of a local engine: `docker image save` or `podman image save`, piped into the reader.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::thread;

use super::{Failure, Seen, Wanted, archive};

/// Bytes of an engine's complaint that are kept.
const LONGEST_COMPLAINT: u64 = 4096;

/// A program that keeps images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// `docker`.
    Docker,
    /// `podman`.
    Podman,
}

impl Engine {
    /// The name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    fn save(self) -> &'static [&'static str] {
        match self {
            Self::Docker => &["image", "save", "--"],
            // Podman's older form leaves the manifest's digest out.
            Self::Podman => &["image", "save", "--quiet", "--format", "oci-archive", "--"],
        }
    }
}

/// Reads an image that the engine has. `tell` gets the bytes read so far, now and then.
///
/// # Errors
/// An engine that is not there or does not have the image, and those of [`archive::read`].
pub fn save(
    engine: Engine,
    name: &str,
    wanted: &Wanted,
    tell: &mut dyn FnMut(u64),
) -> Result<Seen, Failure> {
    let program = engine.program();
    let failed = |error: io::Error| {
        Failure(match error.kind() {
            io::ErrorKind::NotFound => format!("`{program}` is not installed"),
            _ => format!("`{program}` cannot be run: {error}"),
        })
    };
    let mut child = Command::new(program)
        .args(engine.save())
        .arg(name)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let complaint = child.stderr.take();
    // Both pipes must be emptied at once, or an engine that complains at length stops for ever.
    let complaint = thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut complaint) = complaint {
            let _ = (&mut complaint)
                .take(LONGEST_COMPLAINT)
                .read_to_end(&mut text);
            let _ = io::copy(&mut complaint, &mut io::sink());
        }
        String::from_utf8_lossy(&text).trim().to_owned()
    });
    let mut output = Told {
        input: child.stdout.take(),
        count: 0,
        tell,
    };
    let seen = archive::read(
        io::BufReader::with_capacity(256 * 1024, &mut output),
        wanted,
    );
    if seen.is_ok() {
        io::copy(&mut output, &mut io::sink())?;
    } else {
        let _ = child.kill();
    }
    // The reader's end of the pipe must be shut before anybody waits for the writer.
    let nothing_came = output.count == 0;
    drop(output);
    let status = child.wait().map_err(failed)?;
    let complaint = complaint.join().unwrap_or_default();
    if nothing_came || (seen.is_ok() && !status.success()) {
        let words = complaint.lines().next().unwrap_or("it said nothing");
        let mut said = format!("`{program} image save` gave no image: {words}");
        // An engine that does not answer fetches nothing either.
        if !words.to_lowercase().contains("connect") {
            let _ = write!(said, "; `{program} pull {name}` fetches it");
        }
        return Err(Failure(said));
    }
    let mut seen = seen?;
    let Some(mut first) = seen.drain(..).next() else {
        return Err(Failure(format!(
            "`{program}` gave an archive without images"
        )));
    };
    for digest in pinned(engine, name) {
        if !first.image.digests.contains(&digest) {
            first.image.digests.insert(0, digest);
        }
    }
    Ok(first)
}

/// The digests that the registry gave to the image, as the engine remembers them; none where it does not.
fn pinned(engine: Engine, name: &str) -> Vec<String> {
    let format = "{{range .RepoDigests}}{{println .}}{{end}}";
    let output = Command::new(engine.program())
        .args(["image", "inspect", "--format", format, "--", name])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let text = match &output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout),
        _ => return Vec::new(),
    };
    text.lines()
        .filter_map(|line| line.split_once('@'))
        .map(|(_, digest)| digest.trim().to_owned())
        .filter(|digest| digest.starts_with("sha256:") && digest.len() == 71)
        .take(16)
        .collect()
}

/// Counts what passes by.
struct Told<'a, R> {
    input: Option<R>,
    count: u64,
    tell: &'a mut dyn FnMut(u64),
}

impl<R: Read> Read for Told<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(input) = &mut self.input else {
            return Ok(0);
        };
        let count = input.read(buffer)?;
        self.count += count as u64;
        (self.tell)(self.count);
        Ok(count)
    }
}
