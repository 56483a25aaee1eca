//! The local patient register: encrypted SQLite, search, journal, migrations.
