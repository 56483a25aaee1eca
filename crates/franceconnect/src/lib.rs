//! The relying party: provider profiles, attempt, loopback return, exchange, verified claims, logout.
