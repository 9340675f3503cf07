//! The neutral nouns, whoever wrote them: services, probes and builds, without a platform's keys.

pub mod allow;
pub mod bashism;
pub mod build;
pub mod command;
pub mod draft;
pub mod file;
mod place;
pub mod probe;
pub mod project;
pub mod rejected;
pub mod target;
pub mod waits;
mod wrappers;
mod written;

pub use written::Written;

pub use crate::syntax::{duration, image_name, regex, url};
