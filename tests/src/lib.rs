//! What the tests share: a visitor at the browser, the whole world on one machine, the real program, a generated
//! practice.

pub mod arguments;
pub mod evaluation;
pub mod population;
pub mod program;
pub mod visitor;
pub mod world;
