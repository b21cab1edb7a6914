//! The decision record as a page.

use tidewheel_domain::decision::{
    Cause, CauseSubject, Decision, Decomposition, ErrorEvidence, OtherReference, PolicyName, RuleName, SegmentPart,
};
use tidewheel_domain::drift_report::{ColumnDrift, EffectName};
use tidewheel_drift::parts;
use tidewheel_drift::prose::{CauseParts, Parts, shown};

use crate::Context;
use crate::evidence;
use crate::page::{Block, Card, Figure, Head, Page, Section, Table, Text, Verdict};
use crate::pictures;
use crate::reader::Reader;
use crate::words::fill;

/// Causes that get a card; the others are in a table.
const CARDS: usize = 8;

/// Of them those with a picture, on a page that is sent each time it is looked at.
const PICTURED: usize = 2;

/// Columns of an example row.
const VALUES: usize = 8;

pub(crate) fn page(
    reader: &Reader<'_>,
    decision: &Decision,
    labels: &tidewheel_domain::decision::ColumnLabels,
    context: &Context,
) -> Page {
    let told = parts(decision, reader.lang, labels);
    let sections = [
        causes(reader, decision, &told),
        cost(reader, decision, &told),
        segments(reader, decision),
        target_mean(reader, decision, &told),
        otherwise(reader, decision, &told),
        asked(reader, decision, &told),
        not_reasons(reader, decision),
        unseen(reader, decision),
        irrelevant(reader, decision, &told),
        references(reader, decision),
        examples(reader, decision),
        later(reader, decision, &told),
        answer(reader, decision, &told),
        evidence::section(reader, &decision.report, Some(decision)),
        Some(inputs(reader, decision, context)),
    ];
    Page {
        lang: reader.lang,
        kind: reader.words.record,
        verdict: verdict(reader, decision, &told, context),
        sections: sections.into_iter().flatten().collect(),
    }
}

fn verdict(reader: &Reader<'_>, decision: &Decision, told: &Parts, context: &Context) -> Verdict {
    let words = reader.words;
    let (chip, tone) = reader.action(decision.action);
    let mut about = Vec::new();
    if let Some(id) = decision.batch.id {
        about.push((words.batch, Text::words(reader.count(id))));
    }
    if let Some(champion) = &decision.champion {
        about.push((words.in_production, Text::Name(fill(words.version, &[&shown(&champion.version)]))));
    }
    if let Some(version) = &context.model_version {
        about.push((words.led_to, Text::Name(fill(words.version, &[&shown(version)]))));
    }
    if let Some(time) = context.decided_at {
        about.push((words.decided, Text::Time(time)));
    }
    if !decision.project.is_empty() {
        about.push((words.project, Text::Name(shown(&decision.project))));
    }
    let tested = !decision.report.columns.is_empty();
    Verdict {
        tone,
        chip,
        about,
        headline: told.headline.clone(),
        lead: vec![told.lead.clone()],
        figures: if tested { figures(reader, decision) } else { Vec::new() },
    }
}

