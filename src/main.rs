//! Parses, runs, reports. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    imgplan::main()
}
