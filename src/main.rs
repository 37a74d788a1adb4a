//! The thin binary: see [`sohoa::cli`].

fn main() -> std::process::ExitCode {
    sohoa::cli::main()
}
