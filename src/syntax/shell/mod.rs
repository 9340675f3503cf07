//! The shell's grammar: words that remember their bytes, commands, and what a shell would refuse.

mod parse;
mod show;
mod spell;
#[cfg(test)]
mod tests;
mod tree;
mod word;

pub use parse::parse;
pub use spell::quoted;
pub use tree::{
    Arm, Assignment, Command, Dialect, Item, Join, Kind, List, Parameter, Part, PartKind, Pipeline,
    Problem, ProblemKind, Quote, Redirect, RedirectKind, Script, Simple, Value, Word,
};
