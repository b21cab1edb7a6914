//! Who asks, in which language, from which page; how an answer goes out.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tidewheel_registry::{Pulse, RegistryError};
use tidewheel_ui::pages::problem::{self, Problem};
use tidewheel_ui::{Frame, Lang, Markup, Theme};

use super::control::{ControlError, LoopControl};
use crate::inference::request_id::RequestId;
use crate::inference::state::{AppState, now};

/// Pages take nothing from elsewhere, run no inline script, and go into no frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);
/// The cookie that shows that a form comes from a page of this server.
const TOKEN: &str = "tw_token";
/// Without it a browser would not say that a form comes from a page of this server.
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// A request for a page.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(super) app: AppState,
    pub(super) frame: Frame,
    /// How the loop stands.
    pub(super) pulse: Pulse,
    request_id: String,
    /// Whether the reader has no token yet.
    new_token: bool,
    /// Why the registry did not say how the loop stands.
    away: Option<RegistryError>,
}

/// Which part of a row of batches.
#[derive(Debug, Deserialize)]
pub(crate) struct Range {
    /// The newest one that is shown.
    pub(super) until: Option<i64>,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Trouble {
    /// What is told.
    Problem(Problem),
    /// The registry does not answer, or holds something that cannot be read.
    Registry(RegistryError),
}

impl From<RegistryError> for Trouble {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl From<tidewheel_registry::ObjectError> for Trouble {
    fn from(error: tidewheel_registry::ObjectError) -> Self {
        Self::Problem(Problem::Failed(error.to_string()))
    }
}

impl Trouble {
    /// The thing that the path names is not there.
    pub(super) fn missing(what: impl Into<String>) -> Self {
        Self::Problem(Problem::Missing(what.into()))
    }

    /// Something went wrong.
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self::Problem(Problem::Failed(reason.into()))
    }

    /// An action was not done.
    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Problem(Problem::Refused(reason.into()))
    }
}

impl FromRequestParts<AppState> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Infallible> {
        let headers = &parts.headers;
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned()).unwrap_or_default();
        let token = cookie(headers, TOKEN).filter(|token| token.len() == 32);
        let new_token = token.is_none();
        let (pulse, away) = match app.pages.pulses.now(app).await {
            Ok(pulse) => (pulse, None),
            Err(error) => (Pulse::default(), Some(error)),
        };
        let frame = Frame {
            lang: language(headers),
            theme: cookie(headers, "tw_theme").map_or(Theme::System, Theme::parse),
            path: parts.uri.path_and_query().map_or_else(|| "/ui/".to_owned(), |path| path.as_str().to_owned()),
            project: app.project.name.clone(),
            model: app.project.model_name.clone(),
            waiting: pulse.waiting,
            running: pulse.running,
            production: pulse.production,
            token: token.map_or_else(|| format!("{:032x}", rand::random::<u128>()), str::to_owned),
            state: pulse.coarse(),
            now: now(),
        };
        Ok(Self { app: app.clone(), frame, pulse, request_id, new_token, away })
    }
}

impl Asking {
    /// The page, or what is told in its place.
    pub(super) fn answer(self, page: Result<Markup, Trouble>) -> Response {
        let page = match self.away {
            Some(error) => Err(Trouble::Registry(error)),
            None => page,
        };
        let (status, markup) = match page {
            Ok(markup) => (StatusCode::OK, markup),
            Err(trouble) => {
                let (status, problem) = match trouble {
                    Trouble::Problem(problem) => (status_of(&problem), problem),
                    Trouble::Registry(error) => {
                        tracing::warn!(request_id = self.request_id, %error, path = self.frame.path, "no page");
                        (StatusCode::SERVICE_UNAVAILABLE, Problem::Failed(error.to_string()))
                    }
                };
                (status, problem::page(&self.frame, &problem, &self.request_id))
            }
        };
        let mut response = (status, markup.into_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
        headers.insert(header::REFERRER_POLICY, SAME_ORIGIN);
        headers.insert(header::CACHE_CONTROL, NO_CACHE);
        headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding, accept-language, cookie"));
        if self.new_token {
            let cookie = format!("{TOKEN}={}; Path=/; HttpOnly; SameSite=Strict", self.frame.token);
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                headers.append(header::SET_COOKIE, cookie);
            }
        }
        response
    }

