//! The program `millrace`; see `server::cli`.

fn main() -> std::process::ExitCode {
    millrace::server::cli::main()
}
