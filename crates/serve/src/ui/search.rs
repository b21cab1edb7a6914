//! `/ui/search?q=`: straight to what is meant, or what it may be.

use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tidewheel_ui::Lang;
use tidewheel_ui::frame::escaped;
use tidewheel_ui::pages::search::{self, Found, Hit, Kind};
use tidewheel_ui::pages::settings::anchor;

use super::asking::{Asking, Trouble, local};
use super::pipeline::turn_of_run;

/// What is found at most.
const MOST: usize = 40;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /ui/search`
pub(super) async fn find(asking: Asking, Query(asked): Query<Asked>) -> Response {
    let query: String = asked.q.trim().chars().take(200).collect();
    match straight(&asking, &query).await {
        Ok(Some(path)) => go(&path),
        Ok(None) => {
            let hits = similar(&asking, &query);
            if let [only] = hits.as_slice() {
                return go(&only.href);
            }
            let page = search::page(&asking.frame, &Found { query, hits });
            asking.answer(Ok(page))
        }
        Err(trouble) => asking.answer(Err(trouble)),
    }
}

fn go(path: &str) -> Response {
    let path = local(path).unwrap_or(HeaderValue::from_static("/ui/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

/// What a query means by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meant<'q> {
    Version(i64),
    Batch(i64),
    Turn(i64),
    /// A run's id or its beginning.
    Run(&'q str),
}

/// What a query may mean, the likeliest first.
fn meanings(query: &str) -> Vec<Meant<'_>> {
    let mut meant = Vec::new();
    let (word, rest) = query.split_once([' ', '\u{a0}']).map_or(("", query), |(word, rest)| (word, rest.trim()));
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0);
    match word.to_lowercase().as_str() {
        "" => {
            if let Some(version) = query.strip_prefix(['v', 'V']).and_then(number) {
                meant.push(Meant::Version(version));
            }
            meant.extend(number(query).map(Meant::Batch));
            if query.len() >= 4 && query.len() <= 32 && query.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                meant.push(Meant::Run(query));
            }
        }
        "version" | "versión" | "model" | "modelo" => {
            meant.extend(number(rest.trim_start_matches(['v', 'V'])).map(Meant::Version));
        }
        "batch" | "lote" | "decision" | "decisión" => meant.extend(number(rest).map(Meant::Batch)),
        "turn" | "turno" => meant.extend(number(rest).map(Meant::Turn)),
        "run" | "ejecución" => meant.push(Meant::Run(rest)),
        _ => {}
    }
    meant
}

/// Where a query leads without a doubt.
async fn straight(asking: &Asking, query: &str) -> Result<Option<String>, Trouble> {
    let app = &asking.app;
    let project = &app.project;
    for meant in meanings(query) {
        let path = match meant {
            Meant::Version(version) => app
                .registry
                .model_version(&project.model_name, version)
                .await?
                .map(|version| format!("/ui/models/{}", version.version)),
            Meant::Batch(batch) => {
                app.registry.turn_of_batch(&project.name, batch).await?.map(|turn| match turn.action {
                    Some(_) => format!("/ui/decisions/{batch}"),
                    None => format!("/ui/pipeline?turn={}", turn.number),
                })
            }
            Meant::Turn(number) => app
                .registry
                .turn_without_decision(&project.name, number)
                .await?
                .map(|turn| format!("/ui/pipeline?turn={}", turn.number)),
            Meant::Run(id) => {
                turn_of_run(app, &id.to_lowercase()).await?.map(|turn| format!("/ui/pipeline?turn={}", turn.number))
            }
        };
        if path.is_some() {
            return Ok(path);
        }
    }
    let column = project.columns.iter().find(|column| {
        let label = &column.label;
        [&column.name, &label.0, &label.1].iter().any(|name| name.to_lowercase() == query.to_lowercase())
    });
    if let Some(column) = column {
        return Ok(Some(href_of_column(&column.name)));
    }
    let setting = app.pages.settings.iter().find(|setting| setting.key == query);
    Ok(setting.map(|setting| href_of_setting(&setting.key)))
}

fn href_of_column(name: &str) -> String {
    format!("/ui/drift?col={}", escaped(name))
}

fn href_of_setting(key: &str) -> String {
    format!("/ui/settings/project#{}", anchor(key))
}

/// What has the query in its name.
fn similar(asking: &Asking, query: &str) -> Vec<Hit> {
    let wanted = query.to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let app = &asking.app;
    let label = |label: &(String, String)| match asking.frame.lang {
        Lang::En => label.0.clone(),
        Lang::Es => label.1.clone(),
    };
    let columns = app.project.columns.iter().filter(|column| {
        let names = [&column.name, &column.label.0, &column.label.1];
        names.iter().any(|name| name.to_lowercase().contains(&wanted))
    });
    let columns = columns.map(|column| Hit {
        kind: Kind::Column,
        name: column.name.clone(),
        detail: Some(label(&column.label)).filter(|label| *label != column.name).unwrap_or_default(),
        href: href_of_column(&column.name),
    });
    let settings = app.pages.settings.iter().filter(|setting| setting.key.to_lowercase().contains(&wanted));
    let settings = settings.map(|setting| Hit {
        kind: Kind::Setting,
        name: setting.key.clone(),
        detail: setting.value.chars().take(120).collect(),
        href: href_of_setting(&setting.key),
    });
    columns.chain(settings).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_means_what_a_person_means() {
        assert_eq!(meanings("v6"), [Meant::Version(6)]);
        assert_eq!(meanings("versión 6"), [Meant::Version(6)]);
        assert_eq!(meanings("9"), [Meant::Batch(9)]);
        assert_eq!(meanings("Lote 9"), [Meant::Batch(9)]);
        assert_eq!(meanings("1234"), [Meant::Batch(1234), Meant::Run("1234")]);
        assert_eq!(meanings("bda5934e"), [Meant::Run("bda5934e")]);
        assert!(meanings("zip code").is_empty() && meanings("-3").is_empty() && meanings("").is_empty());
    }
}
