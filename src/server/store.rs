//! The database: entities and queries. Entities never leave; every finder takes the owner.
