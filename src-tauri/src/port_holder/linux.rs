//! Listeners on Linux: the sockets under `/proc/net`, the processes that hold them.

use super::PortHolder;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// The state of a listening socket in `/proc/net/tcp`.
const LISTENS: &str = "0A";

/// A name longer than this is not read to its end.
const LONGEST_NAME: usize = 40;

/// Finds who listens on a port of 127.0.0.1. Performs I/O.
pub(crate) fn find(port: u16) -> Option<PortHolder> {
    find_in(Path::new("/proc"), port)
}

fn find_in(proc: &Path, port: u16) -> Option<PortHolder> {
    let mut sockets = listening(&proc.join("net/tcp"), port, is_ours_or_any_v4);
    sockets.extend(listening(&proc.join("net/tcp6"), port, is_any_v6));
    if sockets.is_empty() {
        return None;
    }
    let holder = processes(proc).into_iter().find(|process| holds(process, &sockets));
    Some(holder.and_then(|process| name(&process)).map_or(PortHolder::AnotherAccount, PortHolder::Program))
}

/// The sockets that listen on a port, as processes name them.
fn listening(table: &Path, port: u16, stands_there: fn(&str) -> bool) -> Vec<String> {
    let table = fs::read_to_string(table).unwrap_or_default();
    let socket = |line: &str| {
        let mut columns = line.split_whitespace().skip(1);
        let (address, held_port) = columns.next()?.split_once(':')?;
        let here = u16::from_str_radix(held_port, 16) == Ok(port) && stands_there(address);
        let listens = columns.nth(1)? == LISTENS;
        let inode = columns.nth(5)?;
        (here && listens).then(|| format!("socket:[{inode}]"))
    };
    table.lines().filter_map(socket).collect()
}

fn is_ours_or_any_v4(address: &str) -> bool {
    let of = |address: Ipv4Addr| format!("{:08X}", u32::from_ne_bytes(address.octets()));
    [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED].into_iter().any(|ours| of(ours) == address)
}

/// A listener on `::` takes the port of IPv4 too.
fn is_any_v6(address: &str) -> bool {
    address.bytes().all(|digit| digit == b'0')
}

fn processes(proc: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(proc) else { return Vec::new() };
    let is_process =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit));
    entries.flatten().map(|entry| entry.path()).filter(is_process).collect()
}

fn holds(process: &Path, sockets: &[String]) -> bool {
    // Another account's files cannot be listed.
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok())
        .any(|file| sockets.iter().any(|socket| file.as_os_str() == socket.as_str()))
}

/// The name as the program states it, without what a screen would obey.
fn name(process: &Path) -> Option<String> {
    let stated = fs::read(process.join("comm")).ok()?;
    let stated = String::from_utf8_lossy(&stated);
    let name: String = stated.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::os::unix::fs::symlink;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn line(address: &str, port: u16, state: &str, inode: u32) -> String {
        format!(
            "   0: {address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1\n"
        )
    }

    fn process(proc: &Path, id: u32, comm: &str, sockets: &[u32]) {
        let folder = proc.join(id.to_string());
        fs::create_dir_all(folder.join("fd")).expect("a process");
        fs::write(folder.join("comm"), comm).expect("its name");
        for (number, inode) in sockets.iter().enumerate() {
            symlink(format!("socket:[{inode}]"), folder.join(format!("fd/{number}"))).expect("a socket");
        }
    }

    #[test]
    fn the_holder_of_a_port_is_named_where_this_account_may_look() {
        let proc = tempfile::tempdir().expect("a folder");
        let proc = proc.path();
        fs::create_dir_all(proc.join("net")).expect("a folder");
        let local = format!("{:08X}", u32::from_ne_bytes([127, 0, 0, 1]));
        let elsewhere = format!("{:08X}", u32::from_ne_bytes([192, 0, 2, 1]));
        let table = [
            line(&local, 8080, "0A", 11),
            line("00000000", 8081, "0A", 12),
            line(&local, 8082, "01", 13),
            line(&elsewhere, 8083, "0A", 14),
            line(&local, 8084, "0A", 15),
        ];
        fs::write(proc.join("net/tcp"), format!("{HEAD}{}", table.concat())).expect("a table");
        let any = "0".repeat(32);
        fs::write(proc.join("net/tcp6"), format!("{HEAD}{}", line(&any, 8085, "0A", 16))).expect("a table");
        process(proc, 1, "systemd\n", &[1, 2]);
        process(proc, 40, "nginx\n", &[3, 11]);
        process(proc, 41, "\u{1b}[31mrouge\n", &[12, 13, 14]);
        process(proc, 42, "java\n", &[16]);
        let program = |name: &str| Some(PortHolder::Program(name.to_owned()));
        for (rule, port, expected) in [
            ("on 127.0.0.1", 8080, program("nginx")),
            ("on every address, its name without an escape", 8081, program("[31mrouge")),
            ("a connection, not a listener", 8082, None),
            ("on another address", 8083, None),
            ("nobody whom we may look at", 8084, Some(PortHolder::AnotherAccount)),
            ("on ::", 8085, program("java")),
            ("nobody", 8086, None),
        ] {
            assert_eq!(find_in(proc, port), expected, "{rule}");
        }
    }

    #[test]
    fn this_program_is_found_by_its_own_port() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        assert!(matches!(find(port), Some(PortHolder::Program(_))), "{:?}", find(port));
        drop(listener);
    }
}
