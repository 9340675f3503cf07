//! What images, packages and tools are known to hold and to do: yes, no or unknown, and why.

mod answer;
pub mod arrival;
pub mod barred;
pub mod container;
mod filled;
pub mod foreign;
pub mod images;
mod inventory;
pub mod jobs;
pub mod learned;
mod lookup;
pub mod mirrors;
pub mod packages;
pub mod plain;
pub mod ports;
pub mod programs;
pub mod published;
pub mod recipes;
mod run;
pub mod said;
pub mod secrets;
mod sections;
pub mod servers;
mod stage;
pub mod tag;
pub mod tools;
pub mod workers;

pub use answer::{Answer, Firmness, Flavour, Holds, Reason, Shell};
pub use filled::{Filled, START, filled};
pub use inventory::{Inventory, OwnCheck, USUAL};
pub use lookup::{canonical, inventory_of_image};
pub use published::Epoch;
pub use stage::{inventory_of_build, inventory_of_stage};
