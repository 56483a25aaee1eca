//! Programs that nobody here wrote, run by node: the files of `tests/conformance/`.

use std::io;
use std::path::Path;
use std::process::Command;

/// Runs a file of tests, which finds `program` under this name in its environment.
///
/// # Errors
/// When node does not start, a test of the file fails, or there is none in it; the text is all that node said.
pub fn judge(file: &str, name: &str, program: &str) -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    // Each file by itself: under `--test` node 20 now and then waits for a process that waits for it. Nothing here takes a
    // tenth of the limit.
    let output = Command::new("timeout")
        .args(["--kill-after=5", "300", "node", "--test-reporter=tap"])
        .arg(Path::new("tests/conformance").join(file))
        .current_dir(root)
        .env(name, program)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    // A file without tests passes too.
    let passed = said.lines().find_map(|line| line.strip_prefix("# pass ")?.parse::<u32>().ok());
    if output.status.success() && passed.is_some_and(|passed| passed > 0) {
        return Ok(());
    }
    Err(io::Error::other(format!("{said}\n{}", String::from_utf8_lossy(&output.stderr))))
}
