//! FranceConnect as it really behaves, with fictitious citizens, for demonstration and tests.
