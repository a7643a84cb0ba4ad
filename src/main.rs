//! The program: its commands are in `commands/`.

use std::process::ExitCode;

fn main() -> ExitCode {
    doorward::commands::main()
}
