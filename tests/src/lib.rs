//! What the tests share: a visitor at the browser, the whole world on one machine, the real program, node, a generated
//! practice, registers and who dies while writing them.

pub mod arguments;
pub mod beginnings;
pub mod desk_contract;
pub mod evaluation;
pub mod load;
pub mod node;
pub mod population;
pub mod postgres;
pub mod program;
pub mod store_contract;
pub mod victim;
pub mod visitor;
pub mod world;
