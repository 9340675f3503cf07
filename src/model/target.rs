//! The engines that the user's files are meant for; rules that depend on one say which they assumed.

/// The engines that run the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    /// Docker Engine's major version.
    pub engine: u32,
    /// Docker Compose's version, as major, minor and patch; `docker-compose` v1 is `(1, …)`.
    pub compose: (u32, u32, u32),
    /// The files are deployed with `docker stack deploy`.
    pub stack: bool,
    /// The containers run under Podman.
    pub podman: bool,
}

impl Default for Targets {
    /// The current releases.
    fn default() -> Self {
        Self {
            engine: 29,
            compose: (5, 0, 0),
            stack: false,
            podman: false,
        }
    }
}

impl Targets {
    /// Whether a stray `$` (`$2`, `$(…)`, a lone `$`) fails the file: `docker stack`, and Compose before 2.11.2.
    pub fn rejects_stray_dollars(&self) -> bool {
        self.stack || self.compose < (2, 11, 2)
    }

    /// `start_interval` where nobody sets it: 5 s from engine 27, the interval itself before.
    pub fn start_interval_is_short(&self) -> bool {
        self.engine >= 27
    }
}
