//! Writes one HTML page with every picture: `cargo run -p tidewheel-chart --example gallery -- FILE`.
//!
//! Each picture is drawn at two widths, of which the page shows the one that fits; colours come from the page, light or
//! dark as the system says, or as `data-theme` of its root says.

use std::fmt::Write as _;

use tidewheel_chart::bars::{Bar, Bars};
use tidewheel_chart::bridge::{Bridge, Step};
use tidewheel_chart::categories::{Categories, Level};
use tidewheel_chart::distribution::{Distribution, Histogram};
use tidewheel_chart::ecdf::{Ecdf, Gap, steps};
use tidewheel_chart::interval::{EffectRow, Effects, Forest, ForestRow};
use tidewheel_chart::line::{LinePoint, Lines, Mark, Series};
use tidewheel_chart::scatter::{Guide, Scatter};
use tidewheel_chart::spark::Spark;
use tidewheel_chart::timeline::{
    Action, ActionKind, Band, BandKind, Column, Figure, HeatRow, Kind, Point, Timeline, Track,
};
use tidewheel_chart::{
    Axis, BridgeLabels, Caption, CategoryLabels, Chart, EffectLabels, NumberFormat, Rule, Side, Style, Theme, Unit,
};

/// A light sheet for the page, with the properties that the pictures ask for, and their dark values.
const SHEET: &str = include_str!("gallery.css");

/// Numbers that look random and are the same each time.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "gallery.html".to_owned());
    let mut page = String::from("<!doctype html><html lang=en><meta charset=utf-8><title>Pictures</title>");
    page.push_str("<meta name=viewport content='width=device-width'><meta name=color-scheme content='light dark'>");
    let _ = write!(page, "<style>{SHEET}</style><main><h1>Every picture, from made-up figures</h1>");
    show(&mut page, "One axis", &one_axis(), true);
    show(&mut page, "A thousand batches", &repeated(&one_axis(), 100), true);
    show(&mut page, "Thirty batches", &repeated(&one_axis(), 3), true);
    show(&mut page, "Effects against their bounds", &effects(), false);
    show(&mut page, "Segments against a margin", &segments(), false);
    show(&mut page, "Distributions overlaid", &distribution(), false);
    show(&mut page, "The same on a logarithmic axis", &logarithmic(), false);
    show(&mut page, "Distribution functions", &functions(), false);
    show(&mut page, "Categories", &categories(), false);
    show(&mut page, "Why the error rose", &error(), false);
    show(&mut page, "Why this prediction", &prediction(), false);
    show(&mut page, "What if", &what_if(), false);
    show(&mut page, "Learning curves", &learning(), false);
    show(&mut page, "Predicted against true", &scatter(300), false);
    show(&mut page, "Predicted against true, many rows", &scatter(20_000), false);
    show(&mut page, "Weights of two versions", &weights(true), false);
    show(&mut page, "Weights with intervals", &weights(false), false);
    let spark = Spark {
        caption: Caption::new("Latency", "steady, with one peak"),
        values: (0..40).map(|x| Some(2.0 + (x as f64 / 4.0).sin() + if x == 30 { 3.0 } else { 0.0 })).collect(),
        level: Some(2.0),
        ..Spark::default()
    };
    let spark = spark.render(&Style::default());
    let _ = write!(page, "<figure><h2>In a line of text</h2><p>latency {spark} 1.9 ms</p></figure>");
    for theme in [Theme::Light, Theme::Dark] {
        let picture = effects().render(&Style::picture(620.0).theme(theme));
        let _ = write!(page, "<figure><h2>As a file of its own</h2>{picture}</figure>");
    }
    page.push_str("</main></html>");
    std::fs::write(path, page)
}

fn show(page: &mut String, title: &str, chart: &impl Chart, wide: bool) {
    let class = if wide { " class=whole" } else { "" };
    let large = chart.render(&Style::page(if wide { 1180.0 } else { 560.0 }));
    let small = chart.render(&Style::page(340.0).numbers(NumberFormat::SPANISH));
    let _ = write!(
        page,
        "<figure{class}><h2>{title}</h2><div class=large>{large}</div><div class=small>{small}</div></figure>"
    );
}

