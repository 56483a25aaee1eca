//! Windows: a console shows what is typed, and only unsafe code could keep it from that.

/// Nobody can make one here.
pub(super) enum Hidden {}

/// Hides what is typed, where the terminal can.
pub(super) fn hide() -> Option<Hidden> {
    None
}
