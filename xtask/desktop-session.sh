#!/usr/bin/env bash
# desktop-session.sh COMMAND…: runs a command in a desktop session of its own: a display (Xvfb), a
# session bus, an unlocked keychain (gnome-keyring), in private folders that are removed afterwards.
# Nothing of the developer's own session, keychain or settings is seen or touched.
set -euo pipefail

for tool in xvfb-run xauth dbus-run-session gnome-keyring-daemon; do
    command -v "$tool" >/dev/null || { echo "desktop-session: $tool is missing: ./x test installs it" >&2; exit 1; }
done

# Before HOME changes: cargo and rustup look there.
export CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}" RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"

private=$(mktemp -d -t comptoir-session-XXXXXX)

# Prints the processes of this session: they alone carry its private folder in their environment.
members() {
    grep -lsz -- "^XDG_RUNTIME_DIR=$private/run\$" /proc/[0-9]*/environ | cut -d/ -f3 | grep -vx "$$" || true
}

# A keychain that had no time to reach the bus before it went stays for ever, and so would its folder.
leave() {
    local members member alive tries=0
    mapfile -t members < <(members)
    kill -- "${members[@]}" 2>/dev/null || true
    while [ $((tries += 1)) -le 50 ]; do
        alive=0
        for member in "${members[@]}"; do
            [ -d "/proc/$member" ] && grep -qsz "$private" "/proc/$member/environ" && alive=1
        done
        [ "$alive" -eq 0 ] && break
        sleep 0.1
    done
    rm -rf -- "$private"
}
# A trap, and therefore not exec below: the folders hold a register and a keychain, if only fictitious ones.
trap leave EXIT

export HOME="$private/home" XDG_RUNTIME_DIR="$private/run"
export XDG_DATA_HOME="$HOME/.local/share" XDG_CONFIG_HOME="$HOME/.config"
export XDG_CACHE_HOME="$HOME/.cache" XDG_STATE_HOME="$HOME/.local/state"
mkdir -p "$XDG_DATA_HOME" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_STATE_HOME" "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
unset WAYLAND_DISPLAY DISPLAY XAUTHORITY DBUS_SESSION_BUS_ADDRESS GNOME_KEYRING_CONTROL XDG_CURRENT_DESKTOP
export LANG="${LANG:-C.UTF-8}"

# The inner shell keeps the caller's input aside: the password goes to the keychain's.
xvfb-run -a -s "-screen 0 1280x900x24" dbus-run-session -- bash -euc '
    printf %s private | gnome-keyring-daemon --unlock --components=secrets >/dev/null
    exec "$@"' session "$@"
