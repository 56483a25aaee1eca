//! The QR code that a patient scans: an address for a phone, never a token.

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};
use std::fmt::Write as _;
use url::Url;

/// Light modules around the code (ISO/IEC 18004 §5.3.8).
const QUIET: usize = 4;

/// A QR code, its quiet zone included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    width: usize,
    /// Row by row; true is dark.
    modules: Vec<bool>,
}

impl Picture {
    /// Draws the code of an address; `None` when no QR code is large enough for it.
    pub(crate) fn of(address: &Url) -> Option<Self> {
        let code = QrCode::with_error_correction_level(address.as_str(), EcLevel::M).ok()?;
        let (inner, colors) = (code.width(), code.to_colors());
        let width = inner + 2 * QUIET;
        let dark = |at: usize| {
            let (row, column) = ((at / width).checked_sub(QUIET)?, (at % width).checked_sub(QUIET)?);
            (column < inner).then(|| colors.get(row * inner + column)).flatten()
        };
        let modules = (0..width * width).map(|at| dark(at) == Some(&Color::Dark)).collect();
        Some(Self { width, modules })
    }

    /// Modules on each side.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The dark modules as a path of SVG, one unit a module: a rectangle for each run in a row.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for (y, row) in self.modules.chunks(self.width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&true) {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "M{x} {y}h{0}v1h-{0}z", run.len());
                }
                x += run.len();
            }
        }
        path
    }

    /// Two rows a line, for a terminal that shows what is written in black on white.
    pub(crate) fn half_blocks(&self) -> Vec<String> {
        let rows: Vec<&[bool]> = self.modules.chunks(self.width).collect();
        rows.chunks(2)
            .map(|pair| {
                let upper = pair.first().copied().unwrap_or_default();
                let lower = pair.get(1).copied().unwrap_or_default();
                let below = lower.iter().copied().chain(std::iter::repeat(false));
                upper
                    .iter()
                    .zip(below)
                    .map(|(upper, lower)| match (*upper, lower) {
                        (true, true) => '█',
                        (true, false) => '▀',
                        (false, true) => '▄',
                        (false, false) => ' ',
                    })
                    .collect()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn picture() -> Picture {
        let address = Url::parse("https://relais.example/clinique/device?user_code=WDJB-MJHT").expect("an address");
        Picture::of(&address).expect("a code")
    }

    fn dark(picture: &Picture, x: usize, y: usize) -> bool {
        picture.modules[y * picture.width + x]
    }

    #[test]
    fn a_code_stands_in_its_quiet_zone_with_its_three_corners() {
        let picture = picture();
        let (width, far) = (picture.width(), picture.width() - QUIET - 7);
        assert!(width >= 21 + 2 * QUIET && (width - 2 * QUIET) % 4 == 1, "{width}");
        for at in 0..width {
            for edge in (0..QUIET).chain(width - QUIET..width) {
                assert!(!dark(&picture, at, edge) && !dark(&picture, edge, at), "{at}, {edge}");
            }
        }
        for (left, top) in [(QUIET, QUIET), (far, QUIET), (QUIET, far)] {
            for (x, expected) in [true, false, true, true, true, false, true].into_iter().enumerate() {
                assert_eq!(dark(&picture, left + x, top + 3), expected, "the middle of the corner at {left}, {top}");
            }
        }
    }

    #[test]
    fn the_path_and_the_blocks_draw_the_same_modules() {
        let picture = picture();
        let mut drawn = vec![false; picture.width * picture.width];
        for rectangle in picture.path().split('M').skip(1) {
            let (corner, rest) = rectangle.split_once('h').expect("a width");
            let (x, y) = corner.split_once(' ').expect("a corner");
            let (x, y): (usize, usize) = (x.parse().expect("x"), y.parse().expect("y"));
            let run: usize = rest.split_once("v1h-").expect("a height").0.parse().expect("a length");
            drawn[y * picture.width + x..][..run].fill(true);
        }
        assert_eq!(drawn, picture.modules);
        let lines = picture.half_blocks();
        assert_eq!(lines.len(), picture.width.div_ceil(2));
        for (y, line) in lines.iter().enumerate() {
            assert_eq!(line.chars().count(), picture.width);
            for (x, sign) in line.chars().enumerate() {
                assert_eq!(matches!(sign, '█' | '▀'), dark(&picture, x, 2 * y), "{x}, {y}");
                let below = 2 * y + 1 < picture.width && dark(&picture, x, 2 * y + 1);
                assert_eq!(matches!(sign, '█' | '▄'), below, "{x}, {y}, below");
            }
        }
    }

    #[test]
    fn the_screens_are_tried_with_a_picture_of_ours() {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/host/demo-picture.ts");
        let picture = picture();
        let fresh = format!(
            "// Drawn by the shell; `UPDATE_BINDINGS=1 cargo test` draws it again.\n\
             export const picture = {{ width: {}, path: \"{}\" }};\n",
            picture.width(),
            picture.path()
        );
        if std::env::var_os("UPDATE_BINDINGS").is_some() {
            std::fs::write(&committed, &fresh).expect("written");
        }
        let committed = std::fs::read_to_string(committed).expect("ui/src/host/demo-picture.ts");
        assert!(committed == fresh, "the picture is stale: run UPDATE_BINDINGS=1 cargo test --workspace");
    }

    #[test]
    fn an_address_too_long_for_a_code_has_none() {
        let address = Url::parse(&format!("https://relais.example/{}", "a".repeat(5000))).expect("an address");
        assert_eq!(Picture::of(&address), None);
    }
}
