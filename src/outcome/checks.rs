//! Scripts that images bring to be their check: what their source does, test by test.

use super::path::ANY;
use super::player::Player;
use super::tools::{Run, Use};
use super::{Code, World};

/// How one test of a script ends.
enum Test {
    Passes,
    Fails,
    /// A server that is well allows both.
    Either,
    Hangs,
    /// The versions of the script do not agree.
    Guess,
    Unknown,
}

impl Player<'_> {
    /// A run of such a script; None for other programs, and where it may be another script of that name.
    pub(super) fn script_of_image(&self, program: &str, call: &Use<'_>) -> Option<Vec<Run>> {
        match program {
            "healthcheck.sh" | "/usr/local/bin/healthcheck.sh"
                if self.is_image("docker.io/library/mariadb") =>
            {
                Some(self.mariadb_check(call))
            }
            _ => None,
        }
    }

    /// Whether the container runs this image.
    pub(super) fn is_image(&self, name: &str) -> bool {
        let recipe = self.scene.inventory.recipe;
        recipe.is_some_and(|recipe| recipe.images.iter().any(|image| image == name))
    }

    /// The script runs its tests in order and ends with 1 at the first that fails (MariaDB/mariadb-docker,
    /// `healthcheck.sh` of 10.6 to 13.0).
    fn mariadb_check(&self, call: &Use<'_>) -> Vec<Run> {
        self.asks("mysql");
        let mut runs = Vec::new();
        let mut tests = 0;
        let mut guess = false;
        let mut args = call.args.iter();
        while let Some(arg) = args.next() {
            let text = arg.text.as_str();
            let test = match text {
                "--connect" => self.mariadb_connects(),
                "--innodb_initialized" => self.mariadb_answers(Test::Passes),
                "--innodb_buffer_pool_loaded" | "--galera_online" => {
                    self.mariadb_answers(Test::Either)
                }
                // It sees whether an upgrade holds its file.
                "--mariadbupgrade" => Test::Either,
                "--su-mysql" | "--no-defaults" => continue,
                "--su" | "--datadir" | "--defaults-file" | "--defaults-extra-file" => {
                    args.next();
                    continue;
                }
                _ if text.starts_with("--su=")
                    || text.starts_with("--datadir=")
                    || text.starts_with("--defaults-") =>
                {
                    continue;
                }
                _ => Test::Unknown,
            };
            tests += 1;
            let fails = format!("its test `{text}` fails, so `{}` ends with 1", call.name);
            guess |= matches!(test, Test::Guess);
            let fails = || Run {
                guess,
                ..Run::new(1).because(fails)
            };
            match test {
                Test::Passes => {}
                Test::Either | Test::Guess => runs.push(fails()),
                Test::Fails => {
                    runs.push(fails());
                    return runs;
                }
                Test::Hangs => {
                    runs.push(Run {
                        guess,
                        ..Run::killed()
                    });
                    return runs;
                }
                Test::Unknown => {
                    return vec![Run::unknown(format!("nobody knows how `{text}` ends here"))];
                }
            }
        }
        if tests == 0 {
            return vec![Run::of(Code::Failure).because("without a test it ends with 1")];
        }
        runs.push(Run {
            guess,
            ..Run::new(0).prints(ANY)
        });
        runs
    }

    /// Anything passes that a server says to whoever may not log in; of other errors the versions think differently.
    fn mariadb_connects(&self) -> Test {
        match self.world {
            World::Healthy | World::Denied => Test::Passes,
            World::Error => Test::Guess,
            World::Refused => Test::Fails,
            World::Hung => Test::Hangs,
        }
    }

    /// A query that has to be answered.
    fn mariadb_answers(&self, well: Test) -> Test {
        match self.world {
            World::Healthy => well,
            World::Hung => Test::Hangs,
            _ => Test::Fails,
        }
    }
}