fn figures(reader: &Reader<'_>, decision: &Decision) -> Vec<Figure> {
    let words = reader.words;
    let counts = &decision.counts;
    let columns = decision.causes.iter().filter(|cause| cause.subject == CauseSubject::Column).count();
    let mut figures = vec![Figure {
        label: words.changed_columns,
        value: reader.count(columns as u64),
        note: fill(words.of_count, &[&reader.count(counts.relevant)]),
    }];
    let report = &decision.report;
    let columns = report.columns.iter().filter(|column| column.relevant).filter_map(|column| {
        let effect = pictures::strongest(column)?;
        Some((reader.quoted(&column.name), effect.times_bound))
    });
    let pairs = report.pairs.iter().filter(|pair| pair.relevant).map(|pair| {
        let names = format!("{}, {}", reader.quoted(&pair.column), reader.quoted(&pair.other));
        (names, pair.effect.times_bound)
    });
    if let Some((name, times)) = columns.chain(pairs).max_by(|a, b| a.1.total_cmp(&b.1)) {
        figures.push(Figure {
            label: words.largest_change,
            value: reader.times(times),
            note: fill(words.times_bound, &[&name]),
        });
    }
    if let Some(error) = &decision.error {
        let deciding = error.deciding();
        let between =
            fill(words.between, &[&reader.signed_percent(deciding.low), &reader.signed_percent(deciding.high)]);
        let like =
            if deciding == &error.all { String::new() } else { format!(", {}", words.like_with_like.to_lowercase()) };
        figures.push(Figure {
            label: if error.measured { words.error_change } else { words.error_estimated },
            value: reader.signed_percent(deciding.rise),
            note: format!("{between}{like}"),
        });
    }
    figures.push(match decision.batch.never_seen_rows {
        Some(new) => Figure {
            label: words.never_seen,
            value: reader.count(new),
            note: fill(words.of_rows, &[&reader.count(decision.batch.rows)]),
        },
        None => Figure {
            label: words.rows,
            value: reader.count(decision.batch.rows),
            note: fill(words.in_reference, &[&reader.count(decision.report.reference.rows)]),
        },
    });
    figures
}

