//! A tree on one line, for people and for tests: lists in parentheses, the operator first.

use std::fmt::{self, Display, Formatter};

use super::tree::{
    Assignment, Command, Item, Kind, List, Part, PartKind, Pipeline, Redirect, RedirectKind,
    Script, Value, Word,
};

impl Display for Script {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        self.body.fmt(to)
    }
}

impl Display for List {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        spaced(to, &self.items, "; ")
    }
}

impl Display for Item {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        for (join, _) in self.rest.iter().rev() {
            to.write_str(if join.or { "(or " } else { "(and " })?;
        }
        self.first.fmt(to)?;
        for (_, pipeline) in &self.rest {
            write!(to, " {pipeline})")?;
        }
        if self.background.is_some() {
            to.write_str(" &")?;
        }
        Ok(())
    }
}

impl Display for Pipeline {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        for _ in &self.not {
            to.write_str("(not ")?;
        }
        if let [command] = self.commands.as_slice() {
            command.fmt(to)?;
        } else {
            to.write_str("(pipe ")?;
            spaced(to, &self.commands, " ")?;
            to.write_str(")")?;
        }
        for _ in &self.not {
            to.write_str(")")?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        to.write_str("(")?;
        match &self.kind {
            Kind::Simple(simple) => {
                spaced(to, &simple.assignments, " ")?;
                if !simple.assignments.is_empty() && !simple.words.is_empty() {
                    to.write_str(" ")?;
                }
                spaced(to, &simple.words, " ")?;
            }
            Kind::Subshell(list) => write!(to, "subshell {list}")?,
            Kind::Group(list) => write!(to, "group {list}")?,
            Kind::If(arms, otherwise) => {
                to.write_str("if")?;
                for (condition, body) in arms {
                    write!(to, " [{condition}] {body}")?;
                }
                if let Some(list) = otherwise {
                    write!(to, " else {list}")?;
                }
            }
            Kind::Case(subject, arms) => {
                write!(to, "case {subject}")?;
                for arm in arms {
                    to.write_str(" [")?;
                    spaced(to, &arm.patterns, " ")?;
                    write!(to, "] {}", arm.body)?;
                }
            }
            Kind::For(name, words, body) => {
                write!(to, "for {name} [")?;
                spaced(to, words.as_deref().unwrap_or_default(), " ")?;
                write!(to, "] {body}")?;
            }
            Kind::Count(header, body) => write!(to, "count {header} {body}")?,
            Kind::While(until, condition, body) => {
                let word = if *until { "until" } else { "while" };
                write!(to, "{word} [{condition}] {body}")?;
            }
            Kind::Function(name, body) => write!(to, "function {name} {body}")?,
            Kind::Test(words) => {
                to.write_str("[[ ")?;
                spaced(to, words, " ")?;
            }
            Kind::Arithmetic(word) => write!(to, "arithmetic {word}")?,
        }
        for redirect in &self.redirects {
            write!(to, " {redirect}")?;
        }
        to.write_str(")")
    }
}

impl Display for Assignment {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let plus = if self.append { "+" } else { "" };
        write!(to, "{}{plus}=", self.name)?;
        match &self.value {
            Value::Word(word) => word.fmt(to),
            Value::Array(words) => {
                to.write_str("(")?;
                spaced(to, words, " ")?;
                to.write_str(")")
            }
        }
    }
}

impl Display for Redirect {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let operator = match self.kind {
            RedirectKind::Input => "<",
            RedirectKind::Output => ">",
            RedirectKind::Append => ">>",
            RedirectKind::Both => "<>",
            RedirectKind::DuplicateInput => "<&",
            RedirectKind::DuplicateOutput => ">&",
            RedirectKind::OutputAndErrors => "&>",
            RedirectKind::AppendOutputAndErrors => "&>>",
            RedirectKind::HereString => "<<<",
            RedirectKind::HereDocument => "<<",
        };
        let fd = self.fd.as_deref().unwrap_or_default();
        match self.body.as_ref().and_then(|body| body.get()) {
            Some(body) => write!(to, "{fd}{operator}{body}"),
            None => write!(to, "{fd}{operator}{}", self.target),
        }
    }
}

impl Display for Word {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let text = self.text.as_str();
        let plain = !text.is_empty()
            && text.chars().all(|char| {
                char.is_alphanumeric() || "%+,-./:=@^_*?[]!&|<>~\u{fffc}".contains(char)
            });
        if plain
            && self
                .parts
                .iter()
                .all(|part| matches!(part.kind, PartKind::Text))
        {
            return to.write_str(text);
        }
        if let [part] = self.parts.as_slice()
            && !matches!(part.kind, PartKind::Text)
        {
            return self.part(part, to);
        }
        to.write_str("\"")?;
        for part in &self.parts {
            self.part(part, to)?;
        }
        to.write_str("\"")
    }
}

impl Word {
    fn part(&self, part: &Part, to: &mut Formatter<'_>) -> fmt::Result {
        match &part.kind {
            PartKind::Text => {
                let text = self.text.as_str().get(part.at.clone()).unwrap_or_default();
                for char in text.chars() {
                    match char {
                        '\n' => to.write_str("\\n")?,
                        _ => write!(to, "{char}")?,
                    }
                }
                Ok(())
            }
            PartKind::Parameter(parameter) => {
                let length = if parameter.length { "#" } else { "" };
                let indirect = if parameter.indirect { "!" } else { "" };
                let index = if parameter.indexed { "[]" } else { "" };
                write!(to, "${{{length}{indirect}{}{index}", parameter.name)?;
                if let Some(operand) = &parameter.operand {
                    write!(to, "{}{operand}", parameter.operator)?;
                }
                to.write_str("}")
            }
            PartKind::Command(script) => write!(to, "$({script})"),
            PartKind::Arithmetic(word) => write!(to, "$(({word}))"),
            PartKind::Process(script, true) => write!(to, ">({script})"),
            PartKind::Process(script, false) => write!(to, "<({script})"),
        }
    }
}

fn spaced<T: Display>(to: &mut Formatter<'_>, all: &[T], between: &str) -> fmt::Result {
    for (index, one) in all.iter().enumerate() {
        if index > 0 {
            to.write_str(between)?;
        }
        one.fmt(to)?;
    }
    Ok(())
}