fn one_axis() -> Timeline {
    let track = |label: &str, note: &str, kind: Kind| Track { label: label.into(), note: note.into(), kind };
    let column = |place: usize| Column {
        label: (place + 1).to_string(),
        note: format!("Nov {}", place + 12),
        highlight: place == 9,
    };
    let rows = [3433, 3354, 2197, 5163, 668, 451, 1614, 1379, 1485, 1125];
    let refused = [1400, 900, 480, 300, 40, 30, 400, 420, 900, 520];
    let counts = rows.iter().zip(refused).map(|(rows, refused)| Some((f64::from(*rows), f64::from(refused)))).collect();
    let heat = |label: &str, note: &str, cells: [f64; 9]| HeatRow {
        label: label.into(),
        note: note.into(),
        cells: std::iter::once(None).chain(cells.map(Some)).collect(),
    };
    let cells = vec![
        heat("site", "31 %", [9.1, 8.7, 9.4, 2.2, 2.6, 4.7, 1.9, 9.0, 9.5]),
        heat("wing_length", "15 %", [1.2, 1.3, 1.0, 0.5, 1.4, 1.0, 1.4, 0.9, 1.2]),
        heat("mass", "14 %", [1.6, 2.3, 1.3, 0.8, 1.6, 1.1, 1.0, 1.3, 1.0]),
        heat("species", "12 %", [7.2, 6.0, 6.9, 3.1, 3.4, 3.9, 2.8, 9.2, 9.5]),
        heat("altitude", "4 %", [4.8, 3.2, 5.6, 2.0, 2.6, 2.3, 3.0, 7.2, 4.8]),
        heat("age", "target", [0.4, 1.3, 2.0, 0.6, 1.6, 1.2, 1.7, 1.4, 1.0]),
    ];
    let cost = [0.25, 0.38, 0.72, 0.04, 0.06, 0.19, 0.12, 0.62, 0.9];
    let cost = std::iter::once(Point::default()).chain(cost.map(|value| Point {
        value: Some(value),
        low: Some(value - 0.08 - 0.1 * value),
        high: Some(value + 0.09 + 0.1 * value),
        ..Point::default()
    }));
    let action =
        |kind: ActionKind, label: &str, note: &str| Some(Action { kind, label: label.into(), note: note.into() });
    let train = |note: &str| action(ActionKind::Train, "Retrain", note);
    let skip = |note: &str| action(ActionKind::Skip, "Skip", note);
    let actions = vec![
        action(ActionKind::Train, "Train", "first run"),
        train("site 13 → 70 %"),
        train("two new sites"),
        train("site 2 → 36 %"),
        skip("cost +4 %"),
        skip("too few rows"),
        train("mass +48 %"),
        skip("cooldown"),
        train("205 new sites"),
        action(ActionKind::Ask, "Ask", "north 92 %"),
    ];
    let band = |from: usize, to: usize, label: &str, kind: BandKind| Band { from, to, label: label.into(), kind };
    let bands = vec![
        band(0, 0, "v1", BandKind::Past),
        band(1, 1, "v2", BandKind::Past),
        band(2, 2, "v3", BandKind::Past),
        band(3, 7, "v4 for 5 batches", BandKind::Past),
        band(6, 6, "v5 rejected", BandKind::Rejected),
        band(8, 9, "v6 in production, 25 h", BandKind::Now),
    ];
    let errors = [0.39, 0.38, 0.35, 0.33, 0.28, 0.285, 0.30, 0.297, 0.453, 0.338];
    let live = errors.iter().enumerate().map(|(place, value)| Point {
        value: Some(*value),
        low: Some(value - 0.02),
        high: Some(value + 0.02),
        note: match place {
            4 => "28.0 %".into(),
            8 => "45.3 %, then v6".into(),
            9 => "33.8 %".into(),
            _ => String::new(),
        },
        marked: place == 8,
        ..Point::default()
    });
    let latency = [1.8, 1.7, 1.75, 1.8, 2.0, 1.85, 1.8, 2.3, 1.95, 1.9];
    let latency = latency.map(|value| Point { value: Some(value), ..Point::default() });
    Timeline {
        caption: Caption::new("From data to model, on one axis", "six trainings in ten batches"),
        axis: "Batch".into(),
        columns: (0..10).map(column).collect(),
        tracks: vec![
            track("New rows", "clean, and quarantined on top", Kind::Counts(counts)),
            track(
                "Drift per column",
                "right: weight in v6",
                Kind::Heat { rows: cells, legend: "in multiples of the bound that matters".into() },
            ),
            track(
                "Cost of the drift",
                "rise of the champion's error; dashed: tolerated",
                Kind::Figure(Figure {
                    unit: Unit::percent(),
                    points: cost.collect(),
                    rule: Some(Rule { at: 0.1, label: "tolerated".into(), side: Side::Neither }),
                    bars: true,
                    height: 0.0,
                }),
            ),
            track("Decision", "open one to see why", Kind::Actions(actions)),
            track("Model", "in production, when", Kind::Bands(bands)),
            track(
                "Live error",
                "mean % error with its 95 % band",
                Kind::Figure(Figure { unit: Unit::percent(), points: live.collect(), ..Figure::default() }),
            ),
            track(
                "Latency",
                "95th percentile",
                Kind::Figure(Figure {
                    unit: Unit::after("ms"),
                    points: latency.to_vec(),
                    height: 26.0,
                    ..Figure::default()
                }),
            ),
        ],
        earlier: "{} earlier ones are not shown".into(),
    }
}

