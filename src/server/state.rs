//! What every request may reach.
