//! How is it set up, and does what it needs work?

use maud::{Markup, html};
use tidewheel_domain::Timestamp;
use tidewheel_domain::project::Origin;
use tidewheel_domain::turn::{Action, TurnState};

use crate::components::{Act, Icon, act_form, action_chip, card, command, empty_state, nothing, told};
use crate::frame::{Area, Frame};
use crate::words::{SettingsWords, fill};

/// The checked project file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProjectSettings {
    /// Its keys, in the order of the file.
    pub rows: Vec<Row>,
    /// The policy.
    pub policy: String,
    /// Its rules in the order in which they are asked: name, condition, action.
    pub rules: Vec<(String, String, Action)>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Dotted.
    pub key: String,
    /// Empty where nothing is set.
    pub value: String,
    /// What set it; `None` of a default.
    pub origin: Option<Origin>,
}

/// What the program is connected to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct System {
    /// The program's version, and what it runs on.
    pub program: String,
    /// Kind, name and host of the database.
    pub database: String,
    /// Where objects are.
    pub objects: String,
    /// Where the server listens.
    pub listen: String,
    /// The model in use: name, version, since when.
    pub model: Option<(String, i64, Timestamp)>,
    /// Whether this server turns the loop, and can check what it needs.
    pub turns: bool,
    /// When it was last checked, and what was found; `None` in place of it where the checks took too long.
    pub checked: Option<(Timestamp, Option<Vec<Check>>)>,
    /// Seconds that checks may take.
    pub check_seconds: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Whether it works; `None` where it does for now.
    pub works: Option<bool>,
    /// What was seen.
    pub found: String,
    /// What to do about it.
    pub advice: String,
}

fn shell(frame: &Frame, system: bool, lead: &str, content: &Markup) -> Markup {
    let words = SettingsWords::of(frame.lang);
    let title = if system { words.system } else { words.project };
    let tabs = html! {
        nav.seg aria-label=(words.views) {
            a href="/ui/settings/project" aria-current=[(!system).then_some("page")] { (words.project) }
            a href="/ui/settings/system" aria-current=[system.then_some("page")] { (words.system) }
        }
    };
    let crumbs = [(words.title, Some("/ui/settings")), (title, None)];
    let title = format!("{}: {}", words.title, title.to_lowercase());
    frame.page(Some(Area::Settings), &crumbs, &title, &html! { (lead) }, &tabs, content)
}

/// The page of the project file.
pub fn project_page(frame: &Frame, view: &ProjectSettings) -> Markup {
    let words = SettingsWords::of(frame.lang);
    let figures = frame.figures();
    let set = view.rows.iter().filter(|row| row.origin.is_some()).count();
    let over =
        view.rows.iter().filter(|row| matches!(row.origin, Some(Origin::Environment(_) | Origin::Flag(_)))).count();
    let count = |n: usize| figures.count(n as u64);
    let counts = fill(words.counts, &[("set", &count(set)), ("all", &count(view.rows.len())), ("over", &count(over))]);
    let content = html! {
        (rules(frame, view, words))
        @if view.rows.is_empty() {
            section.card { (empty_state(words.none, words.none_text, &command(frame.lang, "tidewheel check"))) }
        } @else {
            nav.sections aria-label=(words.project) {
                @for section in sections(&view.rows) {
                    @let name = section.first().map_or("", |row| section_of(&row.key));
                    a href={ "#s-" (name) } { code { "[" (name) "]" } }
                }
                span.sub { (counts) }
            }
        }
        @for section in sections(&view.rows) { (section_card(section, words)) }
    };
    shell(frame, false, words.project_lead, &content)
}

/// The part of a key before its first dot, or the name of a list.
fn section_of(key: &str) -> &str {
    key.split(['.', '[']).next().unwrap_or(key)
}

fn sections(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|a, b| section_of(&a.key) == section_of(&b.key))
}

