//! `/ui/models`: which versions there are, what was in production when.

mod act;
mod compare;
mod differences;
mod verdict;
mod version;

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use tidewheel_domain::VersionNumber;
use tidewheel_domain::model_version::{LedgerEntry, LedgerEvent, ModelVersion};
use tidewheel_domain::turn::Turn;
use tidewheel_ui::Markup;
use tidewheel_ui::pages::models::ledger::Ledger;
use tidewheel_ui::pages::models::{self, Models, VersionRow};

use super::asking::{Asking, Trouble};

pub(super) use self::verdict::Verdicts;
use self::verdict::judgement;
pub(super) use act::{ask_promote, ask_rollback, promote, rollback};
pub(super) use compare::show as show_compare;
pub(super) use differences::Shelf;
pub(super) use version::{get_file, send, show as show_version};

/// Versions on a page.
const SHOWN: i64 = 20;
/// What is shown of a training's parameters beside its version.
const SHOWN_PARAMS: [&str; 1] = ["training_rows"];

/// Which part of the table and of the ledger.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Range {
    /// The newest version that is shown.
    until: Option<String>,
    /// The moment asked for.
    at: Option<String>,
    /// The newest line of the ledger that is shown.
    line: Option<String>,
}

/// `GET /ui/models`
pub(crate) async fn show(asking: Asking, Query(range): Query<Range>) -> Response {
    let page = draw(&asking, &range).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, range: &Range) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let until = range.until.as_ref().and_then(|text| text.parse().ok()).map(|version: VersionNumber| version.0);
    let lines = app.registry.ledger(&app.project.model_name).await?;
    let newest = app.registry.newest_versions(&app.project.model_name, None, 1).await?;
    let total = newest.first().map_or(0, |version| version.version);
    let versions = app.registry.newest_versions(&app.project.model_name, until, SHOWN).await?;
    let rows = rows(asking, &versions).await?;
    let (first, last) = (rows.last().map_or(0, |row| row.version), rows.first().map_or(0, |row| row.version));
    let of = |event: fn(&LedgerEvent) -> bool| {
        lines.iter().filter(|line| event(&line.event)).map(|line| line.version).collect::<BTreeSet<i64>>()
    };
    let promoted = of(|event| matches!(event, LedgerEvent::Promote | LedgerEvent::Rollback));
    let rejected = of(|event| *event == LedgerEvent::Reject);
    let view = Models {
        rollback: act::rollback_from(asking, &lines).await?,
        versions: rows,
        total: total.max(0) as u64,
        promoted: promoted.len() as u64,
        rejected: rejected.difference(&promoted).count() as u64,
        older: (first > 1).then_some(first - 1),
        newer: (last > 0 && last < total).then_some((last + SHOWN).min(total)),
        ledger: Ledger {
            lines,
            at: range.at.clone().filter(|at| !at.is_empty()).map(|at| at.chars().take(40).collect()),
            until: range.line.as_ref().and_then(|line| line.parse().ok()),
            production: asking.pulse.production,
        },
        answers: app.models.current().map(|model| model.version),
        unit: app.project.unit.clone(),
    };
    Ok(models::page(&asking.frame, &view))
}

/// What the table shows of versions, in their order.
async fn rows(asking: &Asking, versions: &[ModelVersion]) -> Result<Vec<VersionRow>, Trouble> {
    let app = &asking.app;
    let numbers = || versions.iter().map(|version| version.version);
    let (Some(from), Some(to)) = (numbers().min(), numbers().max()) else { return Ok(Vec::new()) };
    let turns = app.registry.turns_of_versions(&app.project.name, (from, to)).await?;
    let turns: BTreeMap<i64, Turn> = turns.into_iter().filter_map(|turn| Some((turn.model_version?, turn))).collect();
    let params = app.registry.params_of_versions(&app.project.model_name, (from, to), &SHOWN_PARAMS).await?;
    let verdicts = app.pages.verdicts.of(app, versions).await;
    let mut rows = Vec::with_capacity(versions.len());
    for (version, verdict) in versions.iter().zip(verdicts) {
        let turn = turns.get(&version.version);
        let because = match turn {
            Some(turn) => Some(app.pages.digests.of(app, turn).await?.sentence(asking.frame.lang).to_owned()),
            None => None,
        };
        let param = |name: &str| params.get(&version.version).and_then(|params| params.get(name));
        rows.push(VersionRow {
            version: version.version,
            stage: version.stage,
            rejected_by: version.rejected_by.clone(),
            because: because.filter(|because| !because.is_empty()),
            batch: turn.and_then(|turn| turn.batch),
            training_rows: param("training_rows").and_then(|rows| rows.parse().ok()),
            created_at: version.created_at,
            metrics: version.metrics.clone(),
            judgement: verdict.map(|verdict| judgement(&verdict, turn.and_then(|turn| turn.champion_before))),
        });
    }
    Ok(rows)
}

