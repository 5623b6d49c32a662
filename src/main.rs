//! The program `millrace`; see `server::cli`.

/// A run is thousands of small values; glibc's allocator takes an eighth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    millrace::server::cli::main()
}
