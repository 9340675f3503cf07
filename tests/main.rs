//! One binary for all tests that look at the house from outside.

mod commands;
mod facts;
mod grep;
mod house;
mod shells;
mod yaml;
