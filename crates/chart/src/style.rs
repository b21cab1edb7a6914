//! How a picture looks.

use crate::number::NumberFormat;

/// Where the colours come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// From the custom properties of the page around it (`--ink`, `--cur`, ...); where it has none, light ones.
    #[default]
    Page,
    /// Light ground, for a file that stands alone.
    Light,
    /// Dark ground, for a file that stands alone.
    Dark,
}

/// How a picture is drawn; the same for all kinds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// The whole width in pixels at which text has its natural size. Below 520 labels move above what they name.
    pub width: f64,
    /// Where the colours come from.
    pub theme: Theme,
    /// How numbers are written.
    pub numbers: NumberFormat,
    /// Whether the title is drawn; a page that has it as its own heading leaves it out.
    pub heading: bool,
}

impl Style {
    /// For a page with its own heading and colours.
    pub fn page(width: f64) -> Self {
        Self { width, theme: Theme::Page, numbers: NumberFormat::ENGLISH, heading: false }
    }

    /// For a file that stands alone: with title, margin and light ground.
    pub fn picture(width: f64) -> Self {
        Self { width, theme: Theme::Light, numbers: NumberFormat::ENGLISH, heading: true }
    }

    /// The same with another way to write numbers.
    pub fn numbers(self, numbers: NumberFormat) -> Self {
        Self { numbers, ..self }
    }

    /// The same with another theme.
    pub fn theme(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }

    /// The same with, or without, its title.
    pub fn heading(self, heading: bool) -> Self {
        Self { heading, ..self }
    }

    /// The value of a `fill` or `stroke`.
    pub(crate) fn paint(&self, colour: Colour) -> String {
        match self.theme {
            Theme::Page => format!("var(--{}, {})", colour.name, colour.light),
            Theme::Light => colour.light.to_owned(),
            Theme::Dark => colour.dark.to_owned(),
        }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self::page(720.0)
    }
}

/// A colour by its custom property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    name: &'static str,
    light: &'static str,
    dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

pub(crate) const SURFACE: Colour = colour("surface", "#ffffff", "#121822");
pub(crate) const INK: Colour = colour("ink", "#111a29", "#e9eef6");
pub(crate) const INK_2: Colour = colour("ink-2", "#43506a", "#b3bfd0");
pub(crate) const INK_3: Colour = colour("ink-3", "#5d6a83", "#8f9db2");
pub(crate) const LINE: Colour = colour("line-2", "#cbd3df", "#3a4759");
pub(crate) const GRID: Colour = colour("grid", "#e9ecf2", "#202937");
pub(crate) const REFERENCE: Colour = colour("ref", "#8390a6", "#8796ad");
pub(crate) const CURRENT: Colour = colour("cur", "#1559c7", "#6fa8ff");
/// The practical bound, and what it warns of.
pub(crate) const BOUND: Colour = colour("ask", "#8a4b00", "#f3bd62");
pub(crate) const BOUND_SOFT: Colour = colour("ask-soft", "#fdf1de", "#2e2412");
pub(crate) const BOUND_LINE: Colour = colour("ask-line", "#efc98a", "#5e4719");
pub(crate) const TRAIN: Colour = colour("train", "#1559c7", "#8cb9ff");
pub(crate) const TRAIN_SOFT: Colour = colour("train-soft", "#e9f0fd", "#16253f");
pub(crate) const SKIP: Colour = colour("skip", "#4d5a72", "#b3bfd0");
pub(crate) const SKIP_SOFT: Colour = colour("skip-soft", "#eceff4", "#222c3a");
pub(crate) const BAD: Colour = colour("bad", "#b0331a", "#ff9a80");
pub(crate) const BAD_SOFT: Colour = colour("bad-soft", "#fdece7", "#331a14");
pub(crate) const BAD_LINE: Colour = colour("bad-line", "#f2bfae", "#6b3124");
pub(crate) const ACCENT_INK: Colour = colour("accent-ink", "#ffffff", "#081426");
pub(crate) const ACCENT_LINE: Colour = colour("accent-line", "#b9d0f7", "#2c4a7a");
/// Drift in multiples of the bound: below half, below 1, 2, 4, 8, from 8 on.
pub(crate) const HEAT: [Colour; 6] = [
    colour("h0", "#f1f3f6", "#1a222e"),
    colour("h1", "#e2e6ed", "#263140"),
    colour("h2", "#fdeccb", "#3c2f17"),
    colour("h3", "#f8cf85", "#67490f"),
    colour("h4", "#e79f3c", "#8a590c"),
    colour("h5", "#a94f00", "#f0a63a"),
];
pub(crate) const HEAT_INK: Colour = colour("h-ink", "#111a29", "#f5f0e6");
pub(crate) const HEAT_LAST_INK: Colour = colour("h5-ink", "#ffffff", "#1c1204");
/// Kinds without an order, distinguishable by the colour-blind.
pub(crate) const KINDS: [Colour; 6] = [
    colour("c1", "#1559c7", "#6fa8ff"),
    colour("c2", "#b45f06", "#f0a63a"),
    colour("c3", "#0b7a5e", "#4cc9a0"),
    colour("c4", "#8c3fb0", "#cf9bea"),
    colour("c5", "#5d6a83", "#8f9db2"),
    colour("c6", "#a8324a", "#f28ba0"),
];
/// The dashes of kinds, so that none is told by its colour alone.
pub(crate) const DASHES: [&str; 6] = ["", "6 3", "2 3", "9 3 2 3", "1 4", "12 4"];
