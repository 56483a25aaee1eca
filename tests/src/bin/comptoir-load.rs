//! What a relay bears, in lines of JSON: `comptoir-load [--at-once N] [--rounds N] [--waiting N]`.

use comptoir_tests::arguments::Arguments;
use comptoir_tests::load::{AS_RELAY, Load, measure, serve_relay};
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use url::Url;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be there to read it.
            writeln!(io::stderr(), "comptoir-load: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let pairs = ["--at-once", "--rounds", "--waiting", AS_RELAY];
    let arguments = Arguments::read(std::env::args().skip(1), &pairs, &[])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(franceconnect) = arguments.text(AS_RELAY) {
        return runtime.block_on(serve_relay(&Url::parse(franceconnect)?));
    }
    let load = Load {
        at_once: arguments.value("--at-once", 500)?,
        rounds: arguments.value("--rounds", 5)?,
        waiting: arguments.value("--waiting", 10_000)?,
    };
    runtime.block_on(measure(load, &|figure| {
        writeln!(io::stdout(), "{figure}").ok();
    }))
}