fn section_card(rows: &[Row], words: &'static SettingsWords) -> Markup {
    let name = rows.first().map_or("", |row| section_of(&row.key));
    let short = |key: &str| key.strip_prefix(name).map_or(key, |rest| rest.trim_start_matches('.')).to_owned();
    let table = html! {
        div.flush {
            table class="tbl cards-s settings" {
                caption.sr { (name) }
                thead { tr { th scope="col" { (words.key) } th scope="col" { (words.value) } th scope="col" { (words.origin) } } }
                tbody {
                    @for row in rows {
                        tr id=(anchor(&row.key)) {
                            th scope="row" { code { (told(&short(&row.key))) } }
                            td data-l=(words.value) {
                                @if row.value.is_empty() { span.mut { (words.not_set) } } @else { code { (told(&row.value)) } }
                            }
                            td class="sm" data-l=(words.origin) { (origin(row.origin.as_ref(), words)) }
                        }
                    }
                }
            }
        }
    };
    card(&format!("s-{name}"), html! { code { "[" (name) "]" } }, None, &nothing(), &table)
}

/// The place of a key on the page.
pub fn anchor(key: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    format!("k-{}", key.chars().map(plain).collect::<String>())
}

fn origin(origin: Option<&Origin>, words: &'static SettingsWords) -> Markup {
    html! {
        @match origin {
            None => span.mut { (words.from_default) },
            Some(Origin::File(name)) => span title=(name) { (words.from_file) },
            Some(Origin::Environment(name)) => span.warn { (fill(words.from_environment, &[("name", name)])) },
            Some(Origin::Flag(name)) => span.warn { (fill(words.from_flag, &[("name", name)])) },
        }
    }
}

fn rules(frame: &Frame, view: &ProjectSettings, words: &'static SettingsWords) -> Markup {
    let table = html! {
        div.flush {
            table class="tbl cards-s" {
                caption.sr { (fill(words.rules, &[("name", &view.policy)])) }
                thead { tr { th scope="col" { (words.rule) } th scope="col" { (words.when) } th scope="col" { (words.then) } } }
                tbody {
                    @for (name, when, action) in &view.rules {
                        tr {
                            th scope="row" { (told(&name.replace('_', " "))) }
                            td data-l=(words.when) { code { (when) } }
                            td data-l=(words.then) { (action_chip(frame.lang, Some(*action), TurnState::Succeeded)) }
                        }
                    }
                }
            }
            p.pages { (words.rules_before) }
        }
    };
    card("rules", fill(words.rules, &[("name", &view.policy)]), Some(words.rules_lead), &nothing(), &table)
}

/// The page of what the program is connected to.
pub fn system_page(frame: &Frame, view: &System) -> Markup {
    let words = SettingsWords::of(frame.lang);
    let figures = frame.figures();
    let connections = html! {
        div.body {
            dl.kv {
                dt { (words.program) } dd { (view.program) }
                dt { (words.database) } dd { (view.database) }
                dt { (words.objects) } dd { (view.objects) }
                dt { (words.listens) } dd { code { (view.listen) } }
                dt { (words.model) }
                dd {
                    @match &view.model {
                        Some((name, version, at)) => { (name) " " a href={ "/ui/models/" (version) } { "v" (version) } ", " (figures.moment(*at)) }
                        None => (words.no_model),
                    }
                }
                dt { (words.loop_) } dd { (if view.turns { words.loop_here } else { words.loop_elsewhere }) }
                dt { (words.metrics) } dd { a href="/metrics" { (words.metrics_text) } }
                dt { (words.api) } dd { a href="/docs" { (words.api_text) } }
            }
            p class="xs mut mt" { (words.not_yet) }
        }
    };
    let act = Act {
        to: "/ui/settings/system/check",
        label: words.check_now,
        icon: Icon::Check,
        danger: false,
        primary: false,
        disabled: (!view.turns).then_some(words.cannot_check),
    };
    let beside = act_form(frame, &act, &nothing());
    let checks = match &view.checked {
        None => empty_state(words.not_checked, words.not_checked_text, &command(frame.lang, "tidewheel doctor")),
        Some((at, found)) => checks(frame, *at, found.as_deref(), view.check_seconds, words),
    };
    let content = html! {
        (card("connections", words.connections, None, &nothing(), &connections))
        (card("checks", words.checks, Some(words.checks_lead), &beside, &checks))
    };
    shell(frame, true, words.system_lead, &content)
}

