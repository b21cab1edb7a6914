//! What happened, what needs a person, is the champion well? One axis of batches, so that causes stand above effects.

use maud::{Markup, html};
use tidewheel_domain::metric::Metric;
use tidewheel_domain::turn::{Action, TurnState};
use tidewheel_domain::{Metrics, Timestamp};

use crate::components::{
    Act, Icon, Interval, Outcome, Tone, act_form, action_chip, action_look, brief, button_to, card, chip, command,
    dot_and_whisker, empty_state, heat_cell, nothing, told,
};
use crate::frame::{Area, Frame};
use crate::words::{Common, OverviewWords, fill};

/// What the overview shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overview {
    /// Totals over all batches.
    pub totals: Totals,
    /// The batches shown, the oldest first.
    pub batches: Vec<BatchColumn>,
    /// The columns whose drift is shown, the weightiest first.
    pub columns: Vec<DriftRow>,
    /// Columns that are not shown.
    pub more_columns: u64,
    /// The batch to ask for to see older ones.
    pub older: Option<i64>,
    /// The batch to ask for to see newer ones.
    pub newer: Option<i64>,
    /// What needs a person.
    pub attention: Vec<Attention>,
    /// The model in production.
    pub champion: Option<Champion>,
    /// How the server does.
    pub serving: Serving,
    /// Whether a turn can be begun from here.
    pub can_run: bool,
}

/// Totals over all batches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Totals {
    pub batches: u64,
    pub trainings: u64,
    pub skipped: u64,
    pub failed: u64,
    pub promoted: u64,
    pub rejected: u64,
    pub rows: u64,
    pub new_rows: u64,
    pub seen_rows: u64,
    pub quarantined_rows: u64,
}

/// One batch on the axis.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchColumn {
    /// The batch; `None` while its turn has not stored it.
    pub batch: Option<i64>,
    /// The number of its turn.
    pub turn: i64,
    /// When its turn began.
    pub at: Timestamp,
    /// New rows that passed.
    pub clean: u64,
    /// Rows that were refused.
    pub quarantined: u64,
    /// Rows seen before.
    pub seen: u64,
    /// Drift of each of [`Overview::columns`], in multiples of its bound.
    pub drift: Vec<Option<f64>>,
    /// Change of the champion's error on it, as a share; the bound from which on it counts.
    pub cost: Option<(Interval, f64)>,
    /// What was decided.
    pub action: Option<Action>,
    /// Why, in a few words.
    pub short: String,
    /// Why, in a sentence.
    pub sentence: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The version in production afterwards.
    pub production: Option<i64>,
    /// Mean error in percent of that version on the batch's held-out rows.
    pub error: Option<Metric>,
}

impl BatchColumn {
    fn state(&self) -> TurnState {
        self.outcome.state.unwrap_or(TurnState::Running)
    }

    /// Where its decision is.
    fn href(&self) -> String {
        match (self.batch, self.action) {
            (Some(batch), Some(_)) => format!("/ui/decisions/{batch}"),
            _ => format!("/ui/pipeline?turn={}", self.turn),
        }
    }
}

/// A column whose drift is shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DriftRow {
    /// Its name.
    pub name: String,
    /// Its share in the champion's judgement.
    pub weight: Option<f64>,
    /// Whether it is the target.
    pub target: bool,
}

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Attention {
    /// A question waits.
    Waiting { batch: i64, sentence: String },
    /// A turn failed.
    Failed { turn: i64, batch: Option<i64>, error: String },
    /// Much of a batch was refused.
    Quarantine { batch: i64, share: f64, usual: f64 },
    /// A challenger was not better.
    Rejected { version: i64, reason: String },
    /// The server answers with an older model than the one in production.
    Reload { error: String },
}

/// The model in production.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Champion {
    /// Its version.
    pub version: i64,
    /// Since when it is in production.
    pub since: Option<Timestamp>,
    /// Rows that it was trained on.
    pub training_rows: Option<u64>,
    /// Rows that it was judged on.
    pub held_out_rows: Option<u64>,
    /// Its metrics on them.
    pub metrics: Metrics,
    /// The version before, and its metrics.
    pub before: Option<(i64, Metrics)>,
    /// The unit of the target.
    pub unit: String,
    /// The columns that weigh most, with their shares.
    pub looks_at: Vec<(String, f64)>,
}

