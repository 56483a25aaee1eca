//! The organisation's relay: OpenID Provider for desks, confidential client of FranceConnect.
