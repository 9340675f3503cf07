//! PowerShell's one-liners: `Invoke-WebRequest`, `try`, `if` and `exit`; the first word outside of these makes the whole
//! unknown.
//!
//! A request that fails ends its statement with an error and not the script, unless somebody catches it or asks for a
//! stop. Where no `exit` is reached the status is that of the last command (`about_Pwsh`, `about_Try_Catch_Finally`).

use super::calls::seconds;
use super::path::ANY;
use super::player::Player;
use super::tools::{Run, Use};
use super::words::is_known;
use super::{Code, World};

#[derive(Clone, Debug, PartialEq)]
enum Mark {
    Word(String),
    Text(String),
    Variable(String),
    Member(String),
    Sign(char),
    /// A new line or `;`.
    Stop,
}

#[derive(Debug)]
enum Statement {
    Try(Vec<Statement>, Vec<Statement>),
    If(Condition, Vec<Statement>, Vec<Statement>),
    Exit(u8),
    Throw,
    /// A request, and the variable that takes the answer.
    Ask(Request, Option<String>),
    /// A setting: whether an error ends the script from here on.
    Set(Option<bool>),
    Print,
}

#[derive(Debug)]
struct Request {
    limit: Option<f64>,
    /// An answer like 500 is no error.
    skips_errors: bool,
    basic: bool,
}

/// `answer.StatusCode -eq 200`
#[derive(Debug)]
struct Condition {
    asks: Asked,
    operator: String,
    number: i64,
}

#[derive(Debug)]
enum Asked {
    Variable(String),
    Request(Request),
}

/// How statements came to their end.
enum Flow {
    On,
    /// An error that nobody has caught yet.
    Error,
    Exit(u8),
    Hung,
    Unknown,
}

impl Player<'_> {
    /// A run of PowerShell; None for other programs.
    pub(super) fn powershell(&self, call: &Use<'_>) -> Option<Vec<Run>> {
        let name = call.name.trim_end_matches(".exe");
        if !matches!(name, "pwsh" | "powershell") {
            return None;
        }
        let unread = || {
            vec![Run::unknown(format!(
                "nobody follows this script of `{name}`"
            ))]
        };
        let Some(statements) = script_of(call).and_then(|text| read(&text)) else {
            return Some(unread());
        };
        self.asks("http");
        let mut play = Play {
            player: self,
            old: name == "powershell",
            stops: false,
            succeeded: true,
            caught: false,
            guessed: false,
            answers: Vec::new(),
        };
        let code = match play.block(&statements, false) {
            Flow::Hung => return Some(vec![Run::killed()]),
            Flow::Unknown => return Some(unread()),
            Flow::Exit(code) => code,
            Flow::Error => 1,
            Flow::On => u8::from(!play.succeeded),
        };
        let run = Run::new(code).prints(ANY);
        let run = match (code, self.world) {
            (0, World::Healthy) => run,
            (0, _) if play.caught => run.hides("its `catch` takes the error, and it ends with 0"),
            (0, _) => run.hides(format!("no error reaches the status of `{name}`")),
            (_, World::Healthy) => run.because(format!("`{name}` says so itself")),
            (_, World::Refused) => run.because("nothing listens, so the request fails"),
            (_, World::Hung) => run.because("the request gives up waiting"),
            _ => run.because("the service answers with an error, so the request fails"),
        };
        if play.guessed {
            let why = "without `-UseBasicParsing` it depends on what Windows has set up";
            return Some(Run::guessed(vec![run, Run::of(Code::Failure)], why));
        }
        Some(vec![run])
    }
}

/// The script of a call; None where it stands in a file or nobody knows it.
fn script_of(call: &Use<'_>) -> Option<String> {
    let mut words = call.args.iter();
    while let Some(arg) = words.next() {
        if arg.splice {
            return None;
        }
        match arg.text.to_ascii_lowercase().as_str() {
            "-noprofile" | "-nologo" | "-noninteractive" | "-nop" | "-mta" | "-sta" => {}
            "-executionpolicy" | "-ep" | "-ex" => {
                words.next()?;
            }
            "-command" | "-c" => {
                let rest: Vec<&str> = words.map(|word| word.text.as_str()).collect();
                let text = rest.join(" ");
                return Some(text).filter(|text| !text.trim().is_empty());
            }
            _ => return None,
        }
    }
    None
}