/// The same, so many times over.
fn repeated(axis: &Timeline, times: usize) -> Timeline {
    let mut axis = axis.clone();
    let columns = axis.columns.len();
    axis.columns =
        (0..columns * times).map(|place| Column { label: (place + 1).to_string(), ..Column::default() }).collect();
    for track in &mut axis.tracks {
        match &mut track.kind {
            Kind::Counts(counts) => *counts = counts.repeat(times),
            Kind::Heat { rows, .. } => rows.iter_mut().for_each(|row| row.cells = row.cells.repeat(times)),
            Kind::Actions(actions) => *actions = vec![actions.clone(); times].concat(),
            Kind::Bands(bands) => {
                let again = |time: usize| {
                    bands.iter().cloned().map(move |band| Band {
                        from: band.from + time * columns,
                        to: band.to + time * columns,
                        kind: if band.kind == BandKind::Now && time + 1 < times { BandKind::Past } else { band.kind },
                        ..band
                    })
                };
                *bands = (0..times).flat_map(again).collect();
            }
            Kind::Figure(figure) => figure.points = vec![figure.points.clone(); times].concat(),
        }
    }
    axis
}

fn effects() -> Effects {
    let row = |label: &str, measure: &str, value: f64, low: f64, high: f64, bound: f64| EffectRow {
        label: label.into(),
        measure: measure.into(),
        value,
        low,
        high,
        bound,
    };
    Effects {
        caption: Caption::new("Batch 9", "three of six effects lie beyond their bound"),
        labels: EffectLabels::english(),
        rows: vec![
            row("site", "new levels", 0.95, 0.93, 0.97, 0.02),
            row("species", "distance", 0.92, 0.9, 0.94, 0.1),
            row("altitude", "distance", 0.72, 0.66, 0.78, 0.1),
            row("wing_length_of_the_left_wing", "distance", 0.13, 0.09, 0.17, 0.1),
            row("mass", "distance", 0.06, 0.02, 0.1, 0.1),
            row("age", "missing", 0.001, 0.0, 0.004, 0.02),
        ],
    }
}

fn segments() -> Forest {
    let row = |label: &str, detail: &str, value: f64, half: f64, note: &str| ForestRow {
        label: label.into(),
        detail: detail.into(),
        value,
        low: value - half,
        high: value + half,
        note: note.into(),
        shown: value + half < 0.0,
        strong: label == "All rows",
        ..ForestRow::default()
    };
    Forest {
        caption: Caption::new("v6 against v4", "better overall, nowhere worse than allowed"),
        axis: Axis::new("change of the mean error", Unit::after("points")),
        range: None,
        rule: Some(Rule { at: 4.0, label: "margin: 4 points".into(), side: Side::Above }),
        rows: vec![
            row("All rows", "3,950 rows", -1.7, 0.6, ""),
            row("North", "408 rows", -4.9, 3.9, ""),
            row("East", "1,595 rows", -2.2, 1.2, ""),
            row("South", "607 rows", -1.9, 1.5, ""),
            row("West", "398 rows", 1.5, 4.0, ""),
            row("Islands", "74 rows", -1.6, 5.8, "few"),
        ],
        legend: ["shown to be better".into(), "not shown".into()],
    }
}

