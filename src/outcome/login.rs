//! Whom a database client asks, and as whom; options are read by the facts on tools.

use crate::facts::Flavour;
use crate::facts::tools;
use crate::model::command::Call;
use crate::outcome::request::{self, Options};
use crate::text::Traced;

/// The databases whose clients are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// `pg_isready`, `psql`.
    Postgres,
    /// `mysqladmin`, `mysql` and their MariaDB names.
    Mysql,
}

impl Database {
    /// The database that a word of the facts names.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "postgres" => Some(Self::Postgres),
            "mysql" => Some(Self::Mysql),
            _ => None,
        }
    }
}

/// What a call to a database client says of its server and its user.
#[derive(Clone, Debug)]
pub struct Login {
    /// Which kind of server it asks.
    pub database: Database,
    /// Its options.
    pub options: Options,
}

/// The login of a call; None where it is no database client, where a word is not understood, or where everything
/// may stand in one word (`postgres://…`).
pub fn login(call: &Call) -> Option<Login> {
    let name = call.name()?;
    let database = match name {
        "pg_isready" | "psql" => Database::Postgres,
        "mysqladmin" | "mariadb-admin" | "mysql" | "mariadb" => Database::Mysql,
        _ => return None,
    };
    let options = request::options(call, tools::tool(name, Flavour::Plain)?);
    let says_it_all = |text: &str| text.contains("://") || text.contains('=');
    let packed = database == Database::Postgres
        && (!options.operands.is_empty()
            || options.given.iter().any(|given| {
                matches!(given.name.as_str(), "-d" | "--dbname")
                    && given
                        .value
                        .as_ref()
                        .is_some_and(|value| says_it_all(value.as_str()))
            }));
    let asks = !options.given.iter().any(|given| {
        matches!(given.name.as_str(), "--version" | "-V" | "--help" | "-?")
            || given.name.starts_with("--defaults")
    });
    (!options.doubtful && !packed && asks).then_some(Login { database, options })
}

impl Login {
    /// The server's host or the folder of its socket.
    pub fn host(&self) -> Option<&Traced> {
        self.options.value(&["-h", "--host"])
    }

    /// Who logs in.
    pub fn user(&self) -> Option<&Traced> {
        self.options.value(&["-U", "--username", "-u", "--user"])
    }

    /// Whether it surely asks the unix socket, where no variable of its environment says otherwise.
    pub fn asks_socket(&self) -> bool {
        let host = match self.host() {
            None => None,
            // Whoever fills it in may mean anything.
            Some(host) if host.known().is_none() => return false,
            Some(host) => Some(host.as_str()),
        };
        match self.database {
            Database::Postgres => host.is_none_or(|host| host.starts_with('/')),
            Database::Mysql => {
                // A port alone makes newer clients of MariaDB ask over TCP.
                let otherwise = self
                    .options
                    .value(&["--protocol"])
                    .is_some_and(|protocol| !protocol.as_str().eq_ignore_ascii_case("socket"))
                    || self.options.value(&["-P", "--port"]).is_some();
                host.is_none_or(|host| host == "localhost") && !otherwise
            }
        }
    }
}
