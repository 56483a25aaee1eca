//! What the tests share: a visitor at the browser, the whole world on one machine, the real program.

pub mod program;
pub mod visitor;
pub mod world;
