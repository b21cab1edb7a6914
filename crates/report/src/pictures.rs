//! The figures of a record as pictures.

use tidewheel_chart::bars::{Bar, Bars};
use tidewheel_chart::bridge::{Bridge, Step};
use tidewheel_chart::categories::{Categories, Level};
use tidewheel_chart::distribution::{Distribution, Histogram};
use tidewheel_chart::ecdf::Ecdf;
use tidewheel_chart::interval::{EffectRow, Effects, Forest, ForestRow};
use tidewheel_chart::{Axis, BridgeLabels, Caption, CategoryLabels, Chart, EffectLabels, Rule, Side, Style, Unit};
use tidewheel_domain::decision::{
    Afterwards, Cause, CauseSubject, Decision, Decomposition, ErrorChange, ErrorEvidence, SegmentPart,
};
use tidewheel_domain::drift_report::{ColumnDrift, ColumnSide, DriftReport, Effect, EffectName, QUANTILES};
use tidewheel_drift::Lang;
use tidewheel_drift::prose::shown;

use crate::page::Picture;
use crate::reader::Reader;
use crate::words::fill;

/// Pixels of a picture over the whole width of a wide page.
pub(crate) const WHOLE: f64 = 1040.0;
/// Pixels beside the words of a card.
pub(crate) const BESIDE: f64 = 560.0;
/// Pixels of a picture in a grid.
pub(crate) const SMALL: f64 = 330.0;
/// Pixels on a phone.
const PHONE: f64 = 320.0;

/// Rows of a picture of effects.
const EFFECTS: usize = 30;
/// The same on a page that is sent each time it is looked at.
const FEW_EFFECTS: usize = 8;
/// Levels of a picture of categories.
const LEVELS: usize = 8;
/// The same in a grid.
const FEW_LEVELS: usize = 5;
/// Steps of a bridge.
const STEPS: usize = 5;

/// Pixels of a picture that is drawn once for all widths.
const ONCE: f64 = 380.0;

fn drawn(reader: &Reader<'_>, chart: &impl Chart, width: f64) -> Picture {
    let style = |width| Style::page(width).numbers(reader.numbers());
    match reader.compact {
        false => Picture { wide: chart.render(&style(width)), narrow: chart.render(&style(PHONE)) },
        true if width < WHOLE => Picture { wide: short(&chart.render(&style(ONCE))), narrow: String::new() },
        true => Picture { wide: short(&chart.render(&style(width))), narrow: short(&chart.render(&style(PHONE))) },
    }
}

