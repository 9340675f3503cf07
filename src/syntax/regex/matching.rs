//! Whether a pattern matches a line: yes, no or unknown, in time linear in the line.

use super::{Kind, Node, Regex, Set};
use crate::text::HOLE;

/// Options of the program that change what matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Matching {
    /// `-i`.
    pub ignore_case: bool,
    /// `-x`.
    pub whole_line: bool,
}

/// More steps than this are not taken; the answer is unknown then.
const STEPS: usize = 20_000_000;
/// A larger machine than this is not built.
const SIZE: usize = 10_000;

/// An instruction of the machine; numbers are places of other instructions.
#[derive(Debug)]
enum Step<'a> {
    /// One character, as [`Kind::Literal`], [`Kind::Any`] or [`Kind::Set`] has it.
    Take(&'a Kind),
    /// Any one character, in a stretch that nobody knows.
    TakeUnknown,
    /// Holds between two characters.
    Assert(&'a Kind),
    /// Go on at both.
    Fork(usize, usize),
    Jump(usize),
    /// Passed only where what is unknown may be anything.
    OnlyMaybe,
    Accept,
}

impl Regex {
    /// Whether the program finds the pattern in a line (given without its newline). `None` where a hole, a back
    /// reference, the locale or Perl's rules decide, where the work would be too much, and where [`Regex::fault`] stands.
    pub fn matches(&self, line: &str, options: Matching) -> Option<bool> {
        if self.fault.is_some() || self.text.contains(HOLE) {
            return None;
        }
        let mut machine = Machine {
            steps: Vec::new(),
            work: 0,
        };
        machine.build(&self.root)?;
        machine.steps.push(Step::Accept);
        if machine.steps.len().checked_mul(line.len() + 1)? > STEPS {
            return None;
        }
        if machine.run(line, options, false) {
            return Some(true);
        }
        (!machine.run(line, options, true)).then_some(false)
    }

    /// Whether the empty line matches; unknown as in [`Regex::matches`].
    pub fn matches_empty_line(&self) -> Option<bool> {
        self.matches("", Matching::default())
    }
}

struct Machine<'a> {
    steps: Vec<Step<'a>>,
    work: usize,
}

impl<'a> Machine<'a> {
    /// Appends the steps of a node; `None` when they become too many.
    fn build(&mut self, node: &'a Node) -> Option<()> {
        self.work += 1;
        if self.work > SIZE || self.steps.len() > SIZE {
            return None;
        }
        match &node.kind {
            Kind::Empty => {}
            Kind::Literal(_) | Kind::Any | Kind::Set(_) => self.steps.push(Step::Take(&node.kind)),
            Kind::LineStart
            | Kind::LineEnd
            | Kind::WordEdge
            | Kind::NoWordEdge
            | Kind::WordStart
            | Kind::WordEnd => self.steps.push(Step::Assert(&node.kind)),
            Kind::Group(inner) => self.build(inner)?,
            Kind::Sequence(nodes) => {
                for inner in nodes {
                    self.build(inner)?;
                }
            }
            Kind::Alternatives(nodes) => {
                let mut ends = Vec::new();
                for (index, inner) in nodes.iter().enumerate() {
                    let fork = self.steps.len();
                    if index + 1 < nodes.len() {
                        self.steps.push(Step::Fork(fork + 1, 0));
                    }
                    self.build(inner)?;
                    if index + 1 < nodes.len() {
                        ends.push(self.steps.len());
                        self.steps.push(Step::Jump(0));
                        self.set(fork, Step::Fork(fork + 1, self.steps.len()));
                    }
                }
                for end in ends {
                    self.set(end, Step::Jump(self.steps.len()));
                }
            }
            Kind::Repeat { node, least, most } => {
                for _ in 0..*least {
                    self.build(node)?;
                }
                match most {
                    None => {
                        let fork = self.steps.len();
                        self.steps.push(Step::Fork(fork + 1, 0));
                        self.build(node)?;
                        self.steps.push(Step::Jump(fork));
                        self.set(fork, Step::Fork(fork + 1, self.steps.len()));
                    }
                    Some(most) => {
                        for _ in *least..*most {
                            let fork = self.steps.len();
                            self.steps.push(Step::Fork(fork + 1, 0));
                            self.build(node)?;
                            self.set(fork, Step::Fork(fork + 1, self.steps.len()));
                        }
                    }
                }
            }
            Kind::BackReference(_) | Kind::Unknown => {
                self.steps.push(Step::OnlyMaybe);
                let fork = self.steps.len();
                self.steps.push(Step::Fork(fork + 1, fork + 3));
                self.steps.push(Step::TakeUnknown);
                self.steps.push(Step::Jump(fork));
            }
        }
        Some(())
    }

