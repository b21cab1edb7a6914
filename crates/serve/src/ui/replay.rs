//! `GET /ui/decisions/replay`: past batches under another policy, from what is on record.

use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use tidewheel_domain::decision::{Decision, PolicyName, PolicySettings};
use tidewheel_domain::turn::Turn;
use tidewheel_ui::Markup;
use tidewheel_ui::pages::replay::{self, Number, Replay, Row, Setting};

use super::asking::{Asking, Trouble};

/// Batches on a page: each record is read whole and decided about again.
const SHOWN: i64 = 20;
/// The policies that decide over what is on record.
const POLICIES: [PolicyName; 2] = [PolicyName::CostlyDrift, PolicyName::Effect];

/// The policy that is tried; a form sends empty fields, too.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    policy: String,
    effect: Option<String>,
    rise: Option<String>,
    alone: Option<String>,
    rows: Option<String>,
    #[serde(default)]
    until: String,
}

impl Asked {
    fn text(&self, setting: Setting) -> Option<&str> {
        match setting {
            Setting::Effect => self.effect.as_deref(),
            Setting::Rise => self.rise.as_deref(),
            Setting::Alone => self.alone.as_deref(),
            Setting::Rows => self.rows.as_deref(),
        }
        .map(str::trim)
        .filter(|text| !text.is_empty())
    }
}

/// `GET /ui/decisions/replay`
pub(super) async fn show(asking: Asking, Query(asked): Query<Asked>) -> Response {
    let page = draw(&asking, &asked).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, asked: &Asked) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let (policy, numbers) = tried(&app.project.policy, asked);
    let until: Option<i64> = asked.until.parse().ok();
    let mut turns = app.registry.decided_records(&app.project.name, until, SHOWN + 1).await?;
    let older = turns.get(SHOWN as usize).map(|turn| turn.number);
    turns.truncate(SHOWN as usize);
    let lang = asking.frame.lang;
    let labels = tidewheel_report::labels(&app.project, lang);
    let name = policy.name.as_str().to_owned();
    let row = move |turn: Turn| -> Option<Row> {
        let record: Decision = serde_json::from_value(turn.decision?).ok()?;
        let would = tidewheel_drift::again(&record, &policy);
        Some(Row {
            batch: turn.batch?,
            turn: turn.number,
            was: record.action,
            would: would.map(|would| (would.action, tidewheel_report::because(&would, lang, &labels).rule)),
        })
    };
    let work = move || turns.into_iter().filter_map(row).collect();
    let view = Replay {
        policies: POLICIES.map(PolicyName::as_str).to_vec(),
        policy: name,
        numbers,
        rows: tokio::task::spawn_blocking(work).await.map_err(|error| Trouble::failed(error.to_string()))?,
        older,
    };
    Ok(replay::page(&asking.frame, &view))
}

/// The project's policy with what is typed; what is no sound number is told and left as it is in the project.
fn tried(own: &PolicySettings, asked: &Asked) -> (PolicySettings, Vec<Number>) {
    let name = POLICIES.into_iter().find(|name| name.as_str() == asked.policy);
    let name = name.unwrap_or(if POLICIES.contains(&own.name) { own.name } else { PolicyName::CostlyDrift });
    let mut policy = PolicySettings { name, ..own.clone() };
    let numbers = Setting::ALL.map(|setting| {
        let (factor, limits) = match setting {
            Setting::Effect => (1.0, (0.0, 1000.0)),
            Setting::Rise | Setting::Alone => (100.0, (0.0, 10_000.0)),
            Setting::Rows => (1.0, (0.0, 1e9)),
        };
        let own = match setting {
            Setting::Effect => policy.effect_over,
            Setting::Rise => policy.error_rise_over,
            Setting::Alone => policy.error_rise_alone,
            Setting::Rows => policy.needed_rows().unwrap_or(0) as f64,
        };
        let Some(text) = asked.text(setting) else {
            let text = ((own * factor * 1000.0).round() / 1000.0).to_string();
            return Number { name: setting, text, wrong: None };
        };
        let value = text.replace(',', ".").parse::<f64>().ok().filter(|value| (limits.0..=limits.1).contains(value));
        if let Some(value) = value {
            let value = value / factor;
            match setting {
                Setting::Effect => policy.effect_over = value,
                Setting::Rise => policy.error_rise_over = value,
                Setting::Alone => policy.error_rise_alone = value,
                Setting::Rows => policy.min_rows = Some(value as u64),
            }
        }
        let text = text.chars().take(20).collect();
        Number { name: setting, text, wrong: value.is_none().then_some(limits) }
    });
    (policy, numbers.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_tried_and_what_is_no_number_is_told() {
        let asked = |rise: &str| Asked {
            policy: "effect".to_owned(),
            effect: None,
            rise: Some(rise.to_owned()),
            alone: None,
            rows: Some("800".to_owned()),
            until: String::new(),
        };
        let own = PolicySettings::default();
        let (policy, numbers) = tried(&own, &asked("25,5"));
        assert_eq!((policy.name, policy.error_rise_over, policy.min_rows), (PolicyName::Effect, 0.255, Some(800)));
        assert!(numbers.iter().all(|number| number.wrong.is_none()));
        assert_eq!(numbers[0].text, "1");
        for wrong in ["x", "-1", "inf", "NaN"] {
            let (policy, numbers) = tried(&own, &asked(wrong));
            assert_eq!(policy.error_rise_over, own.error_rise_over);
            assert_eq!((numbers[1].text.as_str(), numbers[1].wrong), (wrong, Some((0.0, 10_000.0))));
        }
    }
}
