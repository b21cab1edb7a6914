//! A page that could not be shown: what failed, what still works, what to do, and the id of the request.

use maud::{Markup, html};

use crate::components::{Icon, brief, nothing};
use crate::frame::Frame;
use crate::words::{FrameWords, ProblemWords, fill};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Nothing stands at the path.
    NoPage,
    /// The thing that the path names is not there, such as `version 12`.
    Missing(String),
    /// An action was not done, and why.
    Refused(String),
    /// The page could not be made.
    Failed(String),
}

/// The page of a problem.
pub fn page(frame: &Frame, problem: &Problem, request_id: &str) -> Markup {
    let words = ProblemWords::of(frame.lang);
    let path = fill(words.not_found_text, &[("path", &brief(&frame.path, 300))]);
    let (title, text) = match problem {
        Problem::NoPage => (words.not_found.to_owned(), path),
        Problem::Missing(what) => (fill(words.missing, &[("what", &brief(what, 100))]), path),
        Problem::Refused(reason) => (words.refused.to_owned(), brief(reason, 2_000)),
        Problem::Failed(reason) => {
            (words.failed.to_owned(), fill(words.failed_text, &[("reason", &brief(reason, 2_000))]))
        }
    };
    let content = html! {
        section.card {
            div.body {
                p { (text) }
                div.row.wrap.mt {
                    @match problem {
                        Problem::Failed(_) => { a.btn.p href=(frame.path) { (words.again) } }
                        Problem::Refused(_) => { a.btn.p href=(frame.path) { (Icon::Back.small()) (words.back) } }
                        _ => {}
                    }
                    a.btn href="/ui/" { (words.home) }
                }
                p.mut.xs.mt { (words.request) " " code { (request_id) } }
            }
        }
    };
    let crumbs = [(FrameWords::of(frame.lang).overview, Some("/ui/")), (title.as_str(), None)];
    frame.page(None, &crumbs[1..], &title, &nothing(), &nothing(), &content)
}