/// How the server does, since it started.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Serving {
    pub predictions: u64,
    pub requests: u64,
    pub failed: u64,
    /// 95th percentile of `/predict` in milliseconds.
    pub p95_ms: Option<f64>,
}

/// The page.
pub fn page(frame: &Frame, view: &Overview) -> Markup {
    let words = OverviewWords::of(frame.lang);
    let figures = frame.figures();
    let waiting = match frame.waiting {
        0 => words.waiting_none.to_owned(),
        1 => words.waiting_one.to_owned(),
        n => fill(words.waiting_many, &[("n", &figures.count(n))]),
    };
    let totals = [
        ("batches", figures.count(view.totals.batches)),
        ("trainings", figures.count(view.totals.trainings)),
        ("waiting", waiting),
    ];
    let totals = totals.each_ref().map(|(name, value)| (*name, value.as_str()));
    let lead = html! { @if view.totals.batches > 0 { (fill(words.lead, &totals)) } };
    let content = html! {
        @if view.batches.is_empty() && view.totals.batches == 0 {
            section.card #live-empty data-part {
                (empty_state(words.empty, words.empty_text, &command(frame.lang, "tidewheel run --all")))
            }
        } @else {
            div #live-kpis data-part { (kpis(frame, view, words)) }
            div #live-spine data-part { (spine(frame, view, words)) }
            div.grid {
                div.c7 #live-attention data-part { (attention(frame, view, words)) }
                div.c5 #live-champion data-part { (champion(frame, view, words)) }
            }
            div #live-why data-part { (why(frame, view, words)) }
        }
    };
    frame.page(
        Some(Area::Overview),
        &[(words.title, None)],
        words.title,
        &lead,
        &run_now(frame, view.can_run),
        &content,
    )
}

/// The button that begins a turn.
pub fn run_now(frame: &Frame, can_run: bool) -> Markup {
    let words = OverviewWords::of(frame.lang);
    let at_work = frame.running.map(|turn| fill(words.runs_already, &[("n", &turn.to_string())]));
    let disabled = if can_run { at_work.as_deref() } else { Some(words.no_loop) };
    let act =
        Act { to: "/ui/pipeline/run", label: words.run_now, icon: Icon::Play, danger: false, primary: true, disabled };
    act_form(frame, &act, &nothing())
}

fn kpis(frame: &Frame, view: &Overview, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let totals = &view.totals;
    let count = |n: u64| figures.count(n);
    let newest = view.batches.iter().rev().find_map(|batch| Some((batch.batch?, batch.error?)));
    html! {
        dl.card.kpis {
            div {
                dt { (words.kpi_trainings) }
                dd.v { (count(totals.trainings)) " " small { (fill(words.of_batches, &[("n", &count(totals.batches))])) } }
                dd.d { (fill(words.kpi_trainings_more, &[
                    ("skipped", &count(totals.skipped)), ("waiting", &count(frame.waiting)), ("failed", &count(totals.failed)),
                ])) }
            }
            div {
                dt { (words.kpi_production) }
                dd.v {
                    @match &view.champion {
                        Some(champion) => {
                            "v" (champion.version) " "
                            @if let Some(since) = champion.since {
                                small { (fill(words.for_time, &[("time", &figures.duration(frame.now.ms_since(since)))])) }
                            }
                        }
                        None => "–",
                    }
                }
                dd.d { (fill(words.kpi_production_more, &[
                    ("promoted", &count(totals.promoted)), ("rejected", &count(totals.rejected)),
                ])) }
            }
            div {
                dt { (words.kpi_error) }
                @match newest {
                    Some((batch, error)) => {
                        dd.v { (figures.percent(error.value)) }
                        dd.d { (fill(words.kpi_error_more, &[
                            ("low", &error.low.map_or_else(|| "–".to_owned(), |low| figures.percent(low))),
                            ("high", &error.high.map_or_else(|| "–".to_owned(), |high| figures.percent(high))),
                            ("n", &batch.to_string()),
                        ])) }
                    }
                    None => { dd.v { "–" } dd.d { (words.kpi_error_none) } }
                }
            }
            div {
                dt { (words.kpi_predictions) }
                dd.v { (count(view.serving.predictions)) " " small { (words.since_start) } }
                dd.d { (fill(words.kpi_predictions_more, &[
                    ("p95", &view.serving.p95_ms.map_or_else(|| "–".to_owned(), |ms| figures.plain(ms))),
                    ("errors", &count(view.serving.failed)), ("requests", &count(view.serving.requests)),
                ])) }
            }
            div {
                dt { (words.kpi_rows) }
                dd.v { (count(totals.rows)) " " small { (fill(words.of_which_new, &[("n", &count(totals.new_rows))])) } }
                dd.d { (fill(words.kpi_rows_more, &[
                    ("seen", &count(totals.seen_rows)), ("quarantined", &count(totals.quarantined_rows)),
                ])) }
            }
        }
    }
}

