//! A line as small as a word.

use std::fmt::Write as _;

use crate::Chart;
use crate::canvas::{Caption, Place, joined};
use crate::csv::Table;
use crate::plane::reduced;
use crate::scale::Scale;
use crate::style::{CURRENT, REFERENCE, Style};
use crate::text::escape;

/// A course at a glance, beside its figure in a text or a table: no axes, a dot at its end. It has its own size,
/// whatever width the style says.
#[derive(Debug, Clone, PartialEq)]
pub struct Spark {
    /// Title and finding; never drawn.
    pub caption: Caption,
    /// In order; `None` leaves a gap.
    pub values: Vec<Option<f64>>,
    /// Where it would lie: a thin dashed line.
    pub level: Option<f64>,
    /// Width and height in pixels.
    pub size: (f64, f64),
}

impl Default for Spark {
    fn default() -> Self {
        Self { caption: Caption::default(), values: Vec::new(), level: None, size: (96.0, 24.0) }
    }
}

impl Chart for Spark {
    fn render(&self, style: &Style) -> String {
        let side = |side: f64, usual: f64| if side.is_finite() { side.clamp(12.0, 1000.0) } else { usual };
        let (width, height) = (side(self.size.0, 96.0), side(self.size.1, 24.0));
        let level = self.level.filter(|level| level.is_finite());
        let scale = Scale::over(self.values.iter().copied().flatten().chain(level), false, height - 4.0, 4.0);
        let step = (width - 8.0) / self.values.len().saturating_sub(1).max(1) as f64;
        let place = |(place, value): (usize, &Option<f64>)| {
            let value = value.filter(|value| value.is_finite())?;
            Some((4.0 + step * place as f64, scale.at(value)))
        };
        let said = [self.caption.title.as_str(), &self.caption.finding];
        let said = said.into_iter().filter(|said| !said.is_empty()).collect::<Vec<_>>().join(": ");
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tw-spark\" role=\"img\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\"><title>{}</title>",
            escape(&said)
        );
        if let Some(level) = level {
            let _ = write!(
                svg,
                "<path d=\"M4 {}H{}\" fill=\"none\" stroke=\"{}\" stroke-dasharray=\"3 3\"/>",
                Place(scale.at(level)),
                Place(width - 4.0),
                style.paint(REFERENCE)
            );
        }
        let places = self.values.iter().enumerate().map(place).collect::<Vec<_>>();
        let colour = style.paint(CURRENT);
        for stretch in places.split(Option::is_none) {
            let points = stretch.iter().copied().flatten().collect::<Vec<_>>();
            if points.len() > 1 {
                let path = joined(&reduced(&points, 100, |point| point.1));
                let _ = write!(
                    svg,
                    "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" stroke-linejoin=\"round\"/>"
                );
            }
        }
        if let Some((x, y)) = places.iter().copied().flatten().last() {
            let _ = write!(svg, "<circle cx=\"{}\" cy=\"{}\" r=\"2.6\" fill=\"{colour}\"/>", Place(x), Place(y));
        }
        svg.push_str("</svg>");
        svg
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["place", "value"]);
        for (place, value) in self.values.iter().enumerate() {
            table.number((place + 1) as f64).number(*value).end();
        }
        table.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HOSTILE, check};

    #[test]
    fn any_figures_make_a_sound_picture() {
        let values = [Some(1.0), None, Some(f64::NAN), Some(3.0), Some(2.0), Some(f64::INFINITY)].to_vec();
        let caption = Caption::new(HOSTILE, "rises");
        check(&Spark { caption: caption.clone(), values, level: Some(2.0), ..Spark::default() });
        let values = (0..10_000).map(|value| Some((value as f64).sin())).collect();
        check(&Spark { caption: caption.clone(), values, level: Some(f64::NAN), size: (f64::NAN, 1e9) });
        check(&Spark { caption, values: vec![Some(5.0)], ..Spark::default() });
    }
}
