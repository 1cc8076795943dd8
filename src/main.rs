//! The `declouder` program: the command line, and the window when no command is given.

use std::process::ExitCode;

fn main() -> ExitCode {
    declouder::cli::main()
}
