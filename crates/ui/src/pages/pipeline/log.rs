//! The log of a turn, and attempts that failed.

use maud::{Markup, html};
use tidewheel_domain::turn::TaskName;

use super::tasks::log_href;
use super::{Attempt, Pipeline, TurnView};
use crate::components::{Icon, card, copy_button, empty_state, nothing, visible};
use crate::frame::Frame;
use crate::words::{PipelineWords, fill};

pub(super) fn pane(frame: &Frame, view: &Pipeline, turn: &TurnView, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let log = &view.log;
    let begun = view.tasks.iter().filter(|task| !task.attempts.is_empty()).map(|task| task.name);
    let command = match log.task {
        Some(task) => format!("tidewheel runs logs {} --task {task}", turn.number),
        None => format!("tidewheel runs logs {}", turn.number),
    };
    html! {
        section.card.logc #log aria-labelledby="t-log" {
            header.logh {
                h2 #t-log { @match log.task { Some(task) => { (words.log_of) code { (task) } } None => (words.log) } }
                div.row.wrap {
                    @if turn.at_work && !log.cut { span.live { i.dot {} (words.following) } }
                    @else { span class="mut sm" { (fill(words.lines_of, &[("n", &figures.count(log.lines.len() as u64))])) } }
                    @if log.warnings { a.btn.s href=(log_href(turn, log.task, false)) { (words.all_lines) } }
                    @else { a.btn.s href=(log_href(turn, log.task, true)) { (Icon::Warn.small()) (words.warnings_only) } }
                    (copy_button(frame.lang, &command))
                }
            }
            nav.log-tasks aria-label=(words.log) {
                a href=(log_href(turn, None, log.warnings)) aria-current=[log.task.is_none().then_some("true")] { (words.log_all) }
                @for name in begun {
                    a href=(log_href(turn, Some(name), log.warnings)) aria-current=[(log.task == Some(name)).then_some("true")] { (name) }
                }
            }
            @if log.lines.is_empty() {
                (empty_state(words.no_lines, words.no_lines_text, &nothing()))
            } @else {
                div.log data-follow tabindex="0" role="log" aria-label=(words.log) {
                    @if let Some(older) = log.older {
                        p { a href={ (log_href(turn, log.task, log.warnings).replace("#log", "")) "&before=" (older) "#log" } { (words.older_lines) } }
                    }
                    @for line in &log.lines {
                        @let class = match line.level.as_str() { "INFO" => "lv", "WARN" => "lv w", _ => "lv e" };
                        p {
                            time { (figures.clock_seconds(line.at)) } " " span class=(class) { (line.level) } " "
                            @if log.task.is_none() && !matches!(line.task, TaskName::Start) { span.of { (line.task) } " " }
                            @for (place, part) in line.text.split('\n').enumerate() { @if place > 0 { "\n" } (visible(part)) }
                        }
                    }
                    @if log.cut { p { a href=(log_href(turn, log.task, log.warnings)) { (words.newest_lines) } } }
                }
            }
        }
    }
}

pub(super) fn attempts(frame: &Frame, view: &Pipeline, turn: &TurnView, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let retried = || view.tasks.iter().filter(|task| task.attempts.len() > 1 || task.attempts.iter().any(has_failed));
    let failed = retried().flat_map(|task| &task.attempts).filter(|attempt| has_failed(attempt)).count();
    let beside = html! {
        @match failed {
            0 => {}
            1 => { span class="warn sm" { (Icon::Warn.small()) (words.tries_failed_one) } }
            n => { span class="warn sm" { (Icon::Warn.small()) (fill(words.tries_failed, &[("n", &n.to_string())])) } }
        }
    };
    let content = html! {
        div.body {
            @if failed == 0 {
                p.pass { (Icon::Check.small()) (if turn.at_work { words.tries_none_running } else { words.tries_none }) }
            }
            @for task in retried() {
                h3.mt { code { (task.name) } }
                ol.tl {
                    @for (place, attempt) in task.attempts.iter().enumerate() {
                        li.ok[attempt.state == tidewheel_domain::turn::TaskState::Succeeded] {
                            time { (figures.clock_seconds(attempt.began)) }
                            span {
                                (fill(words.try_n, &[("n", &(place + 1).to_string())])) ", "
                                (figures.duration(attempt.took(frame.now)))
                                @if let Some(error) = &attempt.error { ": " (visible(error)) }
                            }
                        }
                    }
                }
            }
            p class="xs mut mt" { (words.tries_lead) }
            h3.mt { (words.how) }
            dl.kv {
                dt { (words.how_at_once) } dd { (words.how_at_once_text) }
                dt { (words.how_crash) } dd { (words.how_crash_text) }
                dt { (words.how_failure) } dd { (words.how_failure_text) }
                dt { (words.how_command) } dd { code { "tidewheel run" } }
            }
        }
    };
    card("tries", words.tries, None, &beside, &content)
}

fn has_failed(attempt: &Attempt) -> bool {
    attempt.error.is_some()
}
