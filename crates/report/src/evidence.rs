//! Every effect and every test, for those who want to check; what both pages share.

use tidewheel_domain::decision::Decision;
use tidewheel_domain::drift_report::{DriftReport, EffectName};

use crate::page::{Block, Counts, Section, Table, Text};
use crate::reader::Reader;

pub(crate) fn section(reader: &Reader<'_>, report: &DriftReport, decision: Option<&Decision>) -> Option<Section> {
    let words = reader.words;
    if report.columns.is_empty() {
        return None;
    }
    let mut blocks = Vec::new();
    let meanings: Vec<(String, Text)> = EffectName::ALL
        .into_iter()
        .filter(|name| {
            let in_columns = report.columns.iter().any(|column| column.effect_named(*name).is_some());
            in_columns || report.pairs.iter().any(|pair| pair.effect.name == *name)
        })
        .map(|name| (reader.effect(name).to_owned(), Text::words(reader.effect_means(name))))
        .collect();
    blocks.push(Block::Folded(words.reading, vec![Block::Facts(meanings)]));
    blocks.push(Block::Folded(words.all_effects, vec![Block::Table(effects(reader, report))]));
    if report.columns.iter().any(|column| !column.tests.is_empty()) {
        let note = Block::Quiet(words.p_note.to_owned());
        blocks.push(Block::Folded(words.all_tests, vec![note, Block::Table(tests(reader, report))]));
    }
    if let Some(decision) = decision.filter(|decision| !decision.evidence.is_empty()) {
        blocks.push(Block::Folded(words.observed, vec![Block::Table(observed(reader, decision))]));
    }
    let notes = notes(reader, report);
    if !notes.is_empty() && decision.is_some() {
        blocks.push(Block::Folded(words.notes, vec![Block::Facts(notes)]));
    }
    Some(Section::new("evidence", words.evidence, words.evidence_lead, blocks))
}

pub(crate) fn effects(reader: &Reader<'_>, report: &DriftReport) -> Table {
    let words = reader.words;
    let mut table = Table::new(&[
        (words.column, false),
        (words.measure, false),
        (words.value, true),
        (words.interval, true),
        (words.bound, true),
        ("×", true),
        (words.verdict, false),
    ]);
    let columns = report.columns.iter();
    let effects = columns.flat_map(|column| column.effects.iter().map(|effect| (reader.name(&column.name), effect)));
    let pairs = report
        .pairs
        .iter()
        .map(|pair| (format!("{} · {}", reader.name(&pair.column), reader.name(&pair.other)), &pair.effect));
    for (name, effect) in effects.chain(pairs) {
        let verdict = match (effect.over, effect.cannot_tell()) {
            (true, _) => Text::Verdict(Counts::Yes, words.over),
            (false, true) => Text::Verdict(Counts::Open, words.cannot_tell),
            (false, false) => Text::Verdict(Counts::No, words.within),
        };
        table.row(vec![
            Text::Name(name),
            Text::words(reader.effect(effect.name)),
            Text::words(reader.size(effect.name, effect.value)),
            Text::words(reader.interval(effect.name, effect.low, effect.high)),
            Text::words(reader.size(effect.name, effect.bound)),
            Text::words(reader.multiple(effect.times_bound)),
            verdict,
        ]);
    }
    table
}

pub(crate) fn tests(reader: &Reader<'_>, report: &DriftReport) -> Table {
    let words = reader.words;
    let mut table = Table::new(&[
        (words.column, false),
        (words.test, false),
        (words.statistic, true),
        (words.p_value, true),
        (words.p_adjusted, true),
        (words.method, false),
    ]);
    for column in &report.columns {
        for test in &column.tests {
            let method = match test.method.as_str() {
                "exact" => Text::words(words.exact),
                "asymptotic" => Text::words(words.asymptotic),
                other => Text::Code(other.to_owned()),
            };
            table.row(vec![
                reader.column(&column.name),
                Text::words(reader.test(test.name)),
                Text::words(reader.value(test.statistic)),
                Text::words(reader.p_value(test.p_value)),
                Text::words(reader.p_value(test.p_adjusted)),
                method,
            ]);
        }
    }
    table
}

/// What the rules looked at.
fn observed(reader: &Reader<'_>, decision: &Decision) -> Table {
    let words = reader.words;
    let mut table = Table::new(&[
        (words.quantity, false),
        (words.observed_value, true),
        (words.held_against, true),
        (words.does_it_hold, false),
    ]);
    for one in &decision.evidence {
        table.row(vec![
            Text::Words(reader.quantity(one.quantity, one.column.as_deref(), one.effect)),
            Text::Words(reader.observed(one.quantity, one.effect, one.observed)),
            Text::Words(reader.observed(one.quantity, one.effect, one.bound)),
            Text::Mark(one.holds, if one.holds { words.yes } else { words.no }),
        ]);
    }
    table
}

/// What is special about columns.
pub(crate) fn notes(reader: &Reader<'_>, report: &DriftReport) -> Vec<(String, Text)> {
    let columns = report.columns.iter().filter(|column| !column.notes.is_empty());
    columns
        .map(|column| {
            let notes: Vec<String> = column.notes.iter().map(|note| reader.note(note)).collect();
            (reader.quoted(&column.name), Text::Words(format!("{}.", notes.join("; "))))
        })
        .collect()
}
