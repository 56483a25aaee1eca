//! Prepares Tauri's context; makes a placeholder page where the UI has not been built.

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Comptoir</title>\
<p>The screens are not built: run <code>npm run build</code>, then build again.</p></html>";

/// Every command the window may call; `capabilities/main.json` allows exactly these.
const COMMANDS: &[&str] = &[
    "open_desk",
    "arrivals",
    "patient",
    "search",
    "start_check_in",
    "cancel_check_in",
    "copy_sign_in_address",
    "reopen_browser",
    "play_phone",
    "open_franceconnect_information",
    "page_codes",
    "decide",
    "go_paper",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dist = Path::new("../ui/dist");
    println!("cargo:rerun-if-changed=../ui/dist");
    if !dist.join("index.html").exists() {
        std::fs::create_dir_all(dist)?;
        std::fs::write(dist.join("index.html"), PLACEHOLDER)?;
    }
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    Ok(())
}
