//! Works on a register until it is killed: `comptoir-victim MODE FOLDER`.
#![expect(clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

use comptoir_tests::victim::Mode;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().and_then(|name| Mode::ALL.into_iter().find(|mode| mode.name() == name));
    let (Some(mode), Some(folder)) = (mode, arguments.next()) else {
        eprintln!("comptoir-victim MODE FOLDER");
        return ExitCode::from(2);
    };
    match mode.run(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("comptoir-victim: {error}");
            ExitCode::FAILURE
        }
    }
}