fn spine(frame: &Frame, view: &Overview, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let batches = &view.batches;
    let common = Common::of(frame.lang);
    let shown = match (batches.first().and_then(|one| one.batch), batches.iter().rev().find_map(|one| one.batch)) {
        (Some(first), Some(last)) if view.older.is_some() || view.newer.is_some() => fill(
            words.shown,
            &[("from", &first.to_string()), ("to", &last.to_string()), ("all", &figures.count(view.totals.batches))],
        ),
        _ => words.spine_lead.to_owned(),
    };
    let beside = html! { span class="mut sm" { (shown) } };
    let rows = html! {
        div class="scroll spine-wrap flush" data-to-end tabindex="0" role="group" aria-label=(words.spine) {
            table.spine {
                caption.sr { (words.spine) }
                thead {
                    tr {
                        th.lab scope="col" { (common.batch) }
                        @for one in batches {
                            th.now[one.state() == TurnState::Waiting] scope="col" {
                                b { @match one.batch { Some(batch) => (batch), None => "…" } }
                                small { (figures.day(one.at)) }
                            }
                        }
                    }
                }
                tbody {
                    (volume_row(frame, batches, words))
                    (drift_rows(frame, view, words))
                    (cost_row(frame, batches, words))
                    (decision_row(frame, batches, words))
                    (model_row(batches, words))
                    (error_row(frame, batches, words))
                    tr.sec.end {
                        th.lab scope="row" { (words.live_error) }
                        td.none colspan=(batches.len()) { (words.live_error_none) }
                    }
                }
            }
        }
        (list(frame, view, words))
        @if view.older.is_some() || view.newer.is_some() {
            nav.pages aria-label=(words.spine) {
                @if let Some(older) = view.older { a.btn.s href={ "/ui/?until=" (older) } { (Icon::Previous.small()) (words.older) } }
                @if let Some(newer) = view.newer { a.btn.s href={ "/ui/?until=" (newer) } { (words.newer) (Icon::Next.small()) } }
            }
        }
    };
    card("spine", words.spine, None, &beside, &rows)
}

fn volume_row(frame: &Frame, batches: &[BatchColumn], words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let most = batches.iter().map(|one| one.clean + one.quarantined).max().unwrap_or(0).max(1) as f64;
    html! {
        tr.sec.end {
            th.lab scope="row" { (words.new_rows) small { (words.new_rows_more) } }
            @for one in batches {
                @let clean = 36.0 * one.clean as f64 / most;
                @let refused = 36.0 * one.quarantined as f64 / most;
                td.now[one.state() == TurnState::Waiting] {
                    @if one.batch.is_some() {
                        svg.mini height="40" role="img" aria-label=(fill(words.rows_of, &[
                            ("clean", &figures.count(one.clean)), ("quarantined", &figures.count(one.quarantined)),
                            ("seen", &figures.count(one.seen)),
                        ])) {
                            rect.vol x="32%" width="36%" y=(format!("{:.1}", 40.0 - clean)) height=(format!("{clean:.1}")) rx="1.5" {}
                            @if one.quarantined > 0 {
                                rect.quar x="32%" width="36%" y=(format!("{:.1}", 39.0 - clean - refused))
                                    height=(format!("{refused:.1}")) rx="1.5" {}
                            }
                        }
                        span.xs { (figures.count(one.clean)) }
                    } @else { span.mut { "–" } }
                }
            }
        }
    }
}