/// The version that a path or a field names.
async fn find(asking: &Asking, text: &str) -> Result<ModelVersion, Trouble> {
    let missing = || {
        let what = match asking.frame.lang {
            tidewheel_ui::Lang::En => "version",
            tidewheel_ui::Lang::Es => "la versión",
        };
        Trouble::missing(format!("{what} {}", text.chars().take(40).collect::<String>()))
    };
    let number: VersionNumber = text.parse().map_err(|_| missing())?;
    let found = asking.app.registry.model_version(&asking.app.project.model_name, number.0).await?;
    found.ok_or_else(missing)
}

/// What a version's training was given and what it was made from.
mod facts {
    use std::collections::BTreeMap;

    use tidewheel_domain::run::Run;
    use tidewheel_ui::Figures;
    use tidewheel_ui::pages::models::version::DataFact;

    const DATA: [(&str, DataFact); 5] = [
        ("training_rows", DataFact::RowsToLearn),
        ("batches", DataFact::Batches),
        ("holdout_rows", DataFact::RowsHeldOut),
        ("training_rows_outside_limits", DataFact::RowsOutside),
        ("features", DataFact::Features),
    ];
    /// Parameters that are no settings and not listed.
    const UNLISTED: [&str; 1] = ["holdout_rows_outside_limits"];

    /// Figures about data, as they are written.
    pub(super) fn data(run: &Run, figures: Figures) -> Vec<(DataFact, String)> {
        let known = DATA.into_iter().filter_map(|(name, fact)| {
            let value = run.params.get(name)?;
            let text = match fact {
                DataFact::Batches => stretches(value),
                DataFact::Features => figures.count(value.split(',').filter(|name| !name.is_empty()).count() as u64),
                _ => value.parse::<u64>().map_or_else(|_| value.clone(), |rows| figures.count(rows)),
            };
            Some((fact, text))
        });
        let took = run.ended_at.map(|end| (DataFact::TrainedIn, figures.duration(end.ms_since(run.started_at))));
        known.chain(took).collect()
    }

    /// Parameters of the training itself.
    pub(super) fn settings(run: &Run) -> BTreeMap<String, String> {
        let is_data = |name: &str| DATA.iter().any(|(known, _)| *known == name) || UNLISTED.contains(&name);
        run.params
            .iter()
            .filter(|(name, _)| !is_data(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// `1,2,3,5` as `1–3, 5`.
    pub(super) fn stretches(text: &str) -> String {
        let Ok(numbers) = text.split(',').map(|number| number.trim().parse::<i64>()).collect::<Result<Vec<_>, _>>()
        else {
            return text.to_owned();
        };
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        for number in numbers {
            match stretches.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ => stretches.push((number, number)),
            }
        }
        let stretches = stretches.iter().map(|(first, last)| match last - first {
            0 => first.to_string(),
            1 => format!("{first}, {last}"),
            _ => format!("{first}–{last}"),
        });
        stretches.collect::<Vec<_>>().join(", ")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn batches_in_a_row_are_one_stretch() {
            assert_eq!(stretches("1,2,3,5,7,8"), "1–3, 5, 7, 8");
            assert_eq!(stretches("4"), "4");
            assert_eq!(stretches("all"), "all");
        }
    }
}

/// The lines of a ledger about one version.
fn lines_of(lines: Vec<LedgerEntry>, version: i64) -> Vec<LedgerEntry> {
    lines.into_iter().filter(|line| line.version == version).collect()
}
