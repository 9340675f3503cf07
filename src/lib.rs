//! healthlint reads container health checks, plays them through, and says which of them lie.

pub mod config;
pub mod facts;
pub mod finding;
pub mod model;
pub mod outcome;
pub mod read;
pub mod report;
pub mod rule;
pub mod rules;
pub mod syntax;
pub mod text;
pub mod walk;
