//! `/ui/models/compare`: two versions beside each other.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidewheel_domain::VersionNumber;
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_domain::run::Run;
use tidewheel_ui::Markup;
use tidewheel_ui::pages::models::Paired;
use tidewheel_ui::pages::models::compare::{self, Compare, Pair, Trouble as Unpaired};
use tidewheel_ui::pages::models::version::DataFact;

use super::differences::Loaded;
use super::verdict::turned;
use super::{facts, rows};
use crate::ui::asking::{Asking, Trouble};
use crate::ui::labelled_importance;

/// `GET /ui/models/compare?a=&b=`; also `?v=&v=`, as the boxes of the table send it.
pub(crate) async fn show(asking: Asking, Query(asked): Query<Vec<(String, String)>>) -> Response {
    let of = |name: &str| asked.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
    let mut chosen: Vec<VersionNumber> =
        asked.iter().filter(|(key, _)| key == "v").filter_map(|(_, value)| value.parse().ok()).collect();
    chosen.sort();
    chosen.dedup();
    if let [a, b] = chosen.as_slice()
        && let Ok(to) = HeaderValue::from_str(&format!("/ui/models/compare?a={a}&b={b}"))
    {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    }
    let short = |text: Option<String>| text.unwrap_or_default().chars().take(20).collect::<String>();
    let picked = (short(of("a")), short(of("b")));
    let page = draw(&asking, picked, asked.iter().any(|(key, _)| key == "v")).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, picked: (String, String), boxes: bool) -> Result<Markup, Trouble> {
    let model = &asking.app.project.model_name;
    let mut view = Compare { picked, ..Compare::default() };
    let (a, b) = (&view.picked.0, &view.picked.1);
    if a.is_empty() && b.is_empty() {
        view.trouble = boxes.then_some(Unpaired::NotTwo);
        return Ok(compare::page(&asking.frame, &view));
    }
    let mut found = Vec::new();
    for text in [a, b] {
        let number = text.parse::<VersionNumber>().ok();
        let version = match number {
            Some(number) => asking.app.registry.model_version(model, number.0).await?,
            None => None,
        };
        match version {
            Some(version) => found.push(version),
            None => {
                view.trouble = Some(if text.is_empty() { Unpaired::NotTwo } else { Unpaired::Missing(text.clone()) });
                return Ok(compare::page(&asking.frame, &view));
            }
        }
    }
    if let [a, b] = found.as_slice() {
        if a.version == b.version {
            view.trouble = Some(Unpaired::Same);
        } else {
            view.pair = Some(pair(asking, a, b).await?);
        }
    }
    Ok(compare::page(&asking.frame, &view))
}

async fn pair(asking: &Asking, a: &ModelVersion, b: &ModelVersion) -> Result<Pair, Trouble> {
    let app = &asking.app;
    let runs = (app.registry.run(&a.run_id).await?, app.registry.run(&b.run_id).await?);
    let settings = |run: &Option<Run>| run.as_ref().map(facts::settings).unwrap_or_default();
    let (of_a, of_b) = (settings(&runs.0), settings(&runs.1));
    let names: BTreeSet<&String> = of_a.keys().chain(of_b.keys()).collect();
    let held_out = |run: &Option<Run>| run.as_ref().and_then(|run| run.params.get("holdout_rows")?.parse().ok());
    let loaded = app.pages.shelf.both(app, a, b).await;
    let mut data = data(asking, &runs);
    if let Ok((a, b)) = &loaded {
        data.extend(levels(asking, a, b));
    }
    let differences = match loaded {
        Ok((of_a, of_b)) => app.pages.shelf.differences(app, (a, of_a), (b, of_b)).await?,
        Err(error) => Some(Err(error)),
    };
    Ok(Pair {
        a: a.version,
        b: b.version,
        settings_in_all: names.len() as u64,
        settings: names
            .into_iter()
            .filter(|name| of_a.get(*name) != of_b.get(*name))
            .map(|name| (name.clone(), of_a.get(name).cloned(), of_b.get(name).cloned()))
            .collect(),
        data,
        weights: weights(asking, a, b).await,
        differences,
        metrics: (a.metrics.clone(), b.metrics.clone()),
        held_out: (held_out(&runs.0), held_out(&runs.1)),
        paired: paired(asking, a, b).await?,
        unit: app.project.unit.clone(),
    })
}

type Row = (DataFact, Option<String>, Option<String>);

fn data(asking: &Asking, runs: &(Option<Run>, Option<Run>)) -> Vec<Row> {
    let figures = asking.frame.figures();
    let of = |run: &Option<Run>| run.as_ref().map(|run| facts::data(run, figures)).unwrap_or_default();
    let (a, b) = (of(&runs.0), of(&runs.1));
    let mut rows: Vec<Row> = Vec::new();
    for (fact, value) in a {
        let other = b.iter().find(|(known, _)| *known == fact).map(|(_, value)| value.clone());
        rows.push((fact, Some(value), other));
    }
    for (fact, value) in b {
        if !rows.iter().any(|(known, ..)| *known == fact) {
            rows.push((fact, None, Some(value)));
        }
    }
    rows
}

/// How many values of each encoded column the two learnt.
fn levels(asking: &Asking, a: &Loaded, b: &Loaded) -> Vec<Row> {
    let figures = asking.frame.figures();
    let labels = tidewheel_report::labels(&asking.app.project, asking.frame.lang);
    let of = |loaded: &Loaded| -> BTreeMap<String, usize> {
        loaded.recipe().encoders.iter().map(|encoder| (encoder.column.clone(), encoder.values.len())).collect()
    };
    let (a, b) = (of(a), of(b));
    let columns: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let rows = columns.into_iter().map(|column| {
        let label = labels.get(column).and_then(|label| label.label.clone()).unwrap_or_else(|| column.clone());
        let count = |of: &BTreeMap<String, usize>| of.get(column).map(|count| figures.count(*count as u64));
        (DataFact::Levels(label), count(&a), count(&b))
    });
    rows.collect()
}

async fn weights(asking: &Asking, a: &ModelVersion, b: &ModelVersion) -> Vec<(String, f64, f64)> {
    let of_a = labelled_importance(asking, &a.run_id).await;
    let of_b = labelled_importance(asking, &b.run_id).await;
    let mut shares: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for (name, share) in of_a {
        shares.entry(name).or_default().0 = share;
    }
    for (name, share) in of_b {
        shares.entry(name).or_default().1 = share;
    }
    let mut shares: Vec<_> = shares.into_iter().map(|(name, (a, b))| (name, a, b)).collect();
    shares.sort_by(|x, y| y.1.max(y.2).total_cmp(&x.1.max(x.2)));
    shares
}

/// The second against the first on the same rows, where one was the other's challenger.
async fn paired(asking: &Asking, a: &ModelVersion, b: &ModelVersion) -> Result<Option<Paired>, Trouble> {
    let judged = rows(asking, &[a.clone(), b.clone()]).await?;
    let against = |of: i64, champion: i64| {
        let row = judged.iter().find(|row| row.version == of)?;
        row.judgement.as_ref()?.against.clone().filter(|paired| paired.champion == Some(champion))
    };
    Ok(against(b.version, a.version).or_else(|| against(a.version, b.version).map(|paired| turned(&paired, a.version))))
}