fn causes(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Option<Section> {
    let words = reader.words;
    let mut blocks: Vec<Block> = pictures::effects(reader, decision).map(Block::Picture).into_iter().collect();
    if blocks.is_empty() && decision.causes.is_empty() {
        return None;
    }
    if decision.causes.is_empty() {
        blocks.push(Block::Text(words.nothing_counts.to_owned()));
    } else {
        blocks.push(Block::Heading(words.reasons));
        let pairs = decision.causes.iter().zip(&told.causes);
        let mut cards: Vec<Card> = pairs.take(CARDS).map(|(cause, told)| card(reader, decision, cause, told)).collect();
        if reader.compact {
            cards.iter_mut().skip(PICTURED).for_each(|card| card.picture = None);
        }
        blocks.push(Block::Cards(cards));
        if decision.causes.len() > CARDS {
            blocks.push(Block::Heading(words.further_causes));
            blocks.push(Block::Table(changes(reader, &decision.causes[CARDS..])));
        }
    }
    let binned = |cause: &Cause| {
        let column = decision.report.column(&cause.column).filter(|_| cause.subject == CauseSubject::Column);
        column.is_some_and(|column| column.histogram.is_some())
    };
    let binned = decision.causes.iter().take(CARDS).any(binned).then_some(words.beyond_bins);
    let notes: Vec<&str> = told.intervals.as_deref().into_iter().chain(binned).collect();
    if !notes.is_empty() {
        blocks.push(Block::Quiet(notes.join(" ")));
    }
    Some(Section::new("causes", words.causes, words.causes_lead, blocks))
}

/// What a cause is about.
fn subject(reader: &Reader<'_>, cause: &Cause) -> Text {
    match cause.subject {
        CauseSubject::Pair => {
            let other = cause.other.as_deref().map(|other| reader.name(other)).unwrap_or_default();
            Text::Name(format!("{} · {other}", reader.name(&cause.column)))
        }
        CauseSubject::Segment => {
            let segment = shown(cause.segment.as_deref().unwrap_or_default());
            Text::Name(format!("{}: {segment}", reader.name(&cause.column)))
        }
        CauseSubject::Relation => Text::Name(fill(reader.words.relation_of, &[&reader.name(&cause.column)])),
        CauseSubject::Column => reader.column(&cause.column),
    }
}

fn card(reader: &Reader<'_>, decision: &Decision, cause: &Cause, told: &CauseParts) -> Card {
    let mut blocks: Vec<Block> = told.changed.iter().cloned().map(Block::Text).collect();
    let facts = cause.changes.iter().map(|change| {
        let size = |x| reader.size(change.effect, x);
        let mut text = fill(
            reader.words.with_interval,
            &[
                &size(change.value),
                &size_start(reader, change.effect, change.low),
                &size(change.high),
                &size(change.bound),
            ],
        );
        let by_chance = matches!(change.effect, EffectName::NewLevels | EffectName::Tails);
        if let Some(chance) = change.chance.filter(|_| by_chance) {
            text += &format!("; {}", fill(reader.words.over_chance, &[&reader.percent(chance)]));
        }
        (reader.effect(change.effect).to_owned(), Text::Words(text))
    });
    let facts: Vec<(String, Text)> = facts.collect();
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    if !told.role.is_empty() {
        blocks.push(Block::Quiet(told.role.join(" ")));
    }
    let tag = match (cause.changes.first(), &cause.error) {
        (Some(change), _) => Some((reader.times(change.times_bound), change.times_bound)),
        (None, Some(error)) => Some((reader.signed_percent(error.rise), error_multiple(decision, error.rise))),
        (None, None) => None,
    };
    Card { name: subject(reader, cause), tag, blocks, picture: pictures::cause(reader, decision, cause) }
}

/// The lower end of an interval, whose unit is said at its upper end.
fn size_start(reader: &Reader<'_>, effect: EffectName, low: f64) -> String {
    let text = reader.interval(effect, low, 0.0);
    let end = text.find(' ').unwrap_or(text.len());
    text[..end].to_owned()
}

/// A rise of the error in multiples of what the policy tolerates.
fn error_multiple(decision: &Decision, rise: f64) -> f64 {
    let tolerated = decision.policy.error_rise_over;
    if tolerated > 0.0 { rise / tolerated } else { rise * 10.0 }
}

/// Changes of columns as a table.
fn changes(reader: &Reader<'_>, causes: &[Cause]) -> Table {
    let words = reader.words;
    let mut table = Table::new(&[
        (words.column, false),
        (words.measure, false),
        (words.value, true),
        (words.interval, true),
        (words.bound, true),
        ("×", true),
    ]);
    for cause in causes {
        for change in &cause.changes {
            table.row(vec![
                subject(reader, cause),
                Text::words(reader.effect(change.effect)),
                Text::words(reader.size(change.effect, change.value)),
                Text::words(reader.interval(change.effect, change.low, change.high)),
                Text::words(reader.size(change.effect, change.bound)),
                Text::words(reader.multiple(change.times_bound)),
            ]);
        }
    }
    table
}

fn cost(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Option<Section> {
    let words = reader.words;
    let error = decision.error.as_ref()?;
    let mut blocks: Vec<Block> = told.error.clone().map(Block::Text).into_iter().collect();
    if let Some(bias) = &error.bias {
        blocks.push(Block::Text(fill(
            words.bias,
            &[
                &reader.signed(bias.reference),
                &reader.signed(bias.current),
                &reader.signed(bias.low),
                &reader.signed(bias.high),
            ],
        )));
    }
    if let Some(bridge) = pictures::error_bridge(reader, decision, error) {
        blocks.push(Block::Heading(words.from_to_error));
        blocks.push(Block::Quiet(words.mix_lead.to_owned()));
        blocks.push(Block::Picture(bridge));
    }
    let width = if reader.compact { pictures::BESIDE } else { pictures::WHOLE };
    let on_a_card = decision
        .causes
        .iter()
        .take(CARDS)
        .any(|cause| matches!(cause.subject, CauseSubject::Segment | CauseSubject::Relation));
    if let Some(forest) = pictures::error_changes(reader, decision, width).filter(|_| !on_a_card) {
        blocks.push(Block::Heading(words.error_by_segment));
        blocks.push(Block::Picture(forest));
    }
    blocks.extend(column_costs(reader, error));
    if !reader.compact {
        blocks.extend(error_segments(reader, error));
    }
    Some(Section::new("cost", words.cost, "", blocks))
}

/// The split of the error by segments, where the section about costs leaves it out.
fn segments(reader: &Reader<'_>, decision: &Decision) -> Option<Section> {
    let blocks = error_segments(reader, decision.error.as_ref().filter(|_| reader.compact)?);
    (!blocks.is_empty()).then(|| Section::new("segments", reader.words.error_by_segment, "", blocks))
}

fn error_segments(reader: &Reader<'_>, error: &ErrorEvidence) -> Vec<Block> {
    let words = reader.words;
    let Some(split) = error.by_segment.as_ref().filter(|split| !split.segments.is_empty()) else { return Vec::new() };
    vec![Block::Folded(words.segments, vec![Block::Table(split_table(reader, split, None))])]
}

/// A difference of means, segment by segment; `column` is what the means are of.
fn split_table(reader: &Reader<'_>, split: &Decomposition, column: Option<&str>) -> Table {
    let words = reader.words;
    let mut table = Table::new(&[
        (words.segment, false),
        (words.rows, true),
        (words.before, true),
        (words.now, true),
        (words.by_mix, true),
        (words.by_inside, true),
    ]);
    let all = SegmentPart {
        segment: None,
        reference_rows: 0,
        current_rows: 0,
        reference: Some(split.reference),
        current: Some(split.current),
        mix: split.mix,
        within: split.within,
    };
    let parts: Vec<&SegmentPart> = split.segments.iter().chain(&split.others).chain([&all]).collect();
    let means: Vec<f64> = parts.iter().flat_map(|part| [part.reference, part.current]).flatten().collect();
    let changes: Vec<f64> = parts.iter().flat_map(|part| [part.mix, part.within]).collect();
    let unit = column.map(|column| reader.unit(column).after).filter(|unit| !unit.is_empty());
    let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    let mut means = reader.alike(&means).into_iter();
    let mut changes = reader.alike_signed(&changes).into_iter();
    let (named, last) = (split.segments.len(), parts.len() - 1);
    for (place, part) in parts.iter().enumerate() {
        let name = match part.segment.as_deref() {
            Some(name) => Text::Name(shown(name)),
            None if place == last => Text::words(words.all_rows),
            None if place < named => Text::words(words.without_segment),
            None => Text::words(words.other_segments),
        };
        let mut mean = |there: Option<f64>| Text::or_nothing(there.and_then(|_| Some(means.next()? + &unit)));
        let rows = format!("{} → {}", reader.count(part.reference_rows), reader.count(part.current_rows));
        let mut cells = vec![
            name,
            if place == last { Text::Nothing } else { Text::Words(rows) },
            mean(part.reference),
            mean(part.current),
        ];
        cells.extend(changes.by_ref().take(2).map(Text::Words));
        if place == last { table.strong(cells) } else { table.row(cells) }
    }
    table
}

fn column_costs(reader: &Reader<'_>, error: &ErrorEvidence) -> Vec<Block> {
    let words = reader.words;
    if error.columns.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&[(words.column, false), (words.explains, true), (words.of_difference, true)]);
    let costs: Vec<f64> = error.columns.iter().map(|one| one.cost).collect();
    for (one, cost) in error.columns.iter().zip(reader.alike_signed(&costs)) {
        let share = one.share.map(|share| reader.percent(share));
        table.row(vec![reader.column(&one.column), Text::Words(cost), Text::or_nothing(share)]);
    }
    vec![
        Block::Heading(words.cost_of_columns),
        Block::Quiet(words.cost_of_columns_note.to_owned()),
        Block::Table(table),
    ]
}

fn target_mean(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Option<Section> {
    let words = reader.words;
    let split = decision.target_mean.as_ref()?;
    let table = split_table(reader, split, decision.target.as_deref());
    let mut blocks: Vec<Block> = told.target_mean.clone().map(Block::Text).into_iter().collect();
    blocks.push(Block::Picture(pictures::target_bridge(reader, decision, split)));
    blocks.push(Block::Folded(words.segments, vec![Block::Table(table)]));
    Some(Section::new("target", words.target_mean, "", blocks))
}

fn examples(reader: &Reader<'_>, decision: &Decision) -> Option<Section> {
    let words = reader.words;
    let first = decision.examples.first()?;
    let target = decision.target.as_deref().unwrap_or_default();
    let columns: Vec<&String> = first.values.keys().take(VALUES).collect();
    let mut table = Table::default();
    let head = |title, figures| Head { title, figures };
    for name in &columns {
        let mut values = decision.examples.iter().filter_map(|example| example.values.get(*name));
        let figures = values.any(|value| value.is_number());
        table.head.push(head(reader.column(name), figures));
    }
    table.head.push(head(Text::words(words.predicted), true));
    table.head.push(head(Text::words(words.actual), true));
    for example in &decision.examples {
        let cell = |name: &&String| match example.values.get(name.as_str()) {
            Some(value) if value.is_number() => Text::or_nothing(value.as_f64().map(|x| reader.value(x))),
            Some(value) => match (value.as_str(), value.as_bool()) {
                (Some(text), _) => Text::Name(shown(text)),
                (None, Some(yes)) => Text::Mark(yes, if yes { words.yes } else { words.no }),
                (None, None) => Text::Nothing,
            },
            None => Text::Nothing,
        };
        let mut cells: Vec<Text> = columns.iter().map(cell).collect();
        cells.push(Text::words(reader.value_of(target, example.predicted)));
        cells.push(Text::words(reader.value_of(target, example.actual)));
        table.row(cells);
    }
    Some(Section::new("examples", words.examples, words.examples_lead, vec![Block::Table(table)]))
}

fn otherwise(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Option<Section> {
    if told.ways.is_empty() || decision.counterfactuals.is_empty() {
        return None;
    }
    let lead = format!("{}.", told.opening);
    Some(Section::new("otherwise", reader.words.otherwise, lead, vec![Block::List(told.ways.clone())]).half())
}

fn asked(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Option<Section> {
    let words = reader.words;
    let mut blocks: Vec<Block> = told.rule.clone().map(Block::Text).into_iter().collect();
    if !decision.rules.is_empty() {
        let mut table = Table::new(&[(words.rule, false), (words.does_it_hold, false), (words.action, false)]);
        for check in &decision.rules {
            let rule = reader.rule(&check.name);
            let mark = Text::Mark(check.holds, if check.holds { words.yes } else { words.no });
            let cells = vec![Text::Words(rule), mark, Text::words(reader.action(check.action).0)];
            if check.name == decision.rule.name { table.strong(cells) } else { table.row(cells) }
        }
        blocks.push(Block::Table(table));
    }
    if blocks.is_empty() {
        return None;
    }
    Some(Section::new("rules", words.asked, words.asked_lead, blocks).half())
}

fn not_reasons(reader: &Reader<'_>, decision: &Decision) -> Option<Section> {
    let words = reader.words;
    if decision.not_reasons.is_empty() {
        return None;
    }
    let mut table = Table::new(&[
        (words.column, false),
        (words.measure, false),
        (words.value, true),
        (words.interval, true),
        (words.bound, true),
    ]);
    for one in &decision.not_reasons {
        table.row(vec![
            reader.column(&one.column),
            Text::words(reader.effect(one.effect)),
            Text::words(reader.size(one.effect, one.value)),
            Text::words(reader.interval(one.effect, one.low, one.high)),
            Text::words(reader.size(one.effect, one.bound)),
        ]);
    }
    Some(Section::new("not-reasons", words.not_reasons, words.not_reasons_lead, vec![Block::Table(table)]).half())
}

fn unseen(reader: &Reader<'_>, decision: &Decision) -> Option<Section> {
    let words = reader.words;
    if decision.unseen.is_empty() {
        return None;
    }
    let mut table = Table::new(&[
        (words.column, false),
        (words.measure, false),
        (words.may_reach, true),
        (words.bound, true),
        (words.surely_seen, true),
    ]);
    for one in &decision.unseen {
        table.row(vec![
            reader.column(&one.column),
            Text::words(reader.effect(one.effect)),
            Text::words(reader.size(one.effect, one.high)),
            Text::words(reader.size(one.effect, one.bound)),
            Text::words(reader.size(one.effect, one.visible_from)),
        ]);
    }
    Some(Section::new("unseen", words.unseen, words.unseen_lead, vec![Block::Table(table)]).half())
}

fn irrelevant(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Option<Section> {
    let words = reader.words;
    if decision.irrelevant.is_empty() {
        return None;
    }
    let pairs = decision.irrelevant.iter().zip(&told.irrelevant);
    let facts = pairs.map(|(cause, told)| {
        let times = cause.changes.first().map(|change| reader.times(change.times_bound)).unwrap_or_default();
        let sentences = told.changed.iter().chain(&told.role).cloned().collect::<Vec<_>>().join(" ");
        (format!("{} {times}", reader.quoted(&cause.column)), Text::Words(sentences))
    });
    let lead = fill(words.irrelevant_lead, &[&reader.percent(decision.policy.relevant_share)]);
    Some(Section::new("irrelevant", words.irrelevant, lead, vec![Block::Facts(facts.collect())]).half())
}

fn references(reader: &Reader<'_>, decision: &Decision) -> Option<Section> {
    let words = reader.words;
    if decision.other_references.is_empty() {
        return None;
    }
    let mut table = Table::new(&[
        (words.reference, false),
        (words.rows, true),
        (words.largest, false),
        (words.columns_over, false),
        (words.small_p, false),
    ]);
    let names = |names: &[String]| if names.is_empty() { Text::words(words.none) } else { reader.columns(names) };
    for other in &decision.other_references {
        let largest = match (other.largest_times_bound, other.largest_column.as_deref()) {
            (Some(times), Some(column)) => {
                Text::Words(fill(words.in_column, &[&reader.multiple(times), &reader.quoted(column)]))
            }
            _ => Text::Nothing,
        };
        table.row(vec![
            Text::words(reader.reference(other.kind)),
            Text::words(reader.count(other.rows)),
            largest,
            names(&other.drifted),
            names(&other.ks_below_level),
        ]);
    }
    let mut blocks = vec![Block::Table(table)];
    if let Some(heat) = each_against_each(reader, decision) {
        blocks.insert(0, Block::Table(heat));
    }
    Some(Section::new("references", words.references, words.references_lead, blocks))
}

/// The largest effect of each column against each reference, in multiples of its bound: one reference can mislead.
fn each_against_each(reader: &Reader<'_>, decision: &Decision) -> Option<Table> {
    const COLUMNS: usize = 16;
    let words = reader.words;
    let others: Vec<&OtherReference> =
        decision.other_references.iter().filter(|other| !other.times_bound.is_empty()).collect();
    if others.is_empty() {
        return None;
    }
    let own = |column: &ColumnDrift| column.effect.as_ref().map(|effect| effect.times_bound);
    let relevant = decision.report.columns.iter().filter(|column| column.relevant);
    let mut columns: Vec<(&ColumnDrift, f64)> = relevant
        .map(|column| {
            let there = others.iter().filter_map(|other| other.times_bound.get(&column.name)).copied();
            (column, there.chain(own(column)).fold(0.0, f64::max))
        })
        .collect();
    columns.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut table = Table::new(&[(words.times_of_bound, false)]);
    let of = |name: &str, rows: u64| Head {
        title: Text::Words(format!("{name}, {} {}", reader.count(rows), words.rows.to_lowercase())),
        figures: true,
    };
    let deciding = decision.compared_with.map_or(words.reference, |kind| reader.reference(kind));
    table.head.push(of(deciding, decision.report.reference.rows));
    table.head.extend(others.iter().map(|other| of(reader.reference(other.kind), other.rows)));
    let heat = |times: Option<f64>| times.map_or(Text::Nothing, |times| Text::Heat(reader.multiple(times), times));
    for (column, _) in columns.into_iter().take(COLUMNS) {
        let mut cells = vec![reader.column(&column.name), heat(own(column))];
        cells.extend(others.iter().map(|other| heat(other.times_bound.get(&column.name).copied())));
        table.row(cells);
    }
    Some(table)
}

fn answer(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Option<Section> {
    let words = reader.words;
    let answer = decision.answer.as_ref()?;
    let mut blocks: Vec<Block> = told.answer.clone().map(Block::Text).into_iter().collect();
    blocks.push(Block::Facts(vec![
        (words.who.to_owned(), Text::Name(shown(&answer.who))),
        (words.said.to_owned(), Text::words(reader.action(answer.action).0)),
        (words.why.to_owned(), Text::Name(answer.reason.clone())),
        (words.when.to_owned(), Text::Time(answer.at)),
    ]));
    Some(Section::new("answer", words.answer, "", blocks))
}

fn later(reader: &Reader<'_>, decision: &Decision, told: &Parts) -> Option<Section> {
    let after = decision.afterwards.as_ref()?;
    let mut blocks: Vec<Block> = told.afterwards.clone().map(Block::Text).into_iter().collect();
    blocks.push(Block::Picture(pictures::afterwards(reader, after)));
    Some(Section::new("afterwards", reader.words.later, "", blocks))
}

fn inputs(reader: &Reader<'_>, decision: &Decision, context: &Context) -> Section {
    let words = reader.words;
    let mut facts: Vec<(String, Text)> = Vec::new();
    let mut add = |name: &str, text: Text| facts.push((name.to_owned(), text));
    if let Some(hash) = &decision.batch.sha256 {
        add(words.batch_hash, Text::Code(shown(hash)));
    }
    if let Some(champion) = &decision.champion {
        let version = fill(words.version, &[&shown(&champion.version)]);
        add(words.champion, Text::Words(fill(words.training_rows, &[&version, &reader.count(champion.training_rows)])));
        if !champion.training_sha256.is_empty() {
            let hashes: Vec<String> = champion.training_sha256.iter().map(|hash| shown(hash)).collect();
            add(words.training_hashes, Text::Code(hashes.join(" ")));
        }
    }
    let report = &decision.report;
    for (name, sample) in [(words.reference_rows, &report.reference), (words.current_rows, &report.current)] {
        if report.columns.is_empty() {
            break;
        }
        let label = sample
            .label
            .as_deref()
            .map(|label| format!("{}, ", fill(words.quotes, &[&shown(label)])))
            .unwrap_or_default();
        let hash = sample.sha256.as_deref().map(|hash| format!(", `{}`", shown(hash))).unwrap_or_default();
        add(name, Text::Words(format!("{label}{}{hash}", reader.count(sample.rows))));
    }
    let policy = &decision.policy;
    let mut told = vec![format!("`{}`", policy.name.as_str())];
    match policy.name {
        PolicyName::CostlyDrift => {
            told.push(match policy.effect_over {
                1.0 => words.effect_over_bound.to_owned(),
                times => fill(words.effect_over, &[&reader.value(times)]),
            });
            told.push(fill(words.rise_over, &[&reader.percent(policy.error_rise_over)]));
            told.push(fill(words.rise_alone, &[&reader.percent(policy.error_rise_alone)]));
        }
        PolicyName::Reference => told.push(fill(words.p_below, &[&reader.value(policy.p_below)])),
        _ => {}
    }
    // Where the project sets no number, the rule that asked for it has it in its evidence.
    if let Some(rows) = policy.min_rows {
        told.push(fill(words.min_rows, &[&reader.count(rows)]));
    }
    add(words.policy, Text::Words(told.join("; ")));
    add(words.rule, Text::Code(format!("{}: {}", decision.rule.name.as_str(), decision.rule.condition)));
    for rule in &decision.rules {
        if rule.name != decision.rule.name && matches!(rule.name, RuleName::Own(_)) {
            add(words.rule, Text::Code(format!("{}: {}", rule.name.as_str(), rule.condition)));
        }
    }
    if !report.columns.is_empty() {
        add(words.level, Text::words(reader.percent(report.alpha)));
    }
    if let Some(run) = &context.run_id {
        add(words.run, Text::Code(shown(run)));
    }
    add(words.schema, Text::words(reader.count(u64::from(decision.schema_version))));
    Section::new("inputs", words.inputs, words.inputs_lead, vec![Block::Facts(facts)])
}
