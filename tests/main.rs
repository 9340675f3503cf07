//! One binary for all tests that look at the house from outside.

mod cases;
mod cli;
mod commands;
mod conformance;
mod explain;
mod facts;
mod grep;
mod house;
mod laws;
mod learn;
mod pages;
mod readme;
#[cfg(feature = "registry")]
mod registry;
mod sarif;
mod seeds;
mod truth;
mod wild;
mod yaml;
