//! From a word of the command line to the images behind it: an archive, a folder, an engine, a registry.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _};
use std::path::Path;

use clap::{Args, ValueEnum};

use super::show::no_name;
use crate::cli::Outlet;
use crate::facts::learned::{Image as Facts, Reference};
use crate::learn::{self, Engine, Failure, Platform, Seen, Wanted};
use crate::report::visible;

/// Where images are read from.
#[derive(Args, Debug)]
pub struct Origin {
    /// An archive of `docker save` or `podman save` (`-` reads standard input), the folder of an OCI layout, or an
    /// image by its name
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Ask this engine for images that are given by name; without it the first one that is installed
    #[arg(long, value_enum, value_name = "ENGINE")]
    engine: Option<Choice>,
    /// Ask the registry for images that are given by name, instead of an engine
    #[cfg(feature = "registry")]
    #[arg(long, conflicts_with = "engine")]
    registry: bool,
    /// Which of an image's platforms, for example linux/arm64; this machine's where it is not said
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    Docker,
    Podman,
}

/// How the sources of one run are read.
pub struct Terms {
    wanted: Wanted,
    engines: Vec<Engine>,
    registry: bool,
    name: Option<Reference>,
}

impl Terms {
    /// What the options say.
    ///
    /// # Errors
    /// A platform or a name that is none.
    pub fn of(origin: &Origin, name: Option<&str>) -> Result<Self, String> {
        let mut wanted = Wanted::default();
        if let Some(platform) = &origin.platform {
            wanted.platform = Platform::parse(platform)
                .ok_or_else(|| format!("`{platform}` is no platform; write `linux/amd64`"))?;
        }
        let name = match name {
            Some(name) => Some(Reference::parse(name).ok_or_else(|| no_name(name))?),
            None => None,
        };
        Ok(Self {
            wanted,
            engines: match origin.engine {
                None => vec![Engine::Docker, Engine::Podman],
                Some(Choice::Docker) => vec![Engine::Docker],
                Some(Choice::Podman) => vec![Engine::Podman],
            },
            #[cfg(feature = "registry")]
            registry: origin.registry,
            #[cfg(not(feature = "registry"))]
            registry: false,
            name,
        })
    }

    /// The images of a source, each under its name.
    ///
    /// # Errors
    /// Why there are none, as the end of a sentence that starts with the source.
    pub fn read(&self, source: &str, outlet: &Outlet) -> Result<Vec<Facts>, String> {
        let path = Path::new(source);
        let failed = |error: io::Error| error.to_string();
        let said = |failure: Failure| failure.to_string();
        if source == "-" {
            let seen = learn::archive(io::stdin().lock(), &self.wanted).map_err(said)?;
            return self.named(seen);
        }
        // A folder of the project may well be called `redis`, so a folder must look like a layout.
        if path.is_dir()
            && (path.join("index.json").is_file() || Reference::parse(source).is_none())
        {
            return self.named(learn::layout(path, &self.wanted).map_err(said)?);
        }
        if path.exists() && !path.is_dir() {
            let file = BufReader::with_capacity(256 * 1024, File::open(path).map_err(failed)?);
            return self.named(learn::archive(file, &self.wanted).map_err(said)?);
        }
        let Some(reference) = Reference::parse(source) else {
            return Err("there is no such file or folder, and it is no image name".to_owned());
        };
        if is_path(source) {
            return Err("there is no such file".to_owned());
        }
        let progress = Progress::new(source);
        let seen = self.fetched(&reference, source, &mut |count| {
            progress.tell(count, outlet);
        });
        progress.clear(outlet);
        let mut image = seen.map_err(said)?.image;
        image.name = self.name.as_ref().unwrap_or(&reference).key();
        Ok(vec![image])
    }

    fn fetched(
        &self,
        reference: &Reference,
        source: &str,
        tell: &mut dyn FnMut(u64),
    ) -> Result<Seen, Failure> {
        #[cfg(feature = "registry")]
        if self.registry {
            return learn::pull(reference, &self.wanted, tell);
        }
        let _ = (reference, self.registry);
        let mut failures = Vec::new();
        for engine in &self.engines {
            match learn::save(*engine, source, &self.wanted, tell) {
                Ok(seen) => return Ok(seen),
                Err(failure) => failures.push(failure.to_string()),
            }
        }
        Err(Failure(failures.join("; ")))
    }

    /// Gives each image the name that was asked for, or else those that its source says.
    fn named(&self, seen: Vec<Seen>) -> Result<Vec<Facts>, String> {
        if let Some(name) = &self.name {
            let [one] = seen.as_slice() else {
                return Err(format!("it has {} images, so `--as` fits none", seen.len()));
            };
            let mut image = one.image.clone();
            image.name = name.key();
            return Ok(vec![image]);
        }
        let mut images = Vec::new();
        for seen in seen {
            let names = seen.names.iter().filter_map(|name| Reference::parse(name));
            let before = images.len();
            images.extend(names.map(|name| Facts {
                name: name.key(),
                ..seen.image.clone()
            }));
            if images.len() == before {
                return Err(
                    "it does not say what the image is called; `--as NAME:TAG` does".to_owned(),
                );
            }
        }
        Ok(images)
    }
}

/// Whether a word can only be meant for a file, though it might name an image.
fn is_path(source: &str) -> bool {
    let ends = [".tar", ".tgz", ".gz", ".zst", ".oci"];
    ends.iter().any(|end| source.ends_with(end))
}

/// One line on a terminal that says how far the reading has come.
struct Progress {
    line: String,
    shown: std::cell::Cell<u64>,
}

/// The bytes between two words about the progress.
const STEP: u64 = 4 << 20;

impl Progress {
    fn new(source: &str) -> Self {
        Self {
            line: visible::line(source).into_owned(),
            shown: std::cell::Cell::new(0),
        }
    }

    fn tell(&self, count: u64, outlet: &Outlet) {
        if count / STEP > self.shown.get() / STEP && io::stderr().is_terminal() {
            self.shown.set(count);
            outlet.error(&format!("\r{} … {} MiB", self.line, count >> 20));
        }
    }

    fn clear(&self, outlet: &Outlet) {
        if self.shown.get() > 0 {
            outlet.error(&format!(
                "\r{}\r",
                " ".repeat(self.line.chars().count() + 20)
            ));
        }
    }
}
