//! What happens to every request before and after its handler.

pub mod headers;
pub mod origin;
pub mod refusals;
pub mod sign_in_limit;
pub mod timeout;
pub mod trace;