    fn set(&mut self, place: usize, step: Step<'a>) {
        if let Some(slot) = self.steps.get_mut(place) {
            *slot = step;
        }
    }

    /// Runs all threads at once. With `maybe`, what is unknown counts as a match, else as none.
    fn run(&self, line: &str, options: Matching, maybe: bool) -> bool {
        let mut now = Threads::new(self.steps.len());
        let mut next = Threads::new(self.steps.len());
        let mut before = None;
        let mut rest = line.chars();
        loop {
            let at_end = rest.as_str().is_empty();
            let behind = rest.clone().next();
            if before.is_none() || !options.whole_line {
                now.todo.push(0);
            }
            while let Some(place) = now.todo.pop() {
                if !now.enter(place) {
                    continue;
                }
                match self.steps.get(place) {
                    Some(Step::Accept) if at_end || !options.whole_line => return true,
                    Some(Step::Fork(one, other)) => now.todo.extend([*other, *one]),
                    Some(Step::Jump(place)) => now.todo.push(*place),
                    Some(Step::Assert(kind)) if holds(kind, before, behind).unwrap_or(maybe) => {
                        now.todo.push(place + 1);
                    }
                    Some(Step::OnlyMaybe) if maybe => now.todo.push(place + 1),
                    Some(Step::TakeUnknown | Step::Take(_)) => now.waiting.push(place),
                    _ => {}
                }
            }
            let Some(character) = rest.next() else {
                return false;
            };
            for place in now.waiting.drain(..) {
                let taken = match self.steps.get(place) {
                    Some(Step::Take(kind)) => takes(kind, character, options).unwrap_or(maybe),
                    _ => true,
                };
                if taken {
                    next.todo.push(place + 1);
                }
            }
            now.leave();
            std::mem::swap(&mut now, &mut next);
            before = Some(character);
        }
    }
}

/// The places at which a run stands between two characters.
struct Threads {
    round: usize,
    seen: Vec<usize>,
    todo: Vec<usize>,
    waiting: Vec<usize>,
}

impl Threads {
    fn new(size: usize) -> Self {
        Self {
            round: 1,
            seen: vec![0; size],
            todo: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Whether the place is new in this round.
    fn enter(&mut self, place: usize) -> bool {
        match self.seen.get_mut(place) {
            Some(round) if *round != self.round => {
                *round = self.round;
                true
            }
            _ => false,
        }
    }

    fn leave(&mut self) {
        self.round += 1;
    }
}

fn takes(kind: &Kind, character: char, options: Matching) -> Option<bool> {
    match kind {
        Kind::Literal(literal)
            if options.ignore_case && !(literal.is_ascii() && character.is_ascii()) =>
        {
            (*literal == character).then_some(true)
        }
        Kind::Literal(literal) if options.ignore_case => {
            Some(literal.eq_ignore_ascii_case(&character))
        }
        Kind::Literal(literal) => Some(*literal == character),
        Kind::Any => (character != '\0').then_some(true),
        Kind::Set(set) if options.ignore_case => either_case(set, character),
        Kind::Set(set) => set.contains(character),
        _ => None,
    }
}

/// Whether the set holds the letter in either case.
fn either_case(set: &Set, character: char) -> Option<bool> {
    if !character.is_ascii() {
        return None;
    }
    let lower = set.contains(character.to_ascii_lowercase())?;
    let upper = set.contains(character.to_ascii_uppercase())?;
    Some(if set.negated {
        lower && upper
    } else {
        lower || upper
    })
}

fn holds(kind: &Kind, before: Option<char>, behind: Option<char>) -> Option<bool> {
    let word = |side: Option<char>| match side {
        None => Some(false),
        Some(side) if side.is_ascii() => Some(side == '_' || side.is_ascii_alphanumeric()),
        Some(_) => None,
    };
    Some(match kind {
        Kind::LineStart => before.is_none(),
        Kind::LineEnd => behind.is_none(),
        Kind::WordEdge => word(before)? != word(behind)?,
        Kind::NoWordEdge => word(before)? == word(behind)?,
        Kind::WordStart => !word(before)? && word(behind)?,
        Kind::WordEnd => word(before)? && !word(behind)?,
        _ => return None,
    })
}
