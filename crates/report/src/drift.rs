//! A comparison of two files as a page.

use tidewheel_domain::decision::{Action, ColumnLabels, Decision};
use tidewheel_domain::drift_report::{ColumnDrift, DriftReport, Effect};
use tidewheel_drift::parts;
use tidewheel_drift::prose::{Parts, shown};

use crate::evidence;
use crate::page::{Block, Card, Counts, Figure, Page, Section, Table, Text, Tone, Verdict};
use crate::pictures;
use crate::reader::Reader;
use crate::words::fill;

/// Columns with a picture.
const PICTURES: usize = 24;

pub(crate) fn page(reader: &Reader<'_>, decision: &Decision, labels: &ColumnLabels) -> Page {
    let words = reader.words;
    let report = &decision.report;
    let told = parts(decision, reader.lang, labels);
    let order = ordered(report);
    let sections = [
        pictures::effects(reader, decision).map(|picture| {
            let mut blocks = vec![Block::Picture(picture)];
            blocks.extend(told.intervals.clone().map(Block::Quiet));
            Section::new("causes", words.causes, words.causes_lead, blocks)
        }),
        (!order.is_empty())
            .then(|| Section::new("columns", words.all_columns, "", vec![Block::Table(columns(reader, &order))])),
        distributions(reader, decision, &told, &order),
        pairs(reader, report),
        classifier(reader, report),
        one_side(reader, report),
        notes(reader, report),
        evidence::section(reader, report, None),
        files(reader, decision),
    ];
    Page {
        lang: reader.lang,
        kind: words.drift_report,
        verdict: verdict(reader, decision, &told),
        sections: sections.into_iter().flatten().collect(),
    }
}

/// The columns, those that changed first, the largest change first.
pub(crate) fn ordered(report: &DriftReport) -> Vec<&ColumnDrift> {
    let mut columns: Vec<&ColumnDrift> = report.columns.iter().collect();
    let key = |column: &ColumnDrift| {
        (column.drifted, pictures::strongest(column).map_or(f64::NEG_INFINITY, |effect| effect.times_bound))
    };
    columns.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    columns
}