/// What elements of pictures often have, and the class that says the same in the style sheet.
const CLASSES: [(&str, &str); 8] = [
    (r#" text-anchor="middle" font-size="11" fill="var(--ink-3, #5d6a83)""#, r#" class="tm""#),
    (r#" text-anchor="end" font-size="11" fill="var(--ink-3, #5d6a83)""#, r#" class="te""#),
    (r#" font-size="11" fill="var(--ink-3, #5d6a83)""#, r#" class="ts""#),
    (r#" fill="var(--surface, #ffffff)" stroke="var(--ink-3, #5d6a83)" stroke-width="1.6""#, r#" class="rg""#),
    (r#" stroke="var(--cur, #1559c7)" stroke-width="2.4""#, r#" class="cw""#),
    (r#" fill="var(--ink, #111a29)""#, r#" class="ik""#),
    (r#" fill="var(--cur, #1559c7)""#, r#" class="cf""#),
    (r#" class="tw-chart" role="img""#, r#" class="tw-chart short" role="img""#),
];

/// What the style sheet says for all pictures.
const SAID: [&str; 2] = [
    r#" xmlns="http://www.w3.org/2000/svg""#,
    r#" font-size="12" fill="var(--ink-2, #43506a)" stroke-linejoin="round" direction="ltr""#,
];

/// The same picture in fewer letters, for a page with [`crate::STYLE`].
fn short(svg: &str) -> String {
    let mut short = String::with_capacity(svg.len());
    for (place, tag) in svg.split('<').enumerate() {
        if place > 0 {
            short.push('<');
        }
        // An element has one class.
        match CLASSES.iter().find(|(long, _)| tag.contains(long)) {
            Some((long, class)) => short.push_str(&tag.replacen(long, class, 1)),
            None => short.push_str(tag),
        }
    }
    for said in SAID {
        short = short.replacen(said, "", 1);
    }
    // Colours are those of the page.
    let mut parts = short.split("var(--");
    let mut bare = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        bare.push_str("var(--");
        match part.split_once(')') {
            Some((colour, rest)) => {
                bare.push_str(colour.split_once(',').map_or(colour, |(name, _)| name));
                bare.push(')');
                bare.push_str(rest);
            }
            None => bare.push_str(part),
        }
    }
    bare
}

/// The largest effect of each column against its bound, largest first, with the pairs beyond theirs.
pub(crate) fn effects(reader: &Reader<'_>, decision: &Decision) -> Option<Picture> {
    let chart = effects_chart(reader, &decision.report, reader.words.causes);
    let rows = if reader.compact { FEW_EFFECTS } else { EFFECTS };
    let chart = Effects { rows: chart.rows.into_iter().take(rows).collect(), ..chart };
    (!chart.rows.is_empty()).then(|| drawn(reader, &chart, WHOLE))
}

/// The same as a file of its own.
pub(crate) fn effects_file(reader: &Reader<'_>, decision: &Decision, title: &str) -> String {
    effects_chart(reader, &decision.report, title).render(&Style::picture(760.0).numbers(reader.numbers()))
}

pub(crate) fn effects_chart(reader: &Reader<'_>, report: &DriftReport, title: &str) -> Effects {
    let row = |label: String, effect: &Effect| EffectRow {
        label,
        measure: reader.effect(effect.name).to_owned(),
        value: effect.value,
        low: effect.low,
        high: effect.high,
        bound: effect.bound,
    };
    let columns = report.columns.iter().filter_map(|column| Some((column, strongest(column)?)));
    let mut rows: Vec<EffectRow> = columns.map(|(column, effect)| row(reader.name(&column.name), effect)).collect();
    let pairs = report.pairs.iter().filter(|pair| pair.effect.over);
    let both = |one: &str, other: &str| format!("{} · {}", reader.name(one), reader.name(other));
    rows.extend(pairs.map(|pair| row(both(&pair.column, &pair.other), &pair.effect)));
    rows.sort_by(|a, b| {
        let key = |row: &EffectRow| (row.low > row.bound, row.value / row.bound);
        let (a, b) = (key(a), key(b));
        b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    let over = rows.iter().filter(|row| row.low > row.bound).count();
    let finding = fill(reader.words.effects_finding, &[&over.to_string(), &rows.len().to_string()]);
    rows.truncate(EFFECTS);
    let labels = match reader.lang {
        Lang::En => EffectLabels::english(),
        Lang::Es => EffectLabels::spanish(),
    };
    Effects { caption: Caption::new(title, finding), labels, rows }
}

/// The effect of a column that speaks most for a change.
pub(crate) fn strongest(column: &ColumnDrift) -> Option<&Effect> {
    column.effects_over().first().copied().or(column.effect.as_ref())
}

/// What a cause looks like.
pub(crate) fn cause(reader: &Reader<'_>, decision: &Decision, cause: &Cause) -> Option<Picture> {
    match cause.subject {
        CauseSubject::Segment | CauseSubject::Relation => error_changes(reader, decision, BESIDE),
        CauseSubject::Pair => {
            let change = cause.changes.first()?;
            let label = format!("{}, {}", reader.name(&cause.column), reader.name(cause.other.as_deref()?));
            Some(correlations(reader, label, change.from?, change.to?))
        }
        CauseSubject::Column => {
            let effect = cause.changes.first().map(|change| change.effect);
            column(reader, decision.report.column(&cause.column)?, effect, BESIDE)
        }
    }
}

fn correlations(reader: &Reader<'_>, label: String, from: f64, to: f64) -> Picture {
    let words = reader.words;
    let chart = Bars {
        caption: Caption::new(label.clone(), ""),
        axis: Axis::new(words.rank_correlation, Unit::none()),
        names: [words.reference_word.to_owned(), words.current_word.to_owned()],
        rows: vec![Bar { label, value: to, earlier: Some(from), ..Bar::default() }],
    };
    drawn(reader, &chart, BESIDE)
}

/// A column on both sides: distributions over each other, categories that moved, or missing values.
pub(crate) fn column(
    reader: &Reader<'_>,
    column: &ColumnDrift,
    effect: Option<EffectName>,
    width: f64,
) -> Option<Picture> {
    if effect == Some(EffectName::Missing) {
        return Some(missing(reader, column, width));
    }
    let most = if width > SMALL { LEVELS } else { FEW_LEVELS };
    distribution(reader, column)
        .map(|chart| drawn(reader, &chart, width))
        .or_else(|| Some(drawn(reader, &categories(reader, column, most)?, width)))
        .or_else(|| Some(drawn(reader, &functions(reader, column)?, width)))
}

fn missing(reader: &Reader<'_>, column: &ColumnDrift, width: f64) -> Picture {
    let chart = Bars {
        caption: Caption::new(reader.name(&column.name), reader.words.missing_share),
        axis: Axis::new(reader.words.missing_share, Unit::percent()),
        names: sides(reader, column),
        rows: vec![Bar {
            label: reader.name(&column.name),
            value: column.current.missing_share,
            earlier: Some(column.reference.missing_share),
            ..Bar::default()
        }],
    };
    drawn(reader, &chart, width)
}

fn sides(reader: &Reader<'_>, column: &ColumnDrift) -> [String; 2] {
    [
        fill(reader.words.side_reference, &[&reader.count(column.reference.rows)]),
        fill(reader.words.side_current, &[&reader.count(column.current.rows)]),
    ]
}

fn value_axis(reader: &Reader<'_>, column: &ColumnDrift) -> Axis {
    let unit = reader.unit(&column.name);
    // The heading beside it says which column it is.
    Axis::new("", unit)
}

pub(crate) fn distribution(reader: &Reader<'_>, column: &ColumnDrift) -> Option<Distribution> {
    let bins = column.histogram.as_ref()?;
    let [before, now] = sides(reader, column);
    let median = |side: &ColumnSide| side.numbers.as_ref().map(|numbers| numbers.median);
    let axis = value_axis(reader, column);
    Some(Distribution {
        caption: Caption::new(reader.name(&column.name), ""),
        axis: if bins.log { axis.log() } else { axis },
        share: Axis::new(reader.words.share_of_rows, Unit::percent()),
        edges: bins.edges.clone(),
        series: vec![
            Histogram { name: before, shares: bins.reference.clone(), middle: median(&column.reference) },
            Histogram { name: now, shares: bins.current.clone(), middle: median(&column.current) },
        ],
        middle: reader.words.medians.to_owned(),
    })
}

pub(crate) fn functions(reader: &Reader<'_>, column: &ColumnDrift) -> Option<Ecdf> {
    let steps = |side: &ColumnSide| -> Option<Vec<(f64, f64)>> {
        let numbers = side.numbers.as_ref().filter(|numbers| numbers.quantiles.len() == QUANTILES.len())?;
        Some(numbers.quantiles.iter().copied().zip(QUANTILES).collect())
    };
    let (reference, current) = (steps(&column.reference)?, steps(&column.current)?);
    let mut values = reference.iter().chain(&current).map(|step| step.0);
    let first = values.next();
    if values.all(|value| Some(value) == first) {
        // One value has no picture.
        return None;
    }
    Some(Ecdf {
        caption: Caption::new(reader.name(&column.name), ""),
        axis: value_axis(reader, column),
        share: Axis::new(reader.words.share_up_to, Unit::percent()),
        names: sides(reader, column),
        reference,
        current,
        gap: None,
    })
}

/// The levels that moved most or are new, at most `most` of them.
pub(crate) fn categories(reader: &Reader<'_>, column: &ColumnDrift, most: usize) -> Option<Categories> {
    let level =
        |name: &str, reference: f64, current: f64| Level { name: shown(name), reference, current, interval: None };
    let mut levels: Vec<Level> =
        column.moved_levels.iter().map(|moved| level(&moved.level, moved.reference, moved.current)).collect();
    for new in column.new_levels.iter().flat_map(|list| &list.top) {
        if !column.moved_levels.iter().any(|moved| moved.level == new.level) {
            levels.push(level(&new.level, 0.0, new.share));
        }
    }
    if levels.is_empty() {
        return None;
    }
    levels.truncate(most);
    let labels = match reader.lang {
        Lang::En => CategoryLabels::english(),
        Lang::Es => CategoryLabels::spanish(),
    };
    Some(Categories {
        caption: Caption::new(reader.name(&column.name), ""),
        axis: Axis::new(reader.words.share_of_rows, Unit::percent()),
        labels,
        levels,
        most,
    })
}

/// The change of the model's error over all rows and in the segments in which it changed for certain.
pub(crate) fn error_changes(reader: &Reader<'_>, decision: &Decision, width: f64) -> Option<Picture> {
    const SEGMENTS: usize = 8;
    let error = decision.error.as_ref()?;
    let words = reader.words;
    let row = |label: String, change: &ErrorChange, strong: bool| ForestRow {
        label,
        value: change.rise,
        low: change.low,
        high: change.high,
        text: reader.signed_percent(change.rise),
        shown: change.low > 0.0 || change.high < 0.0,
        strong,
        ..ForestRow::default()
    };
    let mut rows = vec![row(words.all_rows.to_owned(), &error.all, true)];
    rows.extend(error.like_with_like.iter().map(|like| row(words.like_with_like.to_owned(), like, true)));
    rows.extend(error.segments.iter().take(SEGMENTS).map(|one| row(shown(&one.segment), &one.error, false)));
    let ends = rows.iter().flat_map(|row| [row.low, row.high]).filter(|end| end.is_finite());
    let (low, high) = ends.fold((0.0, 0.0), |(low, high), end| (f64::min(low, end), f64::max(high, end)));
    let room = 0.04 * (high - low).max(0.1);
    let chart = Forest {
        caption: Caption::new(words.error_by_segment, ""),
        axis: Axis::new(words.error_axis, Unit::percent()),
        // Zero is always seen.
        range: Some((low - room, high + room)),
        rule: tolerated(reader, decision).map(|(at, label)| Rule { at, label, side: Side::Above }),
        rows,
        legend: [words.shown_rise.to_owned(), words.not_shown.to_owned()],
    };
    Some(drawn(reader, &chart, width))
}

/// The rise of the error that the policy tolerates, where it looks at one.
fn tolerated(reader: &Reader<'_>, decision: &Decision) -> Option<(f64, String)> {
    let looks = decision.policy.name == tidewheel_domain::decision::PolicyName::CostlyDrift;
    let rise = decision.policy.error_rise_over;
    looks.then(|| (rise, fill(reader.words.tolerated, &[&reader.signed_percent(rise)])))
}

/// From the hold-out's error to the batch's: the mix, and what changed inside segments.
pub(crate) fn error_bridge(reader: &Reader<'_>, decision: &Decision, error: &ErrorEvidence) -> Option<Picture> {
    let split = error.by_segment.as_ref()?;
    let words = reader.words;
    let axis = if error.scale == "none" {
        words.error_plain.to_owned()
    } else {
        fill(words.error_on_scale, &[&shown(&error.scale)])
    };
    let ends = [words.hold_out, words.this_batch];
    let chart = bridge(reader, split, words.from_to_error, ends, Axis::new(axis, Unit::none()));
    let at = |rise: f64| split.reference * (1.0 + rise);
    let rule = tolerated(reader, decision).map(|(rise, label)| Rule { at: at(rise), label, side: Side::Neither });
    Some(drawn(reader, &Bridge { rule, zero: true, ..chart }, WHOLE))
}

/// From the reference's mean of the target to the batch's.
pub(crate) fn target_bridge(reader: &Reader<'_>, decision: &Decision, split: &Decomposition) -> Picture {
    let target = decision.target.as_deref().unwrap_or_default();
    let axis = Axis::new(reader.name(target), reader.unit(target));
    let words = reader.words;
    let chart = bridge(reader, split, words.target_mean, [words.mean_before, words.mean_now], axis);
    drawn(reader, &chart, WHOLE)
}

fn bridge(reader: &Reader<'_>, split: &Decomposition, title: &str, ends: [&str; 2], axis: Axis) -> Bridge {
    let words = reader.words;
    let step = |label: String, change: f64| Step { label, detail: String::new(), change };
    let mut parts: Vec<&SegmentPart> = split.segments.iter().filter(|part| part.within != 0.0).collect();
    parts.sort_by(|a, b| b.within.abs().total_cmp(&a.within.abs()));
    let mut steps = vec![step(fill(words.other_mix, &[&reader.name(&split.column)]), split.mix)];
    let (named, rest) = parts.split_at(parts.len().min(STEPS));
    for part in named {
        let text = if part.reference_rows == 0 { words.inside_new } else { words.inside };
        let name = part.segment.as_deref().map_or_else(|| words.without_segment.to_owned(), shown);
        steps.push(step(fill(text, &[&name]), part.within));
    }
    let others = split.others.as_ref().map_or(0.0, |others| others.within);
    let others = rest.iter().map(|part| part.within).sum::<f64>() + others;
    if others != 0.0 {
        steps.push(step(words.inside_others.to_owned(), others));
    }
    Bridge {
        caption: Caption::new(title, ""),
        axis,
        labels: match reader.lang {
            Lang::En => BridgeLabels::english(),
            Lang::Es => BridgeLabels::spanish(),
        },
        start: (ends[0].to_owned(), split.reference),
        steps,
        end: (ends[1].to_owned(), split.current),
        rule: None,
        most: STEPS + 2,
        zero: false,
    }
}

/// What came of it: the new version's error against the former one's.
pub(crate) fn afterwards(reader: &Reader<'_>, after: &Afterwards) -> Picture {
    let words = reader.words;
    let chart = Forest {
        caption: Caption::new(words.later, ""),
        axis: Axis::new(words.later_axis, Unit::percent()),
        range: None,
        rule: Some(Rule { at: 0.0, label: words.as_before.to_owned(), side: Side::Neither }),
        rows: vec![ForestRow {
            label: fill(words.version, &[&shown(&after.version)]),
            value: after.change,
            low: after.low,
            high: after.high,
            text: reader.signed_percent(after.change),
            shown: after.high < 0.0 || after.low > 0.0,
            strong: true,
            ..ForestRow::default()
        }],
        legend: [words.shown_rise.to_owned(), words.not_shown.to_owned()],
    };
    drawn(reader, &chart, if reader.compact { BESIDE } else { WHOLE })
}