fn shares(noise: &mut Noise, mean: f64, deviation: f64, edges: &[f64]) -> Vec<f64> {
    let mut counts = vec![0.0; edges.len() - 1];
    for _ in 0..3000 {
        let value = mean + deviation * noise.normal();
        if let Some(bin) = edges.windows(2).position(|pair| pair[0] <= value && value < pair[1]) {
            counts[bin] += 1.0 / 3000.0;
        }
    }
    counts
}

fn distribution() -> Distribution {
    let mut noise = Noise(1);
    let edges = (0..=32).map(|edge| f64::from(edge) * 0.25 + 12.0).collect::<Vec<_>>();
    let reference = shares(&mut noise, 15.6, 1.1, &edges);
    let current = shares(&mut noise, 16.4, 1.3, &edges);
    Distribution {
        caption: Caption::new("mass", "the median rose from 15.6 to 16.4 g"),
        axis: Axis::new("mass", Unit::after("grams")),
        share: Axis::new("share of rows", Unit::percent()),
        edges,
        series: vec![
            Histogram { name: "trained on, 14,147 rows".into(), shares: reference, middle: Some(15.6) },
            Histogram { name: "batch 9, 1,485 rows".into(), shares: current, middle: Some(16.4) },
        ],
        middle: "medians".into(),
    }
}

fn logarithmic() -> Distribution {
    let mut noise = Noise(2);
    let powers = (0..=40).map(|edge| f64::from(edge) * 0.1).collect::<Vec<_>>();
    let series = [("trained on", 2.0, 0.5), ("batch 9", 2.4, 0.6), ("batch 8", 1.8, 0.4)];
    let series = series.map(|(name, mean, deviation)| Histogram {
        name: name.into(),
        shares: shares(&mut noise, mean, deviation, &powers),
        middle: Some(10_f64.powf(mean)),
    });
    Distribution {
        caption: Caption::new("altitude", "higher than before"),
        axis: Axis::new("altitude", Unit::after("m")).log(),
        share: Axis::new("share of rows", Unit::percent()),
        edges: powers.iter().map(|power| 10_f64.powf(*power)).collect(),
        series: series.to_vec(),
        middle: "medians".into(),
    }
}

fn functions() -> Ecdf {
    let mut noise = Noise(3);
    let reference = (0..3000).map(|_| 15.6 + 1.1 * noise.normal()).collect::<Vec<_>>();
    let current = (0..800).map(|_| 16.4 + 1.3 * noise.normal()).collect::<Vec<_>>();
    Ecdf {
        caption: Caption::new("mass", "the largest gap, 0.29, lies at 16 g"),
        axis: Axis::new("mass", Unit::after("grams")),
        share: Axis::new("share of rows up to here", Unit::percent()),
        names: ["trained on".into(), "batch 9".into()],
        reference: steps(&reference, 200),
        current: steps(&current, 200),
        gap: Some(Gap { at: 16.0, low: 0.35, high: 0.64, label: "KS 0.29 at 16 g".into() }),
    }
}

fn categories() -> Categories {
    let level =
        |name: &str, reference: f64, current: f64| Level { name: name.into(), reference, current, interval: None };
    Categories {
        caption: Caption::new("site", "Northern Lakes is 62 % of the rows; two sites are gone"),
        axis: Axis::new("share of rows", Unit::percent()),
        labels: CategoryLabels::english(),
        levels: vec![
            level("Northern Lakes", 0.046, 0.618),
            level("Great Meadow by the River Delta", 0.394, 0.12),
            level("Cape", 0.229, 0.0),
            level("Vale", 0.01, 0.165),
            level("Rocks", 0.141, 0.0),
            level("Mainland East", 0.0, 0.017),
            level("Harbour", 0.08, 0.08),
        ],
        most: 6,
    }
}

fn error() -> Bridge {
    let step = |label: &str, change: f64| Step { label: label.into(), detail: String::new(), change: change / 100.0 };
    Bridge {
        caption: Caption::new("From 28.0 to 45.3 %", "16 of 17 points come from the Northern Lakes"),
        axis: Axis::new("mean error", Unit::percent()),
        labels: BridgeLabels::english(),
        start: ("v4 where it was judged".into(), 0.28),
        steps: vec![
            step("other mix of sites", -1.4),
            step("inside Northern Lakes", 16.0),
            step("inside Vale", 2.1),
            step("Mainland East, new", 0.6),
        ],
        end: ("v4 on batch 9".into(), 0.453),
        rule: Some(Rule { at: 0.308, label: "tolerated: 30.8 %".into(), side: Side::Neither }),
        most: 0,
        zero: true,
    }
}

