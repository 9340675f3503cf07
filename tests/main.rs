//! One binary for all tests that look at the house from outside.

mod commands;
mod conformance;
mod facts;
mod grep;
mod house;