    /// What can be done to the loop; refuses where this process does not turn it.
    pub(super) fn control(&self) -> Result<&dyn LoopControl, Trouble> {
        self.app.pages.control.as_deref().ok_or_else(|| {
            Trouble::refused(match self.frame.lang {
                Lang::En => "this server does not turn the loop",
                Lang::Es => "este servidor no ejecuta el ciclo",
            })
        })
    }

    /// What became of an action on the loop, in the reader's language.
    pub(super) fn acted(&self, outcome: Result<(), ControlError>) -> Result<(), Trouble> {
        outcome.map_err(|error| match error {
            ControlError::Refused(refusal) => Trouble::refused(refusal.told(self.frame.lang)),
            ControlError::Failed(reason) => {
                tracing::warn!(reason, "an action has failed");
                Trouble::failed(reason)
            }
        })
    }

    /// Refuses a form that no page of this server gave to this reader.
    pub(super) fn check_token(&self, token: &str) -> Result<(), Trouble> {
        let same = !self.new_token
            && token.len() == self.frame.token.len()
            && token.bytes().zip(self.frame.token.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0;
        if same {
            Ok(())
        } else {
            Err(Trouble::refused(match self.frame.lang {
                Lang::En => "the form is not from a page of this server, or too old: open the page again",
                Lang::Es => {
                    "el formulario no es de una página de este servidor, o es demasiado antiguo: abra la página de nuevo"
                }
            }))
        }
    }

    /// After an action: on to a page, or what is told in its place. Going back and forth does not act again.
    pub(super) fn done(mut self, outcome: Result<(), Trouble>, to: &str) -> Response {
        match outcome {
            Ok(()) => {
                let to = local(to).unwrap_or(HeaderValue::from_static("/ui/"));
                (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
            }
            Err(trouble) => {
                if let Some(to) = local(to).as_ref().and_then(|to| to.to_str().ok()) {
                    to.clone_into(&mut self.frame.path);
                }
                self.answer(Err(trouble))
            }
        }
    }
}

fn status_of(problem: &Problem) -> StatusCode {
    match problem {
        Problem::NoPage | Problem::Missing(_) => StatusCode::NOT_FOUND,
        Problem::Refused(_) => StatusCode::CONFLICT,
        Problem::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A path of this server to go on to; `None` of anything that leads elsewhere.
pub(super) fn local(path: &str) -> Option<HeaderValue> {
    let inside = path == "/" || (path.starts_with("/ui") && matches!(path.as_bytes().get(3), None | Some(b'/' | b'?')));
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic()) && !path.contains('\\');
    if inside && plain { HeaderValue::from_str(path).ok() } else { None }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| cookie.trim().split_once('=').filter(|(known, _)| *known == name).map(|(_, value)| value))
}

/// Of the cookie; else the first language of the browser that the pages have.
fn language(headers: &HeaderMap) -> Lang {
    match cookie(headers, "tw_lang") {
        Some("es") => return Lang::Es,
        Some("en") => return Lang::En,
        _ => {}
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted
        .split(',')
        .find_map(|language| match language.trim().get(..2) {
            Some("es") => Some(Lang::Es),
            Some("en") => Some(Lang::En),
            _ => None,
        })
        .unwrap_or(Lang::En)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_server_are_gone_to() {
        for path in ["/", "/ui", "/ui/", "/ui/models/6?x=1", "/ui?until=3"] {
            assert!(local(path).is_some(), "{path}");
        }
        for path in ["//evil.example", "https://evil.example", "/uix", "/ui/\r\nset-cookie: a", "/ui\\evil", "", "ui/"]
        {
            assert!(local(path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_language_is_the_readers() {
        let of = |name: header::HeaderName, value: &str| {
            language(&HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a value"))]))
        };
        assert_eq!(of(header::ACCEPT_LANGUAGE, "de-DE,es;q=0.8,en;q=0.7"), Lang::Es);
        assert_eq!(of(header::ACCEPT_LANGUAGE, "fr"), Lang::En);
        assert_eq!(of(header::COOKIE, "a=b; tw_lang=es"), Lang::Es);
    }
}