fn drift_rows(frame: &Frame, view: &Overview, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    html! {
        @if !view.columns.is_empty() {
            tr.sec.drift {
                th.lab scope="row" { (words.drift) small { (words.drift_more) } }
                td colspan=(view.batches.len()) {
                    div.legend {
                        span.sub { (words.drift_legend) }
                        @for (step, text) in ["< 0.5", "0.5–1", "1–2", "2–4", "4–8", "8 +"].iter().enumerate() {
                            span { span class={ "hc h" (step) } {} (text) }
                        }
                    }
                }
            }
        }
        @for (place, column) in view.columns.iter().enumerate() {
            tr.end[place + 1 == view.columns.len() && view.more_columns == 0] {
                th.col scope="row" title=(brief(&column.name, 200)) {
                    span.col-name { (told(&brief(&column.name, 60))) }
                    em {
                        @if column.target { (words.target) }
                        @else if let Some(weight) = column.weight { (figures.whole_percent(weight)) }
                    }
                }
                @for one in &view.batches {
                    td.now[one.state() == TurnState::Waiting] {
                        (heat_cell(figures, one.drift.get(place).copied().flatten()))
                    }
                }
            }
        }
        @if view.more_columns > 0 {
            tr.end {
                th.col scope="row" colspan=(view.batches.len() + 1) {
                    a href="/ui/drift" { (fill(words.more_columns, &[("n", &figures.count(view.more_columns))])) }
                }
            }
        }
    }
}

fn cost_row(frame: &Frame, batches: &[BatchColumn], words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let top = batches.iter().filter_map(|one| one.cost).map(|(cost, bound)| cost.high.max(bound)).fold(0.01, f64::max);
    let low = batches.iter().filter_map(|one| one.cost).map(|(cost, _)| cost.low).fold(0.0, f64::min).max(-top);
    let place = |value: f64| format!("{:.1}", 44.0 - 42.0 * (value.clamp(low, top) - low) / (top - low));
    html! {
        tr.sec.end {
            th.lab scope="row" { (words.cost) small { (words.cost_more) } }
            @for one in batches {
                td.now[one.state() == TurnState::Waiting] {
                    @match one.cost {
                        Some((cost, bound)) => {
                            @let counts = cost.low > bound;
                            svg.mini height="46" role="img" aria-label=(fill(words.cost_of, &[
                                ("value", &figures.change(cost.value)), ("low", &figures.change(cost.low)),
                                ("high", &figures.change(cost.high)),
                            ])) {
                                line.ax x1="0" x2="100%" y1=(place(0.0)) y2=(place(0.0)) {}
                                @let (from, to) = if cost.value < 0.0 { (0.0, cost.value) } else { (cost.value, 0.0) };
                                @let height = 42.0 * (from.clamp(low, top) - to.clamp(low, top)) / (top - low);
                                rect class=(if counts { "costb" } else { "costn" }) x="38%" width="24%" y=(place(from))
                                    height=(format!("{height:.1}")) rx="1.5" {}
                                line.bound x1="0" x2="100%" y1=(place(bound)) y2=(place(bound)) {}
                                line.wh x1="50%" x2="50%" y1=(place(cost.low)) y2=(place(cost.high)) {}
                            }
                            span class={ "xs" @if !counts { " sub" } } { (figures.change(cost.value)) }
                        }
                        None => { span class="mut xs" { @if one.action == Some(Action::Baseline) { (words.no_champion) } @else { "–" } } }
                    }
                }
            }
        }
    }
}

fn decision_row(frame: &Frame, batches: &[BatchColumn], words: &'static OverviewWords) -> Markup {
    html! {
        tr.sec.end {
            th.lab scope="row" { (words.decision) small { (words.decision_more) } }
            @for one in batches {
                @let (tone, icon, word) = action_look(frame.lang, one.action, one.state());
                @let class = match tone { Tone::Train => "dec train", Tone::Ask => "dec ask", Tone::Bad => "dec bad", _ => "dec skip" };
                td.now[one.state() == TurnState::Waiting] {
                    a class=(class) href=(one.href()) { b { (icon.small()) (word) } span.clip { (told(&brief(&one.short, 80))) } }
                }
            }
        }
    }
}

/// Stretches of batches with the same version in production: first place, number of places, version.
fn stretches(batches: &[BatchColumn]) -> Vec<(usize, usize, Option<i64>)> {
    let mut stretches: Vec<(usize, usize, Option<i64>)> = Vec::new();
    for (place, one) in batches.iter().enumerate() {
        match stretches.last_mut() {
            Some((_, length, version)) if *version == one.production => *length += 1,
            _ => stretches.push((place, 1, one.production)),
        }
    }
    stretches
}