fn read(script: &str) -> Option<Vec<Statement>> {
    let mut reader = Reader {
        marks: marks(script)?,
        at: 0,
        depth: 0,
    };
    let statements = reader.statements()?;
    (reader.at == reader.marks.len() && !statements.is_empty()).then_some(statements)
}

fn marks(script: &str) -> Option<Vec<Mark>> {
    let mut marks = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        let name_end = |text: &str| {
            text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(text.len())
        };
        match first {
            '\n' | ';' => {
                marks.push(Mark::Stop);
                rest = behind;
            }
            _ if first.is_whitespace() => rest = behind,
            '\'' | '"' => {
                let (text, after) = behind.split_once(first)?;
                // What is calculated inside of a text may be anything.
                if after.starts_with(first)
                    || text.contains(['`', '\'', '"'])
                    || text.contains("$(")
                {
                    return None;
                }
                marks.push(Mark::Text(text.to_owned()));
                rest = after;
            }
            '$' => {
                let end = name_end(behind);
                if end == 0 || behind[end..].starts_with([':', '[']) {
                    return None;
                }
                marks.push(Mark::Variable(behind[..end].to_ascii_lowercase()));
                rest = &behind[end..];
            }
            '.' if matches!(marks.last(), Some(Mark::Variable(_) | Mark::Sign(')'))) => {
                let end = name_end(behind);
                marks.push(Mark::Member(behind[..end].to_ascii_lowercase()));
                rest = &behind[end..];
            }
            '{' | '}' | '(' | ')' | '|' | '=' => {
                marks.push(Mark::Sign(first));
                rest = behind;
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || ";{}()|'\"".contains(c))
                    .unwrap_or(rest.len());
                let word = &rest[..end];
                if word.contains(['`', '@', '&', '#', '[', '$', '<', '>', ',']) {
                    return None;
                }
                marks.push(Mark::Word(word.to_owned()));
                rest = &rest[end..];
            }
        }
    }
    Some(marks)
}

struct Reader {
    marks: Vec<Mark>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Mark> {
        self.marks.get(self.at)
    }

    fn takes(&mut self, mark: &Mark) -> bool {
        let is = self.peek() == Some(mark);
        self.at += usize::from(is);
        is
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.takes(&Mark::Sign(sign)).then_some(())
    }

