//! Which commands a package brings.

use std::sync::OnceLock;

use serde::Deserialize;

use super::sections::Sections;

static PACKAGES: Sections<Package> = Sections::new(
    include_str!("../../rules/facts/packages.toml"),
    "package",
    "name",
);

/// A family of package managers that share their packages' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// apt and apt-get: Debian and Ubuntu.
    Apt,
    /// apk: Alpine.
    Apk,
    /// dnf, microdnf, yum and tdnf: the Red Hat family, Amazon Linux, Azure Linux.
    Rpm,
    /// zypper: SUSE.
    Zypper,
    /// pacman: Arch.
    Pacman,
    /// pip and what installs the same packages: Python.
    Pip,
    /// npm and yarn: Node.js.
    Npm,
    /// gem: Ruby.
    Gem,
    /// cargo: Rust.
    Cargo,
}

/// One package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// `apt/curl`: the manager and the package.
    pub name: String,
    /// The commands it brings, as `name` or `name: flavour`.
    #[serde(default)]
    pub brings: Vec<String>,
    /// The commands that `busybox --install` links, where the package is a BusyBox.
    #[serde(default)]
    pub applets: Vec<String>,
    /// Taken from the package's name, not from a list of its files.
    #[serde(default)]
    pub assumed: bool,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

impl Manager {
    /// The manager that this program is.
    pub fn of(program: &str) -> Option<Self> {
        Some(match program {
            "apt" | "apt-get" | "aptitude" => Self::Apt,
            "apk" => Self::Apk,
            "dnf" | "microdnf" | "yum" | "tdnf" | "dnf5" => Self::Rpm,
            "zypper" => Self::Zypper,
            "pacman" => Self::Pacman,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Zypper => "zypper",
            Self::Pacman => "pacman",
            Self::Pip => "pip",
            Self::Npm => "npm",
            Self::Gem => "gem",
            Self::Cargo => "cargo",
        }
    }
}

/// What is known of this package.
pub fn package(manager: Manager, name: &str) -> Option<&'static Package> {
    PACKAGES.get(&format!("{}/{name}", manager.word()))
}

/// Every command that some package of this manager brings.
pub fn commands(manager: Manager) -> &'static [String] {
    static ALL: OnceLock<Vec<(&'static str, Vec<String>)>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let managers = [Manager::Pip, Manager::Npm, Manager::Gem, Manager::Cargo];
        let of = |manager: Manager| {
            let prefix = format!("{}/", manager.word());
            let mut brings: Vec<String> = PACKAGES
                .under(&prefix)
                .flat_map(|package| package.brings.iter().cloned())
                .collect();
            brings.sort();
            brings.dedup();
            (manager.word(), brings)
        };
        managers.map(of).to_vec()
    });
    all.iter()
        .find(|(word, _)| *word == manager.word())
        .map_or(&[], |(_, brings)| brings)
}

/// Every package, in order.
///
/// # Errors
/// What does not parse, and why.
pub fn packages() -> Result<Vec<&'static Package>, String> {
    PACKAGES.all()
}