fn model_row(batches: &[BatchColumn], words: &'static OverviewWords) -> Markup {
    let stretches = stretches(batches);
    let last = stretches.len();
    html! {
        tr.sec.end {
            th.lab scope="row" { (words.model) small { (words.model_more) } }
            @for (place, (from, length, version)) in stretches.into_iter().enumerate() {
                td colspan=(length) {
                    @match version {
                        Some(version) => {
                            a class={ "band" @if place + 1 == last { " on" } } href={ "/ui/models/" (version) } { "v" (version) }
                        }
                        None => { span.mut { "–" } }
                    }
                    @for one in &batches[from..from + length] {
                        @if let (Some(version), false) = (one.outcome.version, one.outcome.promoted) {
                            a class="band rejected" href={ "/ui/models/" (version) } { (Icon::Cross.small()) "v" (version) }
                        }
                    }
                }
            }
        }
    }
}

fn error_row(frame: &Frame, batches: &[BatchColumn], words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let ends = |one: &BatchColumn| one.error.map(Interval::from).map(|error| (error.low, error.high));
    let top = batches.iter().filter_map(ends).map(|(_, high)| high).fold(0.0, f64::max).max(1e-9);
    let place = |value: f64| format!("{:.1}", 44.0 - 40.0 * value / top);
    html! {
        tr.sec.end {
            th.lab scope="row" { (words.model_error) small { (words.model_error_more) } }
            @for one in batches {
                td.now[one.state() == TurnState::Waiting] {
                    @match (one.error, ends(one)) {
                        (Some(error), Some((low, high))) => {
                            svg.mini height="46" role="img" aria-label=(fill(words.error_of, &[
                                ("value", &figures.percent(error.value)), ("low", &figures.percent(low)), ("high", &figures.percent(high)),
                            ])) {
                                line.gr x1="0" x2="100%" y1="44" y2="44" {}
                                line class="ci hot" x1="50%" x2="50%" y1=(place(low)) y2=(place(high)) {}
                                circle class="pt hot" cx="50%" cy=(place(error.value)) r="3.5" {}
                            }
                            span.xs { (figures.percent(error.value)) }
                        }
                        _ => { span.mut { "–" } }
                    }
                }
            }
        }
    }
}

/// The same for a phone: newest first.
fn list(frame: &Frame, view: &Overview, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let shown = view.columns.len().min(7);
    html! {
        ol.spine-list {
            @for one in view.batches.iter().rev() {
                li {
                    div class="row sp" {
                        a href=(one.href()) { b {
                            @match one.batch { Some(batch) => (fill(common.batch_n, &[("n", &batch.to_string())])), None => "…" }
                        } }
                        span class="mut xs grow" { (figures.day(one.at)) ", " (fill(words.rows_of, &[
                            ("clean", &figures.count(one.clean)), ("quarantined", &figures.count(one.quarantined)),
                            ("seen", &figures.count(one.seen)),
                        ])) }
                        (action_chip(frame.lang, one.action, one.state()))
                    }
                    @if one.drift.iter().any(Option::is_some) {
                        div.strip {
                            @for place in 0..shown { (heat_cell(figures, one.drift.get(place).copied().flatten())) }
                            @for column in &view.columns[..shown] { i { (told(&brief(&column.name, 40))) } }
                        }
                    }
                    p class="xs sub" { (told(&brief(&one.short, 80))) " " (one.outcome.draw(frame.lang)) }
                }
            }
        }
    }
}

fn attention(frame: &Frame, view: &Overview, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let beside =
        html! { span class="mut sm" { (fill(words.open_n, &[("n", &figures.count(view.attention.len() as u64))])) } };
    let entries = html! {
        ul.todo.flush {
            @for entry in &view.attention { (attention_entry(frame, entry, words)) }
            li {
                span.pass { (Icon::Check.draw()) }
                div.grow {
                    h3 { (if view.attention.is_empty() { words.quiet_all } else { words.quiet }) }
                    @if view.attention.is_empty() { p { (words.quiet_text) } }
                }
            }
        }
    };
    card("attention", words.attention, None, &beside, &entries)
}