    fn word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Mark::Word(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    fn ends(&self) -> bool {
        matches!(self.peek(), None | Some(Mark::Stop | Mark::Sign('}')))
    }

    fn statements(&mut self) -> Option<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            while self.takes(&Mark::Stop) {}
            if self.peek().is_none() || self.peek() == Some(&Mark::Sign('}')) {
                return Some(statements);
            }
            statements.push(self.statement()?);
        }
    }

    fn block(&mut self) -> Option<Vec<Statement>> {
        self.depth += 1;
        while self.takes(&Mark::Stop) {}
        self.sign('{').filter(|()| self.depth < 20)?;
        let statements = self.statements()?;
        self.sign('}')?;
        self.depth -= 1;
        Some(statements)
    }

    fn statement(&mut self) -> Option<Statement> {
        if self.word("try") {
            let block = self.block()?;
            self.word("catch").then_some(())?;
            return Some(Statement::Try(block, self.block()?));
        }
        if self.word("if") {
            self.sign('(')?;
            let condition = self.condition()?;
            self.sign(')')?;
            let then = self.block()?;
            let otherwise = if self.word("else") {
                self.block()?
            } else {
                Vec::new()
            };
            return Some(Statement::If(condition, then, otherwise));
        }
        let statement = if self.word("exit") {
            match self.marks.get(self.at)? {
                Mark::Word(code) => {
                    let code = code.parse().ok()?;
                    self.at += 1;
                    Statement::Exit(code)
                }
                _ => return None,
            }
        } else if self.word("throw") {
            self.at += usize::from(matches!(self.peek(), Some(Mark::Text(_))));
            Statement::Throw
        } else if self.word("write-host") || self.word("write-output") {
            while matches!(self.peek(), Some(Mark::Text(_) | Mark::Word(_))) {
                self.at += 1;
            }
            Statement::Print
        } else if let Some(Mark::Variable(name)) = self.peek().cloned() {
            self.at += 1;
            self.sign('=')?;
            match (name.as_str(), self.peek().cloned()) {
                ("erroractionpreference", Some(Mark::Text(value) | Mark::Word(value))) => {
                    self.at += 1;
                    let value = value.to_ascii_lowercase();
                    Statement::Set(Some(match value.as_str() {
                        "stop" => true,
                        "continue" | "silentlycontinue" => false,
                        _ => return None,
                    }))
                }
                ("progresspreference" | "verbosepreference", Some(Mark::Text(_))) => {
                    self.at += 1;
                    Statement::Set(None)
                }
                _ => Statement::Ask(self.request()?, Some(name)),
            }
        } else {
            Statement::Ask(self.request()?, None)
        };
        self.ends().then_some(statement)
    }

    fn condition(&mut self) -> Option<Condition> {
        let asks = if self.sign('(').is_some() {
            let request = self.request()?;
            self.sign(')')?;
            Asked::Request(request)
        } else if let Some(Mark::Variable(name)) = self.peek().cloned() {
            self.at += 1;
            Asked::Variable(name)
        } else {
            return None;
        };
        self.takes(&Mark::Member("statuscode".to_owned()))
            .then_some(())?;
        let (Some(Mark::Word(operator)), Some(Mark::Word(number))) = (
            self.marks.get(self.at).cloned(),
            self.marks.get(self.at + 1).cloned(),
        ) else {
            return None;
        };
        self.at += 2;
        let operator = operator.to_ascii_lowercase();
        matches!(
            operator.as_str(),
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge"
        )
        .then_some(())?;
        Some(Condition {
            asks,
            operator,
            number: number.parse().ok()?,
        })
    }

    fn request(&mut self) -> Option<Request> {
        let names = ["invoke-webrequest", "iwr", "invoke-restmethod", "irm"];
        names.iter().any(|name| self.word(name)).then_some(())?;
        let mut request = Request {
            limit: None,
            skips_errors: false,
            basic: false,
        };
        let mut addresses = 0;
        while let Some(mark) = self.peek().cloned() {
            match mark {
                Mark::Text(text) => {
                    addresses += 1;
                    self.at += 1;
                    is_http(&text).then_some(())?;
                }
                Mark::Word(word) if !word.starts_with('-') => {
                    addresses += 1;
                    self.at += 1;
                    is_http(&word).then_some(())?;
                }
                Mark::Word(option) => {
                    self.at += 1;
                    match option.to_ascii_lowercase().as_str() {
                        "-usebasicparsing" => request.basic = true,
                        "-skiphttperrorcheck" => request.skips_errors = true,
                        "-uri" | "-skipcertificatecheck" | "-disablekeepalive" => {}
                        "-timeoutsec" => {
                            let Some(Mark::Word(number)) = self.peek().cloned() else {
                                return None;
                            };
                            self.at += 1;
                            request.limit = Some(seconds(&number)?);
                        }
                        "-method" => {
                            let Some(Mark::Word(method) | Mark::Text(method)) =
                                self.peek().cloned()
                            else {
                                return None;
                            };
                            self.at += 1;
                            let plain = ["get", "head"]
                                .iter()
                                .any(|it| method.eq_ignore_ascii_case(it));
                            plain.then_some(())?;
                        }
                        _ => return None,
                    }
                }
                Mark::Sign('|') => {
                    self.at += 1;
                    self.word("out-null").then_some(())?;
                }
                _ => break,
            }
        }
        (addresses == 1).then_some(request)
    }
}

