//! Rules and transactions: what handlers and server functions call.
