//! Pictures with two axes.

use crate::canvas::{Area, Canvas};
use crate::scale::{Axis, Scale};

/// The plot with its scales.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane {
    pub(crate) area: Area,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
}

/// What an axis has to hold.
pub(crate) struct Holds<'a> {
    pub(crate) axis: &'a Axis,
    pub(crate) values: Vec<f64>,
    /// Room at both ends, as a share of the range.
    pub(crate) room: f64,
}

const TICKS: usize = 4;

impl Plane {
    /// Lays the plot out below the canvas' top, `right` pixels off its right side and `above` pixels below the name of
    /// the y axis, which alone is drawn.
    pub(crate) fn new(canvas: &mut Canvas<'_>, x: &Holds<'_>, y: &Holds<'_>, right: f64, above: f64) -> Self {
        canvas.y_name(y.axis);
        canvas.top += above;
        let height = height(canvas);
        let top = canvas.top;
        let scale = Scale::over(y.values.iter().copied(), y.axis.log, top + height, top);
        let scale = scale.padded(y.room).rounded(y.axis.unit.scale, TICKS);
        let left = canvas.y_room(y.axis, &scale, TICKS);
        let area = Area { x: left, y: top, width: (canvas.width - left - right.max(6.0)).max(40.0), height };
        let across = Scale::over(x.values.iter().copied(), x.axis.log, area.x, area.x + area.width).padded(x.room);
        Self { area, x: across, y: scale }
    }

    /// The axes; returns the height of the whole.
    pub(crate) fn axes(&self, canvas: &mut Canvas<'_>, x: &Axis, y: &Axis) -> f64 {
        canvas.y_axis(y, &self.y, self.area, TICKS);
        let below = canvas.x_axis(x, &self.x, self.area, false);
        self.area.y + self.area.height + below
    }

    /// The places of points that have one.
    pub(crate) fn place(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        (x.is_finite() && y.is_finite()).then(|| (self.x.at(x), self.y.at(y)))
    }
}

/// The height of a plot that suits a width.
fn height(canvas: &Canvas<'_>) -> f64 {
    (canvas.width * 0.42).clamp(150.0, 250.0)
}

/// At most so many of the points of a line, so that its peaks stay: the lowest and the highest of each stretch.
pub(crate) fn reduced<T: Copy>(points: &[T], most: usize, value: impl Fn(&T) -> f64) -> Vec<T> {
    if points.len() <= most.max(4) {
        return points.to_vec();
    }
    let stretch = points.len().div_ceil(most.max(4) / 2);
    let mut kept = Vec::with_capacity(most);
    for part in points.chunks(stretch) {
        let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
        let values = || part.iter().map(&value).enumerate();
        let (Some(low), Some(high)) = (values().min_by(order), values().max_by(order)) else { continue };
        let (first, last) = (low.0.min(high.0), low.0.max(high.0));
        kept.push(part[first]);
        if last != first {
            kept.push(part[last]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_survive() {
        let mut points = vec![0.0; 10_000];
        points[5_001] = 9.0;
        points[77] = -3.0;
        let kept = reduced(&points, 200, |value| *value);
        assert!(kept.len() <= 200 && kept.contains(&9.0) && kept.contains(&-3.0));
    }
}
