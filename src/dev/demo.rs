//! The demonstration at `/demo`: a relying party that signs people in as any application would.
//!
//! It knows its issuer, its client and nothing else of the provider: what it asks it asks by HTTP requests, which are
//! handed to the same endpoint without a socket between. Its session is its own.

mod calls;
mod claims;
mod pages;
mod party;
mod visits;

use std::sync::Arc;

use openapi::listener::SharedEndpoint;
use poem::{
    Request, Response, Route,
    endpoint::make,
    get,
    http::{Method, header},
    post,
};
use protocol::{Clock, Randomness, Token};

use self::{
    calls::Calls,
    party::{Party, Trouble},
    visits::{Visit, Visits},
};
use super::kept::Kept;
use crate::commands::Failed;

/// Where it is.
const PATH: &str = "/demo";

/// Where the provider's answers go.
pub(super) const CALLBACK: &str = "/demo/callback";

/// The longest form that is read, in bytes: an answer with an ID token is some thousand.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// Where the browser goes after a logout.
pub(super) const SIGNED_OUT: &str = "/demo/signed-out";

/// The demonstration.
pub(super) struct Demo {
    party: Party,
    visits: Visits,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl Demo {
    /// As its own client.
    pub(super) fn new(
        kept: &Kept,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, Failed> {
        let (Some(client_id), Some(client_secret)) =
            (kept.demo_client_id, kept.demo_client_secret.clone())
        else {
            return Err(Failed::NotDone("there is no client for the demonstration".into()));
        };
        let calls = Calls::new(&kept.issuer);
        let party = Party {
            issuer: kept.issuer.clone(),
            client_id,
            client_secret: client_secret.into(),
            calls,
        };
        Ok(Self { party, visits: Visits::default(), clock, randomness })
    }

    /// From now on the provider is asked here.
    pub(super) fn ask_at(&self, endpoint: &SharedEndpoint) {
        self.party.calls.ask_at(endpoint);
    }
}

/// Everything under `/demo`.
pub(super) fn routes(demo: &Arc<Demo>) -> Route {
    let at = |page: Page| {
        let demo = Arc::clone(demo);
        make(move |mut request: Request| {
            let demo = Arc::clone(&demo);
            async move {
                let form = request.take_body().into_bytes_limit(FORM_BYTES_MAX).await;
                // What is too long is as good as nothing.
                let form = form.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                demo.answer(page, &request, &form.unwrap_or_default()).await
            }
        })
    };
    Route::new()
        .at(PATH, get(at(Page::Start)))
        .at(CALLBACK, get(at(Page::Callback)).post(at(Page::Callback)))
        .at(SIGNED_OUT, get(at(Page::SignedOut)))
        .at("/demo/sign-in", post(at(Page::SignIn)))
        .at("/demo/refresh", post(at(Page::Refresh)))
        .at("/demo/sign-out", post(at(Page::SignOut)))
}

#[derive(Debug, Clone, Copy)]
enum Page {
    Start,
    SignIn,
    Callback,
    Refresh,
    SignOut,
    SignedOut,
}

impl Demo {
    async fn answer(&self, page: Page, request: &Request, form: &str) -> Response {
        let answered = match page {
            Page::Start => Ok(self.start(request)),
            Page::SignIn => self.sign_in(form).await,
            Page::Callback => self.callback(request, form).await,
            Page::Refresh => self.refresh(request).await,
            Page::SignOut => self.sign_out(request).await,
            Page::SignedOut => Ok(self.signed_out(request)),
        };
        answered.unwrap_or_else(|trouble| pages::error(request, &trouble))
    }

    fn start(&self, request: &Request) -> Response {
        // Its cookie is for one name only, and the callback comes by the issuer's.
        if *request.method() == Method::GET && !self.is_at_issuer(request) {
            return pages::see_other(&format!("{}{PATH}", self.party.issuer));
        }
        match self.visit(request) {
            Some(Visit::SignedIn(signed_in)) => {
                pages::result(request, &self.party.issuer, &signed_in, self.clock.now())
            }
            _ => pages::start(request, false),
        }
    }

    async fn sign_in(&self, form: &str) -> Result<Response, Trouble> {
        // The button that was pressed: whether the answer comes with an ID token, in a form.
        let is_posted = form == "answer=form_post";
        let (pending, location) = self.party.begin(&*self.randomness, is_posted).await?;
        let visit = Visit::Pending(Box::new(pending));
        Ok(self.remember(visit, pages::see_other(&location)))
    }

    async fn callback(&self, request: &Request, form: &str) -> Result<Response, Trouble> {
        let Some(Visit::Pending(pending)) = self.take(request) else {
            return Err(Trouble::nobody_asked());
        };
        let answer = match *request.method() {
            Method::POST => form,
            _ => request.uri().query().unwrap_or_default(),
        };
        let signed_in = self.party.complete(&pending, answer, self.clock.now()).await?;
        // Under a new name, so that nobody who knew the old one is signed in with it.
        Ok(self.remember(Visit::SignedIn(Box::new(signed_in)), pages::see_other(PATH)))
    }

    async fn refresh(&self, request: &Request) -> Result<Response, Trouble> {
        let Some(Visit::SignedIn(signed_in)) = self.take(request) else {
            return Ok(pages::see_other(PATH));
        };
        let refreshed = self.party.refresh(&signed_in, self.clock.now()).await?;
        Ok(self.remember(Visit::SignedIn(Box::new(refreshed)), pages::see_other(PATH)))
    }

    async fn sign_out(&self, request: &Request) -> Result<Response, Trouble> {
        let location = match self.take(request) {
            Some(Visit::SignedIn(signed_in)) => self.party.sign_out(&signed_in).await?,
            _ => SIGNED_OUT.to_owned(),
        };
        let mut response = pages::see_other(&location);
        pages::forget(&mut response, self.is_https());
        Ok(response)
    }

    /// The start, which says so; not to somebody who is signed in, whoever sent them.
    fn signed_out(&self, request: &Request) -> Response {
        match self.visit(request) {
            Some(Visit::SignedIn(_)) => pages::see_other(PATH),
            _ => pages::start(request, true),
        }
    }

    fn remember(&self, visit: Visit, mut response: Response) -> Response {
        let token = Token::new(&*self.randomness);
        self.visits.put(token.hash(), visit, self.clock.now());
        pages::give(&mut response, &token, self.is_https());
        response
    }

    fn visit(&self, request: &Request) -> Option<Visit> {
        self.visits.get(&pages::cookie(request)?.hash(), self.clock.now())
    }

    fn take(&self, request: &Request) -> Option<Visit> {
        self.visits.take(&pages::cookie(request)?.hash(), self.clock.now())
    }

    fn is_https(&self) -> bool {
        self.party.issuer.starts_with("https:")
    }

    fn is_at_issuer(&self, request: &Request) -> bool {
        let authority = self.party.issuer.split_once("://").map_or("", |(_, authority)| authority);
        // HTTP/2 has no `Host`.
        let asked = request
            .header(header::HOST)
            .or_else(|| request.uri().authority().map(|found| found.as_str()));
        asked.is_none_or(|asked| asked == authority)
    }
}
