//! What the tests share: a visitor at the browser, the whole world on one machine, the real program, registers and who dies while
//! writing them.

pub mod beginnings;
pub mod program;
pub mod victim;
pub mod visitor;
pub mod world;