fn checks(
    frame: &Frame,
    at: Timestamp,
    found: Option<&[Check]>,
    seconds: u64,
    words: &'static SettingsWords,
) -> Markup {
    html! {
        div.flush {
            @match found {
                None => div.body { p.fail { (Icon::Cross.small()) (fill(words.too_slow, &[("n", &seconds.to_string())])) } },
                Some(found) => table class="tbl cards-s" {
                    caption.sr { (words.checks) }
                    thead { tr {
                        th scope="col" { (words.check) } th scope="col" { (words.state) } th scope="col" { (words.found) }
                        th scope="col" { (words.what_to_do) }
                    } }
                    tbody {
                        @for check in found {
                            tr {
                                th scope="row" { (name_of(&check.name, words)) }
                                td data-l=(words.state) {
                                    @match check.works {
                                        Some(true) => span.pass { (Icon::Check.small()) (words.works) },
                                        None => span.warn { (Icon::Warn.small()) (words.mind) },
                                        Some(false) => span.fail { (Icon::Cross.small()) (words.fails) },
                                    }
                                }
                                td data-l=(words.found) { (told(&check.found)) }
                                td.sub data-l=(words.what_to_do) { (check.advice) }
                            }
                        }
                    }
                },
            }
            p.pages { (fill(words.checked_at, &[("at", &frame.figures().clock_seconds(at))])) }
        }
    }
}

fn name_of<'n>(name: &'n str, words: &'static SettingsWords) -> &'n str {
    match name {
        "project" => words.project,
        "database" => words.database,
        "objects" => words.objects,
        "model" => words.model,
        "source" => words.source,
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use tidewheel_drift::Lang;

    use super::*;

    fn frame(lang: Lang) -> Frame {
        Frame {
            path: "/ui/settings".into(),
            production: None,
            state: "s".into(),
            now: Timestamp::from_ms(0),
            ..crate::testing::frame(lang)
        }
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        let row = |key: &str, value: &str, origin| Row { key: key.into(), value: value.into(), origin };
        let view = ProjectSettings {
            rows: vec![
                row("project.name", "<b>x</b>", Some(Origin::File("/x/tidewheel.toml".into()))),
                row("train.trials", "3", Some(Origin::Environment("TIDEWHEEL_TRAIN_TRIALS".into()))),
                row("train.folds", "3", None),
                row("train.window", "", None),
            ],
            policy: "costly-drift".into(),
            rules: vec![("moved_and_costs".into(), "effect > 1 and error_rise > 0.1".into(), Action::Retrain)],
        };
        for (lang, words) in [
            (Lang::En, ["environment: TIDEWHEEL_TRAIN_TRIALS", "default", "not set", "2 of 4 values"]),
            (Lang::Es, ["entorno: TIDEWHEEL_TRAIN_TRIALS", "predeterminado", "sin fijar", "2 de 4 valores"]),
        ] {
            let html = project_page(&frame(lang), &view).into_string();
            for word in words {
                assert!(html.contains(word), "{word}: {html}");
            }
            assert!(html.contains("&lt;b&gt;x") && !html.contains("<b>x") && html.contains("error_rise &gt; 0.1"));
            assert!(html.contains("id=\"k-train-folds\""));
        }
    }

    #[test]
    fn checks_are_asked_for_and_their_outcome_is_told() {
        let mut view = System { turns: true, check_seconds: 10, ..System::default() };
        assert!(system_page(&frame(Lang::En), &view).into_string().contains("Not checked yet"));
        view.checked = Some((Timestamp::from_ms(0), None));
        assert!(system_page(&frame(Lang::En), &view).into_string().contains("within 10 seconds"));
        let check = Check { name: "objects".into(), works: Some(false), found: "<i>".into(), advice: "do".into() };
        view.checked = Some((Timestamp::from_ms(0), Some(vec![check])));
        let html = system_page(&frame(Lang::Es), &view).into_string();
        assert!(html.contains("falla") && html.contains("&lt;i&gt;") && html.contains("Objetos"));
        view.turns = false;
        assert!(system_page(&frame(Lang::En), &view).into_string().contains("use tidewheel doctor"));
    }
}