fn attention_entry(frame: &Frame, entry: &Attention, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let (class, icon, title, text, button) = match entry {
        Attention::Waiting { batch, sentence } => (
            "warn",
            Icon::Ask,
            fill(words.ask_title, &[("n", &batch.to_string())]),
            brief(sentence, 1_000),
            button_to(&format!("/ui/decisions/{batch}#answer"), None, words.answer, true),
        ),
        Attention::Failed { turn, batch, error } => (
            "fail",
            Icon::Cross,
            match batch {
                Some(batch) => fill(words.failed_title, &[("n", &batch.to_string())]),
                None => fill(words.failed_turn, &[("n", &turn.to_string())]),
            },
            brief(error, 1_000),
            button_to(&format!("/ui/pipeline?turn={turn}"), None, words.look, false),
        ),
        Attention::Quarantine { batch, share, usual } => (
            "fail",
            Icon::Warn,
            fill(words.quarantine_title, &[("share", &figures.whole_percent(*share)), ("n", &batch.to_string())]),
            fill(words.quarantine_text, &[("usual", &figures.whole_percent(*usual))]),
            button_to(&format!("/ui/quarantine?batch={batch}"), None, words.look_at_rows, false),
        ),
        Attention::Rejected { version, reason } => (
            "act",
            Icon::Models,
            fill(words.rejected_title, &[("version", &format!("v{version}"))]),
            brief(reason, 1_000),
            button_to(&format!("/ui/models/{version}"), None, words.look, false),
        ),
        Attention::Reload { error } => (
            "fail",
            Icon::Warn,
            words.reload_title.to_owned(),
            brief(error, 1_000),
            button_to("/ui/monitoring", None, words.look, false),
        ),
    };
    html! { li { span class=(class) { (icon.draw()) } div.grow { h3 { (title) } p { (text) } } (button) } }
}

/// Names of metrics in the order in which they are shown, and whether they are counted in the target's unit.
const METRICS: [&str; 4] = ["mae", "mape", "rmse", "r2"];

fn champion(frame: &Frame, view: &Overview, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let Some(champion) = &view.champion else {
        let content = empty_state(words.no_model, words.no_model_text, &command(frame.lang, "tidewheel run"));
        return card("champion", words.no_model, None, &nothing(), &content);
    };
    let version = format!("v{}", champion.version);
    let or_dash = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |count| figures.count(count));
    let lead = fill(
        words.champion_lead,
        &[
            ("since", &champion.since.map_or_else(|| "–".to_owned(), |since| figures.moment(since))),
            ("training", &or_dash(champion.training_rows)),
            ("held_out", &or_dash(champion.held_out_rows)),
        ],
    );
    let looks_at: Vec<String> = champion
        .looks_at
        .iter()
        .map(|(name, share)| format!("{} {}", brief(name, 60), figures.whole_percent(*share)))
        .collect();
    let before = champion.before.as_ref();
    let content = html! {
        div.body {
            table.tbl.in {
                caption.sr { (fill(words.champion, &[("version", &version)])) }
                thead { tr {
                    th scope="col" { (words.metric) }
                    th.r scope="col" { (version) }
                    th scope="col" { span.legend {
                        @if let Some((before, _)) = before {
                            span { svg width="13" height="13" aria-hidden="true" { circle class="pt cold" cx="6.5" cy="6.5" r="4" {} } "v" (before) }
                        }
                        span { svg width="13" height="13" aria-hidden="true" { circle.b-cur cx="6.5" cy="6.5" r="4" {} } (version) }
                    } }
                    th class="r hide-s" scope="col" { (common.interval) }
                } }
                tbody {
                    @for name in METRICS {
                        @if let Some(metric) = champion.metrics.get(name) {
                            (metric_row(frame, champion, name, *metric, words))
                        }
                    }
                }
            }
            @if !looks_at.is_empty() { p class="sm sub mt" { bdi { (fill(words.looks_at, &[("columns", &looks_at.join(", "))])) } } }
            div.row.wrap.mt {
                (button_to(&format!("/ui/why/{}", champion.version), Some(Icon::Decision), &fill(words.why_version, &[("version", &version)]), false))
                @if let Some((before, _)) = before {
                    (button_to(
                        &format!("/ui/models/compare?a={before}&b={}", champion.version),
                        Some(Icon::Compare),
                        &fill(words.compare_with, &[("version", &format!("v{before}"))]),
                        false,
                    ))
                }
                (button_to("/ui/models", Some(Icon::Models), words.all_versions, false))
            }
        }
    };
    let beside = chip(Tone::Good, Some(Icon::Check), common.production);
    card("champion", fill(words.champion, &[("version", &version)]), Some(&lead), &beside, &content)
}