/// Whether an address is one over HTTP: what is no address at all would fail in every state.
fn is_http(text: &str) -> bool {
    let bare = text
        .strip_prefix("http://")
        .or(text.strip_prefix("https://"));
    let host = bare.unwrap_or(text);
    let known = is_known(text) && !text.contains('$');
    known && (bare.is_some() || host.starts_with("localhost")) && !host.is_empty()
}

#[allow(clippy::struct_excessive_bools)] // They are what PowerShell itself remembers.
struct Play<'a, 'p> {
    player: &'a Player<'p>,
    /// Windows PowerShell, which reads pages with the help of Internet Explorer unless told otherwise.
    old: bool,
    stops: bool,
    succeeded: bool,
    caught: bool,
    guessed: bool,
    /// Variables and the status that their answer had.
    answers: Vec<(String, i64)>,
}

impl Play<'_, '_> {
    fn block(&mut self, statements: &[Statement], tries: bool) -> Flow {
        for statement in statements {
            match self.statement(statement, tries) {
                Flow::On => {}
                Flow::Error if !tries && !self.stops => self.succeeded = false,
                other => return other,
            }
        }
        Flow::On
    }

    fn statement(&mut self, statement: &Statement, tries: bool) -> Flow {
        match statement {
            Statement::Exit(code) => Flow::Exit(*code),
            // It ends the script wherever nobody catches it.
            Statement::Throw if tries => Flow::Error,
            Statement::Throw => Flow::Exit(1),
            Statement::Set(stops) => {
                self.stops = stops.unwrap_or(self.stops);
                self.succeeded = true;
                Flow::On
            }
            Statement::Print => {
                self.succeeded = true;
                Flow::On
            }
            Statement::Ask(request, variable) => match self.ask(request) {
                Ok(status) => {
                    if let Some(name) = variable {
                        self.answers.push((name.clone(), status));
                    }
                    self.succeeded = true;
                    Flow::On
                }
                Err(flow) => flow,
            },
            Statement::If(condition, then, otherwise) => {
                let status = match &condition.asks {
                    Asked::Request(request) => match self.ask(request) {
                        Ok(status) => Some(status),
                        Err(flow) => return flow,
                    },
                    Asked::Variable(name) => {
                        let mut answers = self.answers.iter().rev();
                        answers
                            .find(|(known, _)| known == name)
                            .map(|(_, status)| *status)
                    }
                };
                let number = condition.number;
                let holds = match (condition.operator.as_str(), status) {
                    ("-eq", status) => status == Some(number),
                    ("-ne", status) => status != Some(number),
                    ("-lt", Some(status)) => status < number,
                    ("-le", Some(status)) => status <= number,
                    ("-gt", Some(status)) => status > number,
                    ("-ge", Some(status)) => status >= number,
                    _ => return Flow::Unknown,
                };
                self.succeeded = true;
                self.block(if holds { then } else { otherwise }, tries)
            }
            Statement::Try(block, catch) => match self.block(block, true) {
                Flow::Error if catch.is_empty() => Flow::Unknown,
                Flow::Error => {
                    self.caught = true;
                    self.block(catch, tries)
                }
                other => other,
            },
        }
    }

    /// The status of the answer, or how the request went wrong.
    fn ask(&mut self, request: &Request) -> Result<i64, Flow> {
        let status = match self.player.world {
            World::Healthy => {
                self.guessed |= self.old && !request.basic;
                return Ok(200);
            }
            World::Error => 500,
            World::Denied => 401,
            World::Refused => return Err(Flow::Error),
            World::Hung => {
                let timeout = self.player.scene.timeout.as_secs_f64();
                return Err(match request.limit.filter(|limit| *limit > 0.0) {
                    Some(limit) if limit < timeout => Flow::Error,
                    Some(_) => Flow::Hung,
                    // 100 s, or no limit at all.
                    None if timeout < 100.0 => Flow::Hung,
                    None => Flow::Unknown,
                });
            }
        };
        if request.skips_errors && !self.old {
            return Ok(status);
        }
        Err(Flow::Error)
    }
}