fn prediction() -> Bridge {
    let step = |label: &str, detail: &str, change: f64| Step { label: label.into(), detail: detail.into(), change };
    Bridge {
        caption: Caption::new("Why this prediction", "from the average 451,800 to 518,700"),
        axis: Axis::new("worth", Unit::before("$")),
        labels: BridgeLabels::english(),
        start: ("average of all".into(), 451_800.0),
        steps: vec![
            step("site", "01602", -61_200.0),
            step("floor_size", "2,400", 50_400.0),
            step("rooms", "3", 47_700.0),
            step("region", "East", 39_000.0),
            step("town", "Worcester", -21_300.0),
            step("size_per_room", "480", 8_800.0),
            step("floors", "4", 8_000.0),
            step("plot", "0.25", -5_500.0),
        ],
        end: ("this one".into(), 518_700.0),
        rule: None,
        most: 9,
        zero: false,
    }
}

fn what_if() -> Lines {
    let point = |x: f64| {
        let y = 300.0 + 240.0 * (x / 2000.0).powf(0.7) + 12.0 * (x / 300.0).sin();
        LinePoint { x, y: Some(y * 1000.0), interval: Some((y * 840.0, y * 1190.0)) }
    };
    Lines {
        caption: Caption::new("What if the floor were larger", "about $90 per sq ft"),
        x: Axis::new("floor size", Unit::after("sq ft")),
        y: Axis::new("predicted worth, with its 90 % interval", Unit::before("$")),
        series: vec![Series { name: String::new(), points: (4..=40).map(|x| point(f64::from(x) * 100.0)).collect() }],
        marks: vec![Mark { x: 2400.0, label: "as asked: 2,400".into() }],
        rule: None,
        zero: false,
    }
}

fn learning() -> Lines {
    let curve = |name: &str, floor: f64, speed: f64| Series {
        name: name.into(),
        points: (1..=300)
            .map(|x| {
                let y = floor + (0.55 - floor) * (-f64::from(x) / speed).exp();
                LinePoint::new(f64::from(x), y)
            })
            .collect(),
    };
    Lines {
        caption: Caption::new("Learning curves", "no gain after 180 trees"),
        x: Axis::new("trees", Unit::none()),
        y: Axis::new("mean error", Unit::percent()),
        series: vec![curve("training", 0.19, 60.0), curve("validation", 0.28, 50.0), curve("v4", 0.285, 90.0)],
        marks: vec![Mark { x: 180.0, label: "stopped here".into() }],
        rule: Some(Rule { at: 0.35, label: "must stay below 35 %".into(), side: Side::Above }),
        zero: true,
    }
}

fn scatter(points: usize) -> Scatter {
    let mut noise = Noise(4);
    let mut point = || {
        let x = 400.0 + 130.0 * noise.normal();
        (x * 1000.0, (x + 60.0 * noise.normal()) * 1000.0)
    };
    Scatter {
        caption: Caption::new("Predicted against true", "no side is favoured"),
        x: Axis::new("true", Unit::before("$")),
        y: Axis::new("predicted", Unit::before("$")),
        points: (0..points).map(|_| point()).collect(),
        guide: Guide::Diagonal("as predicted".into()),
        hexagon: "a hexagon: up to {} rows".into(),
    }
}

fn weights(paired: bool) -> Bars {
    let row = |label: &str, value: f64, earlier: f64| Bar {
        label: label.into(),
        value,
        interval: (!paired).then_some((value - 0.02, value + 0.02)),
        earlier: paired.then_some(earlier),
        ..Bar::default()
    };
    Bars {
        caption: Caption::new("Weights", "the site gained"),
        axis: Axis::new("share of the whole", Unit::percent()),
        names: ["v4".into(), "v6".into()],
        rows: vec![
            row("site", 0.31, 0.19),
            row("rooms", 0.15, 0.17),
            row("floor_size", 0.14, 0.21),
            row("region", 0.12, 0.16),
            row("age", 0.04, 0.04),
        ],
    }
}