fn verdict(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Verdict {
    let words = reader.words;
    let report = &decision.report;
    let drifted = decision.action != Action::Skip;
    let headline = match (report.drifted_columns, report.tested_columns) {
        (0, _) => words.drift_headline_none.to_owned(),
        (1, 1) => words.drift_headline_one.to_owned(),
        (some, all) => fill(words.drift_headline, &[&reader.count(some), &reader.count(all)]),
    };
    let about = [(words.reference_word, &report.reference), (words.current_word, &report.current)];
    let about =
        about.into_iter().filter_map(|(name, sample)| Some((name, Text::Name(shown(sample.label.as_deref()?)))));
    let mut figures = vec![Figure {
        label: words.changed_columns,
        value: reader.count(report.drifted_columns),
        note: fill(words.of_tested, &[&reader.count(report.tested_columns)]),
    }];
    let largest = report.columns.iter().filter_map(|column| Some((column, pictures::strongest(column)?.times_bound)));
    if let Some((column, times)) = largest.max_by(|a, b| a.1.total_cmp(&b.1)) {
        figures.push(Figure {
            label: words.largest_change,
            value: reader.times(times),
            note: fill(words.times_bound, &[&reader.quoted(&column.name)]),
        });
    }
    figures.push(Figure {
        label: words.rows,
        value: reader.count(report.current.rows),
        note: fill(words.in_reference, &[&reader.count(report.reference.rows)]),
    });
    let first = told.causes.first().and_then(|cause| cause.changed.first()).cloned();
    Verdict {
        tone: if drifted { Tone::Ask } else { Tone::Skip },
        chip: if drifted { words.drifted } else { words.steady },
        about: about.collect(),
        headline: format!("{headline}."),
        lead: first.into_iter().collect(),
        figures,
    }
}

/// Whether a column changed.
fn judged(reader: &Reader<'_>, column: &ColumnDrift) -> Text {
    let words = reader.words;
    if column.drifted {
        Text::Verdict(Counts::Yes, words.changed)
    } else if column.effects.is_empty() {
        Text::Verdict(Counts::Open, words.not_measured)
    } else if column.effects.iter().any(Effect::cannot_tell) {
        Text::Verdict(Counts::Open, words.cannot_tell)
    } else {
        Text::Verdict(Counts::No, words.within)
    }
}

fn columns(reader: &Reader<'_>, columns: &[&ColumnDrift]) -> Table {
    let words = reader.words;
    let mut table = Table::new(&[
        (words.column, false),
        (words.kind, false),
        (words.verdict, false),
        (words.measure, false),
        (words.value, true),
        (words.interval, true),
        (words.bound, true),
        (words.missing_values, true),
    ]);
    for column in columns {
        let effect = pictures::strongest(column);
        let of = |text: &dyn Fn(&Effect) -> String| Text::or_nothing(effect.map(text));
        let missing = reader.shares(column.reference.missing_share, column.current.missing_share);
        let none = column.reference.missing == 0 && column.current.missing == 0;
        let cells = vec![
            reader.column(&column.name),
            Text::words(reader.kind(column.kind)),
            judged(reader, column),
            of(&|effect| reader.effect(effect.name).to_owned()),
            of(&|effect| reader.size(effect.name, effect.value)),
            of(&|effect| reader.interval(effect.name, effect.low, effect.high)),
            of(&|effect| reader.size(effect.name, effect.bound)),
            if none { Text::Nothing } else { Text::Words(missing) },
        ];
        if column.drifted { table.strong(cells) } else { table.row(cells) }
    }
    table
}

fn distributions(reader: &Reader<'_>, decision: &Decision, told: &Parts, columns: &[&ColumnDrift]) -> Option<Section> {
    let cards = columns.iter().take(PICTURES).filter_map(|column| {
        let effect = pictures::strongest(column);
        let shown = effect.filter(|effect| effect.over).map(|effect| effect.name);
        let picture = pictures::column(reader, column, shown, pictures::SMALL)?;
        let cause = decision.causes.iter().zip(&told.causes).find(|(cause, _)| cause.column == column.name);
        let words = cause.and_then(|(_, told)| told.changed.first().cloned());
        Some(Card {
            name: reader.column(&column.name),
            tag: effect.map(|effect| (reader.times(effect.times_bound), effect.times_bound)),
            blocks: words.map(Block::Quiet).into_iter().collect(),
            picture: Some(picture),
        })
    });
    let cards: Vec<Card> = cards.collect();
    (!cards.is_empty()).then(|| Section::new("pictures", reader.words.pictures, "", vec![Block::Grid(cards)]))
}

fn pairs(reader: &Reader<'_>, report: &DriftReport) -> Option<Section> {
    let words = reader.words;
    if report.pairs.is_empty() {
        return None;
    }
    let mut table = Table::new(&[
        (words.pair, false),
        (words.before, true),
        (words.now, true),
        (words.value, true),
        (words.interval, true),
        (words.bound, true),
    ]);
    for pair in &report.pairs {
        let effect = &pair.effect;
        let cells = vec![
            Text::Name(format!("{} · {}", reader.name(&pair.column), reader.name(&pair.other))),
            Text::or_nothing(effect.reference.map(|x| reader.size(effect.name, x))),
            Text::or_nothing(effect.current.map(|x| reader.size(effect.name, x))),
            Text::words(reader.size(effect.name, effect.value)),
            Text::words(reader.interval(effect.name, effect.low, effect.high)),
            Text::words(reader.size(effect.name, effect.bound)),
        ];
        if effect.over { table.strong(cells) } else { table.row(cells) }
    }
    let changed = report.pairs.iter().any(|pair| pair.effect.over);
    let block = Block::Table(table);
    let block = if changed { block } else { Block::Folded(words.all_effects, vec![block]) };
    Some(Section::new("pairs", words.pairs, words.pairs_lead, vec![block]))
}

fn classifier(reader: &Reader<'_>, report: &DriftReport) -> Option<Section> {
    let words = reader.words;
    let classifier = report.classifier.as_ref()?;
    let mut facts = vec![
        (words.auc.to_owned(), Text::words(reader.auc(classifier.auc))),
        (
            words.interval.to_owned(),
            Text::words(fill(words.between, &[&reader.auc(classifier.low), &reader.auc(classifier.high)])),
        ),
        (words.bound.to_owned(), Text::words(reader.auc(classifier.bound))),
    ];
    if classifier.over {
        let shares = classifier.gave_it_away.iter().take(5);
        let shares: Vec<String> =
            shares.map(|one| format!("{} {}", reader.name(&one.column), reader.percent(one.share))).collect();
        facts.push((words.gave_away.to_owned(), Text::words(shares.join(", "))));
    }
    Some(Section::new("classifier", words.classifier, words.classifier_lead, vec![Block::Facts(facts)]).half())
}

fn one_side(reader: &Reader<'_>, report: &DriftReport) -> Option<Section> {
    let words = reader.words;
    let sides = [(words.only_reference, &report.only_in_reference), (words.only_current, &report.only_in_current)];
    let sides = sides.into_iter().filter(|(_, names)| !names.is_empty());
    let facts: Vec<_> = sides.map(|(side, names)| (side.to_owned(), reader.columns(names))).collect();
    (!facts.is_empty())
        .then(|| Section::new("one-side", words.one_side, words.one_side_lead, vec![Block::Facts(facts)]).half())
}

fn notes(reader: &Reader<'_>, report: &DriftReport) -> Option<Section> {
    let notes = evidence::notes(reader, report);
    (!notes.is_empty()).then(|| Section::new("notes", reader.words.notes, "", vec![Block::Facts(notes)]).half())
}

fn files(reader: &Reader<'_>, decision: &Decision) -> Option<Section> {
    let words = reader.words;
    let report = &decision.report;
    if report.columns.is_empty() {
        return None;
    }
    let sides = [(words.reference_rows, &report.reference), (words.current_rows, &report.current)];
    let mut facts: Vec<(String, Text)> = Vec::new();
    for (name, sample) in sides {
        let label = sample
            .label
            .as_deref()
            .map(|label| format!("{}, ", fill(words.quotes, &[&shown(label)])))
            .unwrap_or_default();
        let hash = sample.sha256.as_deref().map(|hash| format!(", `{}`", shown(hash))).unwrap_or_default();
        facts.push((name.to_owned(), Text::Words(format!("{label}{}{hash}", reader.count(sample.rows)))));
    }
    facts.push((words.policy.to_owned(), Text::Code(decision.policy.name.as_str().to_owned())));
    facts.push((words.level.to_owned(), Text::words(reader.percent(report.alpha))));
    Some(Section::new("inputs", words.inputs, "", vec![Block::Facts(facts)]))
}
