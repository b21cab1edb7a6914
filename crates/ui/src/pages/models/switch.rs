//! Putting a version into production: what will happen, what was checked, and why.

use maud::{Markup, html};
use tidewheel_domain::Metric;

use super::metrics::metric_text;
use super::{Paired, named};
use crate::components::{Act, Icon, Interval, confirm, confirmation, nothing};
use crate::frame::{Area, Frame};
use crate::words::{ModelsWords, fill};

/// A change of what is in production.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Switch {
    /// The version that comes.
    pub to: i64,
    /// The version that leaves.
    pub from: Option<i64>,
    /// Whether the version was in production before, and comes back.
    pub back: bool,
    /// What loading it as a server would said: golden rows that were equal, or why it does not load. `None` where it
    /// has not been tried yet.
    pub checked: Option<Result<u64, String>>,
    /// What rejected it once.
    pub rejected_by: Option<String>,
    /// Mean errors of the version that comes and of the one that leaves, each on its own held-out rows.
    pub errors: Option<(Metric, Metric)>,
    /// The two on the same rows, as the change of the error by the switch.
    pub paired: Option<Paired>,
    /// The unit of the target.
    pub unit: String,
}

impl Switch {
    fn to(&self) -> String {
        if self.back {
            format!("/ui/models/rollback?to={}", self.to)
        } else {
            format!("/ui/models/{}/promote", self.to)
        }
    }

    fn label(&self, words: &ModelsWords) -> String {
        let text = if self.back { words.rollback_to } else { words.promote_n };
        fill(text, &[("version", &named(self.to))])
    }
}

/// The button that opens the dialog.
pub fn button(frame: &Frame, switch: &Switch) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let (to, label) = (switch.to(), switch.label(words));
    let act = act(switch, &to, &label);
    confirm(frame, "switch", &act, &consequences(frame, switch), words.reason, &nothing())
}

fn act<'a>(switch: &Switch, to: &'a str, label: &'a str) -> Act<'a> {
    let icon = if switch.back { Icon::Back } else { Icon::Up };
    Act { to, label, icon, danger: switch.back, primary: false, disabled: None }
}

/// The same as a page of its own; the version has been loaded.
pub fn page(frame: &Frame, switch: &Switch) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let (to, label) = (switch.to(), switch.label(words));
    let content = html! {
        section.card.ask-page {
            @if switch.from == Some(switch.to) {
                div.body {
                    p { (fill(words.in_production_already, &[("version", &named(switch.to))])) }
                    p.mt { a.btn href="/ui/models" { (words.title) } }
                }
            } @else if matches!(switch.checked, Some(Err(_))) {
                div.body { (consequences(frame, switch)) p.mt { a.btn href="/ui/models" { (words.title) } } }
            } @else {
                // What is left without acting is the list, not this page again.
                @let back = Frame { path: "/ui/models".to_owned(), ..frame.clone() };
                (confirmation(&back, "switch", &act(switch, &to, &label), &consequences(frame, switch), words.reason, &nothing()))
            }
        }
    };
    let crumbs = [(words.title, Some("/ui/models")), (label.as_str(), None)];
    frame.page(Some(Area::Models), &crumbs, &label, &nothing(), &nothing(), &content)
}

/// What happens, what was checked, what to expect.
fn consequences(frame: &Frame, switch: &Switch) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let version = named(switch.to);
    let version = ("version", version.as_str());
    html! {
        dl.kv.mt {
            dt { (words.will_answer) } dd { (fill(words.will_answer_text, &[version])) }
            dt { (words.will_leave) }
            dd {
                @match switch.from {
                    Some(from) => (fill(words.will_leave_text, &[("version", &named(from))])),
                    None => (words.will_leave_none),
                }
            }
            dt { (words.checked) }
            @match &switch.checked {
                None => { dd { (fill(words.checked_before, &[version])) } }
                Some(Ok(rows)) => {
                    dd.pass { (Icon::Check.small()) " " (fill(words.checked_good, &[version, ("n", &frame.figures().count(*rows))])) }
                }
                Some(Err(reason)) => { dd.fail { (Icon::Cross.small()) " " (fill(words.checked_bad, &[version, ("reason", reason)])) } }
            }
            @if let Some(expected) = expected(frame, switch) { dt { (words.expect) } dd { (expected) } }
            @if let Some(reason) = &switch.rejected_by { dt { (words.was_rejected) } dd.fail { (reason) } }
            dt { (words.the_loop) } dd { (words.the_loop_text) }
        }
    }
}

fn expected(frame: &Frame, switch: &Switch) -> Option<String> {
    let words = ModelsWords::of(frame.lang);
    let from = switch.from?;
    if let Some(paired) = &switch.paired {
        let change = Interval::from(paired.change);
        return Some(fill(
            words.expect_paired,
            &[
                ("value", &frame.figures().percent_change(change.value)),
                ("low", &frame.figures().percent_change(change.low)),
                ("high", &frame.figures().percent_change(change.high)),
                ("to", &named(switch.to)),
                ("from", &named(from)),
                ("rows", &frame.figures().count(paired.rows)),
            ],
        ));
    }
    let (to_value, from_value) = switch.errors?;
    let write = |metric: Metric| metric_text(frame.figures(), "mae", metric.value, &switch.unit);
    Some(fill(words.expect_apart, &[("to_value", &write(to_value)), ("from_value", &write(from_value))]))
}
