//! The window: one capability, one list of commands.

mod commands;
pub(crate) mod present;
mod session;
pub(crate) mod views;

use session::Session;
use std::process::ExitCode;
use tauri::Manager;
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

/// The commands, declared once: the handler and the screens' bindings are made from this list.
fn commands() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new().error_handling(ErrorHandlingMode::Throw).disable_serde_phases().commands(
        collect_commands![
            commands::open_desk,
            commands::arrivals,
            commands::patient,
            commands::search,
            commands::start_check_in,
            commands::cancel_check_in,
            commands::copy_sign_in_address,
            commands::reopen_browser,
            commands::play_phone,
            commands::open_franceconnect_information,
            commands::page_codes,
            commands::decide,
            commands::go_paper,
        ],
    )
}

/// Opens the window and stays until it is closed.
#[expect(clippy::disallowed_methods, reason = "tauri's own macro names `exit`; we return an ExitCode")]
pub(crate) fn run() -> ExitCode {
    let commands = commands();
    let built = tauri::Builder::default()
        // First: a second start brings the first window forward instead of opening the register twice.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            if let Some(window) = app.get_webview_window("main") {
                drop(window.set_focus());
            }
        }))
        .plugin(tauri_plugin_clipboard_manager::init())
        .manage(Session::default())
        .invoke_handler(commands.invoke_handler())
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                if matches!(event, tauri::RunEvent::Exit) {
                    app.state::<Session>().close();
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::from(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use specta_typescript::Typescript;
    use std::path::Path;

    const HEADER: &str = "// Generated from the shell's commands; `UPDATE_BINDINGS=1 cargo test` writes it again.\n";

    #[test]
    fn the_committed_bindings_are_the_shells() {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/bindings.ts");
        let folder = tempfile::tempdir().expect("a folder");
        let fresh = folder.path().join("bindings.ts");
        commands().export(Typescript::default().header(HEADER), &fresh).expect("exported");
        let fresh = std::fs::read_to_string(fresh).expect("read");
        if std::env::var_os("UPDATE_BINDINGS").is_some() {
            std::fs::write(&committed, &fresh).expect("written");
        }
        let committed = std::fs::read_to_string(committed).expect("ui/src/bindings.ts");
        assert!(committed == fresh, "ui/src/bindings.ts is stale: run UPDATE_BINDINGS=1 cargo test --workspace");
    }

    #[test]
    fn the_capability_allows_these_commands_and_nothing_else() {
        let capability: serde_json::Value =
            serde_json::from_str(include_str!("../../capabilities/main.json")).expect("JSON");
        let mut allowed: Vec<String> = capability["permissions"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|permission| permission.as_str().expect("a text").replacen("allow-", "", 1).replace('-', "_"))
            .collect();
        let source = include_str!("mod.rs");
        let mut declared: Vec<String> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("commands::")?.strip_suffix(','))
            .map(str::to_owned)
            .collect();
        allowed.sort();
        declared.sort();
        assert_eq!(allowed, declared);
        assert!(!declared.is_empty());
    }
}
