//! healthlint reads container health checks, plays them through, and says which of them lie.
//!
//! A file comes in at the door, becomes services with probes in one neutral tongue, is played through in every world,
//! meets every rule once, and leaves as findings; it never goes back up a stair. The rooms, from the ground up:
//!
//! - [`text`]: bytes and where they came from.
//! - [`syntax`]: grammars, text in and tree with places out.
//! - [`model`]: the neutral nouns, such as services, probes, builds and commands.
//! - [`read`]: one front end per platform.
//! - [`facts`]: what images, packages and tools are known to hold and to do.
//! - [`outcome`]: plays a check through every state of the service.
//! - [`finding`]: what a rule says and offers.
//! - [`rule`]: the shape of a rule; [`rules`]: the list of them.
//! - [`mod@check`]: sources in, findings out; [`fix`]: findings in, new sources out.
//! - [`learn`]: facts from real images.
//! - [`mod@explain`]: a check layer by layer, and its world table.
//! - [`report`]: the forms in which findings leave.
//! - [`walk`], [`config`], [`cli`]: the doors.
//!
//! `tests/house.rs` holds the table of who may import whom.

pub mod check;
pub mod cli;
pub mod config;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod learn;
pub mod model;
pub mod outcome;
pub mod read;
pub mod report;
pub mod rule;
pub mod rules;
pub mod syntax;
pub mod text;
pub mod walk;
