//! `GET /ui/predict`: one case, its prediction, and why. Nothing asked here goes into the prediction log.

mod answer;
mod fields;
mod known;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Query;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use tidewheel_domain::Metric;
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_ui::pages::predict::{self, Predict};
use tidewheel_ui::{Lang, Markup};

use self::fields::Given;
use self::known::off_thread;
use super::asking::{Asking, Trouble};
use crate::inference::model::ServedModel;

pub(crate) use self::known::Knowledge;

/// Metric of a version: how many held-out rows its interval held.
const HELD: &str = "interval_coverage";
/// Metric of a version's run: how many never-seen rows of a later batch.
const HELD_NEXT: &str = "interval_coverage_next_batch";
/// Points of the latter that are looked at: those of the newest versions.
const POINTS: i64 = 50;
/// The prediction that a reader began with, as the script sends it.
const ASKED: &str = "x-asked";

/// Fields by name, in the order of the address.
type Fields = Vec<(String, String)>;

/// `GET /ui/predict`
pub(crate) async fn show(asking: Asking, Query(fields): Query<Fields>, headers: HeaderMap) -> Response {
    let page = match view(&asking, &fields, &headers).await {
        Ok(view) => Ok(predict::page(&asking.frame, &view)),
        Err(trouble) => Err(trouble),
    };
    asking.answer(page)
}

/// `GET /ui/predict/answer`: what changes when a slider moves.
pub(crate) async fn answer(asking: Asking, Query(fields): Query<Fields>, headers: HeaderMap) -> Response {
    let parts: Result<Markup, Trouble> = match view(&asking, &fields, &headers).await {
        Ok(view) => Ok(predict::parts(&asking.frame, &view)),
        Err(trouble) => Err(trouble),
    };
    asking.answer(parts)
}

/// The label of the reader's language.
fn label(lang: Lang, (english, spanish): &(String, String)) -> String {
    if lang == Lang::Es { spanish } else { english }.clone()
}

async fn view(asking: &Asking, fields: &Fields, headers: &HeaderMap) -> Result<Predict, Trouble> {
    let app = &asking.app;
    let project = Arc::clone(&app.project);
    let lang = asking.frame.lang;
    let target = project.columns.iter().find(|column| column.name == project.target);
    let target = target.map_or_else(|| project.target.clone(), |column| label(lang, &column.label));
    let Some(model) = app.models.current() else { return Ok(Predict { target, ..Predict::default() }) };
    let known = app.pages.knowledge.of(app, &model).await;
    let version = app.registry.model_version(&project.model_name, model.version).await?;
    let held_next = held_next(asking).await?;
    let host = host(headers);
    let asked = headers.get(ASKED).and_then(|asked| asked.to_str().ok()?.parse::<f64>().ok());
    let asked = asked.filter(|asked| asked.is_finite());
    let fields = fields.clone();
    off_thread(move || {
        let begun = Instant::now();
        let known = known.as_deref();
        let given = Given::read(&model, known, &fields);
        let unit = model.recipe.recipe().unit.clone();
        let mut view = Predict {
            version: Some(model.version),
            target,
            unit,
            ignored: given.ignored.clone(),
            fields: Vec::new(),
            curl: String::new(),
            answer: None,
        };
        let row = given.row(&model);
        let case = row.as_ref().and_then(|row| answer::Case::of(&model, &project, known, lang, row));
        view.fields = given.fields(&model, known, lang, case.as_ref());
        if let Some(case) = case {
            view.curl = curl(&host, &case.row.to_json_text(&model.recipe));
            let mut answer = case.answer();
            answer.asked = asked;
            answer.held = held(version.as_ref());
            answer.held_next = held_next;
            answer.took_ms = begun.elapsed().as_secs_f64() * 1e3;
            view.answer = Some(answer);
        }
        Ok(view)
    })
    .await
}

fn held(version: Option<&ModelVersion>) -> Option<Metric> {
    version.and_then(|version| version.metrics.get(HELD)).copied()
}

/// The lowest share of a later batch's new rows that the interval of a version held: version, batch, share.
async fn held_next(asking: &Asking) -> Result<Option<(i64, i64, Metric)>, Trouble> {
    let app = &asking.app;
    let points = app.registry.metric_of_versions(&app.project.model_name, HELD_NEXT, POINTS).await?;
    let points = points.into_iter().filter(|(_, _, held)| held.value.is_finite());
    Ok(points.min_by(|a, b| a.2.value.total_cmp(&b.2.value)))
}

/// The host that was asked, if it is a plain one.
fn host(headers: &HeaderMap) -> String {
    let plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte))
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(plain);
    host.unwrap_or("localhost:8000").to_owned()
}

/// The request as a command for a shell.
fn curl(host: &str, json: &str) -> String {
    format!("curl -s http://{host}/predict -H 'content-type: application/json' -d '{}'", json.replace('\'', r"'\''"))
}

/// The prediction of cells, in target units.
fn predicted(model: &ServedModel, cells: Vec<tidewheel_data::recipe::expression::Cell<'_>>) -> Option<f64> {
    model.margin(cells).and_then(|margin| model.in_units(margin))
}

/// A number as a field holds it.
fn plain(value: f64) -> String {
    format!("{value}")
}

/// A number with so few digits as a field of people has.
fn tidy(value: f64, step: f64) -> f64 {
    if step > 0.0 { (value / step).round() * step } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_safe_in_a_shell() {
        assert_eq!(
            curl("h:1", r#"{"a":"it's"}"#),
            r#"curl -s http://h:1/predict -H 'content-type: application/json' -d '{"a":"it'\''s"}'"#
        );
        let of = |text| host(&HeaderMap::from_iter([(header::HOST, header::HeaderValue::from_static(text))]));
        assert_eq!(of("a.example:80"), "a.example:80");
        assert_eq!(of("a';rm"), "localhost:8000");
    }
}
