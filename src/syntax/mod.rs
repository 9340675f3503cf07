//! Grammars: text in, tree with spans out; no word of health.

pub mod quote;