fn metric_row(frame: &Frame, champion: &Champion, name: &str, metric: Metric, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let write = |value: f64| match name {
        "mae" | "rmse" => figures.in_unit(value, &champion.unit),
        "mape" => figures.percent(value),
        _ => figures.fixed(value, 3),
    };
    let title = match name {
        "mae" => words.mae,
        "mape" => words.mape,
        "rmse" => words.rmse,
        _ => words.r2,
    };
    let before = champion.before.as_ref().and_then(|(_, metrics)| metrics.get(name)).map(|metric| metric.value);
    let Interval { low, high, .. } = metric.into();
    let (from, to) = before.map_or((low, high), |before| (low.min(before), high.max(before)));
    let room = (to - from) * 0.15;
    let between = fill(common.between, &[("low", &write(low)), ("high", &write(high))]);
    html! {
        tr {
            th.nw scope="row" { (title) }
            td.r.nw { b { (write(metric.value)) } }
            td { (dot_and_whisker(
                Interval { value: metric.value, low, high }, (from - room, to + room), Tone::Train, before, None,
                &format!("{title} {}, {} {between}", write(metric.value), common.interval),
            )) }
            td class="r sub nw xs hide-s" { (between) }
        }
    }
}

fn why(frame: &Frame, view: &Overview, words: &'static OverviewWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let all = fill(words.all_decisions, &[("n", &figures.count(view.totals.batches))]);
    let beside = html! { a.sm href="/ui/decisions" { (all) } };
    let table = html! {
        div.flush {
            table class="tbl why cards-s" {
                caption.sr { (words.why) }
                thead { tr {
                    th scope="col" { (common.batch) } th scope="col" { (words.decision) }
                    th scope="col" { (words.because) } th scope="col" { (words.then) }
                } }
                tbody {
                    @for one in view.batches.iter().rev().take(6) {
                        tr {
                            td { a href=(one.href()) { b {
                                @match one.batch { Some(batch) => (fill(common.batch_n, &[("n", &batch.to_string())])), None => "…" }
                            } } }
                            td { (action_chip(frame.lang, one.action, one.state())) }
                            td { p { (told(&brief(&one.sentence, 1_000))) } }
                            td { (one.outcome.draw(frame.lang)) }
                        }
                    }
                }
            }
        }
    };
    card("why", words.why, None, &beside, &table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LANGS, check, frame, hostile};

    fn view() -> Overview {
        let odd = || hostile().concat();
        let at = Timestamp::from_ms(1_795_642_012_249);
        let batch = |turn: i64| BatchColumn {
            batch: (turn != 3).then_some(turn),
            turn,
            at,
            clean: 10,
            quarantined: 2,
            seen: 5,
            drift: hostile().iter().map(|_| Some(2.0)).collect(),
            cost: None,
            action: None,
            short: odd(),
            sentence: odd(),
            outcome: Outcome { state: Some(TurnState::Failed), error: Some(odd()), ..Outcome::default() },
            production: Some(1),
            error: None,
        };
        Overview {
            totals: Totals { batches: 3, ..Totals::default() },
            batches: (1..=3).map(batch).collect(),
            columns: hostile().into_iter().map(|name| DriftRow { name, weight: None, target: false }).collect(),
            attention: vec![
                Attention::Waiting { batch: 1, sentence: odd() },
                Attention::Failed { turn: 1, batch: None, error: odd() },
                Attention::Rejected { version: 2, reason: odd() },
                Attention::Reload { error: odd() },
            ],
            champion: Some(Champion {
                version: 1,
                unit: hostile()[0].clone(),
                looks_at: hostile().into_iter().map(|name| (name, 0.1)).collect(),
                ..Champion::default()
            }),
            ..Overview::default()
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        for lang in LANGS {
            check(&page(&frame(lang), &view()).into_string());
            check(&page(&frame(lang), &Overview::default()).into_string());
        }
    }
}
