//! The program `millrace`; see `server::cli`.

fn main() {}
