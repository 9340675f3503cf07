//! Grammars: text in, tree with spans out; no word of health.

pub mod dockerfile;
pub mod duration;
pub mod image_name;

pub mod interpolation;
pub mod quote;
pub mod regex;
pub mod shell;
pub mod url;
pub mod yaml;
