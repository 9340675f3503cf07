//! Commands and worlds.
