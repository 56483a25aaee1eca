//! Comptoir: the window, and the same program without one.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod browser;
mod cli;
mod clock;
mod configuration;
mod demonstration;
mod failure;
mod folders;
mod keychain;
mod log;
mod opening;
mod page_codes;
mod port_holder;
mod provider_file;
mod qr;
mod renderer;
mod window;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let comptoir = match cli::Comptoir::try_parse() {
        Ok(comptoir) => comptoir,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            // Help and version go to stdout, usage errors to stderr; a closed one changes nothing.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    log::start();
    match comptoir.command {
        None => renderer::prepare().unwrap_or_else(window::run),
        Some(command) => match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(cli::run(command)),
            Err(_) => ExitCode::from(1),
        },
    }
}
