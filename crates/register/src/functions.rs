//! The rules of names, for statements of the store.

use comptoir_identity::search_key;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Adds `search_key(text)`: the letters A–Z alone (DMN INS 9).
pub(crate) fn add(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("search_key", 1, flags, |context| {
        let text: Option<String> = context.get(0)?;
        Ok(text.map(|text| search_key(&text)))
    })
}
