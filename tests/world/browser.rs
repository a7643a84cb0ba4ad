//! A browser with a person before it: cookies, one step at a time, forms by the ids of their elements.

use std::net::IpAddr;

use protocol::authorize::ResponseMode;
use url::Url;

use super::{Answer, Ask, Page, Person, Sent, Wire, cookies::Jar, page::Fields};

/// Redirects within the provider before somebody is going in circles.
const STEPS_MAX: usize = 10;

/// A browser with cookies and an address of its own.
#[derive(Clone)]
pub(crate) struct Browser {
    wire: Wire,
    pub(crate) jar: Jar,
    pub(crate) address: IpAddr,
    /// What it sends as `Accept-Language`.
    pub(crate) languages: Option<&'static str>,
}

/// Where a browser has come to.
#[derive(Debug)]
pub(crate) enum Landed {
    /// A page of the provider.
    Page(Page),
    /// The client, with an answer.
    Client(Callback),
}

/// An answer at the client.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    /// The whole address.
    pub(crate) url: Url,
    /// Its parameters, from the query, the fragment or the form.
    pub(crate) parameters: Fields,
    /// How they came.
    pub(crate) mode: ResponseMode,
}

impl Browser {
    pub(super) fn new(wire: Wire, address: IpAddr) -> Self {
        Self { wire, jar: Jar::default(), address, languages: None }
    }

    /// The same browser, where the provider is found elsewhere now.
    pub(crate) fn at(self, wire: &Wire) -> Self {
        Self { wire: wire.clone(), ..self }
    }

    /// Follows a link to `address` to where it leads.
    pub(crate) async fn open(&mut self, address: &str) -> Landed {
        let answer = self.visit(address).await;
        self.follow(answer).await
    }

    /// As [`Browser::open`], where a page of the provider is to be seen.
    pub(crate) async fn look_at(&mut self, address: &str) -> Page {
        self.open(address).await.page()
    }

    /// One GET, and nothing that follows from it.
    pub(crate) async fn visit(&mut self, address: &str) -> Answer {
        let path = self.path(address);
        self.send(Sent::get(path), false).await
    }

    /// One POST of a form from a page of the provider, and nothing that follows from it.
    pub(crate) async fn post<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        path: &str,
        fields: &[(K, V)],
    ) -> Answer {
        self.send(Sent::post(path).form(fields), false).await
    }

    /// A POST from a page of somebody else: cookies of `SameSite=Lax` stay behind.
    pub(crate) async fn post_from_elsewhere<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        path: &str,
        fields: &[(K, V)],
    ) -> Answer {
        self.send(Sent::post(path).form(fields), true).await
    }

    /// Types `typed` into the fields with these ids, presses the button with this one, and follows.
    pub(crate) async fn press(
        &mut self,
        page: &Page,
        button: &str,
        typed: &[(&str, &str)],
    ) -> Landed {
        let (action, fields) = page.press(button, typed);
        let answer = self.post(&action, &fields).await;
        self.follow(answer).await
    }

    /// Signs in on the login page.
    pub(crate) async fn log_in(&mut self, page: &Page, username: &str, password: &str) -> Landed {
        let typed = [("username", username), ("password", password)];
        self.press(page, "login-submit", &typed).await
    }

    /// Goes to the client's authorization request and does whatever is asked: signs in as `person`, allows everything.
    pub(crate) async fn authorize(&mut self, ask: &Ask, person: &Person) -> Callback {
        let mut landed = self.open(&ask.url()).await;
        if let Landed::Page(page) = &landed
            && page.id == "login-page"
        {
            landed = self.log_in(page, &person.username, &person.password).await;
        }
        if let Landed::Page(page) = &landed
            && page.id == "consent-page"
        {
            landed = self.press(page, "consent-allow", &[]).await;
        }
        landed.callback()
    }

    /// Sends a request with this browser's cookies, and keeps those that it is given.
    pub(crate) async fn send(&mut self, sent: Sent, is_cross_site_post: bool) -> Answer {
        let sent = match self.jar.header(is_cross_site_post, self.wire.now()) {
            Some(cookies) => sent.header("cookie", cookies),
            None => sent,
        };
        let sent = match self.languages {
            Some(languages) => sent.header("accept-language", languages),
            None => sent,
        };
        let sent = sent.header("user-agent", "World/1.0").from(self.address);
        let answer = self.wire.send(sent).await;
        let is_https = self.wire.issuer().starts_with("https:");
        for cookie in answer.cookies() {
            self.jar.take(cookie, is_https, self.wire.now());
        }
        answer
    }

    /// Goes where `answer` leads, until there is something to see.
    pub(crate) async fn follow(&mut self, mut answer: Answer) -> Landed {
        for _ in 0..STEPS_MAX {
            let Some(location) = answer.location().map(str::to_owned) else {
                let page = Page::read(answer);
                return match page.id.as_str() {
                    "form-post-page" => Landed::Client(Callback::posted(&page)),
                    _ => Landed::Page(page),
                };
            };
            assert_eq!(answer.status, 303, "a redirect after a form is a GET: {answer:?}");
            match self.own_path(&location) {
                Some(path) => answer = self.visit(&path).await,
                None => return Landed::Client(Callback::read(&location)),
            }
        }
        panic!("going in circles: {answer:?}");
    }

    /// Closes the window: session cookies are gone.
    pub(crate) fn close_window(&mut self) {
        self.jar.close_window();
    }

    fn path(&self, address: &str) -> String {
        self.own_path(address).unwrap_or_else(|| panic!("{address} is not the provider's"))
    }

    /// Path and query of an address of the provider.
    fn own_path(&self, address: &str) -> Option<String> {
        if address.starts_with('/') && !address.starts_with("//") {
            return Some(address.to_owned());
        }
        let rest = address.strip_prefix(self.wire.issuer())?;
        rest.starts_with('/').then(|| rest.to_owned())
    }
}

impl Landed {
    /// The page of the provider that is seen.
    pub(crate) fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Client(callback) => panic!("sent to the client: {callback:?}"),
        }
    }

    /// The answer that the client got.
    pub(crate) fn callback(self) -> Callback {
        match self {
            Self::Client(callback) => callback,
            Self::Page(page) => panic!("{} {}", page.id, page.words),
        }
    }
}

impl Callback {
    pub(crate) fn read(location: &str) -> Self {
        let url = Url::parse(location).expect("an absolute address");
        let carried = url.fragment().or(url.query()).unwrap_or_default();
        let parameters = url::form_urlencoded::parse(carried.as_bytes()).into_owned().collect();
        let mode =
            if url.fragment().is_some() { ResponseMode::Fragment } else { ResponseMode::Query };
        Self { url, parameters, mode }
    }

    /// What the page of `form_post` sends, by itself or by its button.
    fn posted(page: &Page) -> Self {
        let (action, parameters) = page.press("form-post-submit", &[]);
        let url = Url::parse(&action).expect("an absolute address");
        Self { url, parameters, mode: ResponseMode::FormPost }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What came, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.parameters.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// What must have come.
    pub(crate) fn must(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    pub(crate) fn code(&self) -> &str {
        self.get("code").unwrap_or_else(|| panic!("no code: {self:?}"))
    }

    pub(crate) fn error(&self) -> &str {
        self.get("error").unwrap_or_else(|| panic!("no error: {self:?}"))
    }
}
