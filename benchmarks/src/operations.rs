//! What is asked of the provider, as clients and browsers ask it.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::{Request, StatusCode, header};

use crate::{
    Failure,
    client::{Answer, get, parameter, post},
    load::Work,
    seed::{PASSWORD, RelyingParty},
};

/// RFC 7636, appendix B: what every client here binds its codes with.
const CODE_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const SCOPE: &str = "openid%20profile%20email";
const REDIRECT_URI: &str = "https%3A%2F%2Fclient.example%2Fcallback";

/// As browsers name themselves; it goes into sessions and events.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// What several workers take from, and put into.
pub(crate) struct Pool<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl Pool<()> {
    /// So many to ask for.
    pub(crate) fn of(count: usize) -> Self {
        Self(Arc::new(Mutex::new(vec![(); count])))
    }
}

impl<T> Pool<T> {
    pub(crate) fn put(&self, one: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// What an authorization request asks of any browser.
pub(crate) fn authorization_request(client: &RelyingParty) -> String {
    format!(
        "/oauth2/authorize?response_type=code&client_id={}&redirect_uri={REDIRECT_URI}&scope={SCOPE}\
         &state=af0ifjsldkj&nonce=n-0S6_WzA2Mj&code_challenge={CODE_CHALLENGE}&code_challenge_method=S256",
        client.client_id
    )
}

/// `GET /oauth2/authorize` of a browser that is signed in: a code at once.
pub(crate) struct Authorize {
    pub(crate) client: RelyingParty,
    /// The cookies of browsers, one after the other.
    pub(crate) cookies: std::iter::Cycle<std::vec::IntoIter<String>>,
    /// Where codes go.
    pub(crate) codes: Pool<String>,
    /// How many are asked for in all; without a bound where nothing is here.
    pub(crate) left: Option<Pool<()>>,
}

impl Work for Authorize {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        if self.left.as_ref().is_some_and(|left| left.take().is_none()) {
            return Ok(None);
        }
        let session = self.cookies.next().ok_or("no session")?;
        let cookie = format!("doorward_session={session}");
        let headers = [(header::COOKIE, &*cookie), (header::USER_AGENT, USER_AGENT)];
        get(&authorization_request(&self.client), &headers).map(Some)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        let answer = answer.expect(StatusCode::SEE_OTHER)?;
        self.codes.put(parameter(answer.location()?, "code")?.to_owned());
        Ok(())
    }
}

/// `POST /oauth2/token` with a code.
pub(crate) struct Exchange {
    pub(crate) client: RelyingParty,
    pub(crate) codes: Pool<String>,
    /// Where what is given goes.
    pub(crate) given: Pool<Given>,
}

/// The tokens of one answer.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) id_token: String,
}

/// The request that redeems a code.
pub(crate) fn exchange(client: &RelyingParty, code: &str) -> Result<Request<String>, Failure> {
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={REDIRECT_URI}&code_verifier={CODE_VERIFIER}"
    );
    post("/oauth2/token", &[(header::AUTHORIZATION, &*client.authorization)], form)
}

impl Work for Exchange {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        self.codes.take().map(|code| exchange(&self.client, &code)).transpose()
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        let answer = answer.expect(StatusCode::OK)?;
        self.given.put(Given {
            access_token: answer.member("access_token")?,
            refresh_token: answer.member("refresh_token")?,
            id_token: answer.member("id_token")?,
        });
        Ok(())
    }
}

/// `POST /oauth2/token` with a refresh token, which is another one each time: a chain.
pub(crate) struct Refresh {
    pub(crate) client: RelyingParty,
    pub(crate) refresh_token: String,
    /// How many are asked for in all; without a bound where nothing is here.
    pub(crate) left: Option<Pool<()>>,
}

impl Work for Refresh {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        if self.left.as_ref().is_some_and(|left| left.take().is_none()) {
            return Ok(None);
        }
        let form = format!("grant_type=refresh_token&refresh_token={}", self.refresh_token);
        let headers = [(header::AUTHORIZATION, &*self.client.authorization)];
        post("/oauth2/token", &headers, form).map(Some)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        let answer = answer.expect(StatusCode::OK)?;
        answer.member("id_token")?;
        let successor = answer.member("refresh_token")?;
        if successor == self.refresh_token {
            return Err("the refresh token was not rotated".into());
        }
        self.refresh_token = successor;
        Ok(())
    }
}

/// A sign-in that waits for a name and a password.
pub(crate) struct Begun {
    browser: String,
    sign_in: String,
}

/// `GET /oauth2/authorize` of a browser in which nobody is signed in, and the login page: a sign-in.
pub(crate) struct Begin {
    pub(crate) client: RelyingParty,
    pub(crate) left: Pool<()>,
    pub(crate) begun: Pool<Begun>,
    /// The sign-in whose page is asked for next.
    pub(crate) page: Option<Begun>,
}

impl Work for Begin {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        match &self.page {
            Some(Begun { browser, sign_in }) => {
                let cookie = format!("doorward_browser={browser}");
                get(&format!("/login?sign_in={sign_in}"), &[(header::COOKIE, &*cookie)]).map(Some)
            }
            None if self.left.take().is_none() => Ok(None),
            None => get(&authorization_request(&self.client), &[]).map(Some),
        }
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        let Some(begun) = self.page.take() else {
            let answer = answer.expect(StatusCode::SEE_OTHER)?;
            let browser = answer.cookie("doorward_browser")?.to_owned();
            let sign_in = parameter(answer.location()?, "sign_in")?.to_owned();
            self.page = Some(Begun { browser, sign_in });
            return Ok(());
        };
        let page = answer.expect(StatusCode::OK)?.body;
        let page = String::from_utf8_lossy(&page);
        if !page.contains(&begun.sign_in) || !page.contains("id=\"password\"") {
            return Err("the login page has no form for its sign-in".into());
        }
        self.begun.put(begun);
        Ok(())
    }
}

/// `POST /login` with the right password: a session, and a code for the client.
pub(crate) struct Login {
    pub(crate) begun: Pool<Begun>,
    /// Who signs in, one after the other.
    pub(crate) usernames: std::iter::Cycle<std::vec::IntoIter<String>>,
}

impl Work for Login {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        let Some(Begun { browser, sign_in }) = self.begun.take() else { return Ok(None) };
        let username = self.usernames.next().ok_or("nobody signs in")?;
        let cookie = format!("doorward_browser={browser}");
        let headers = [(header::COOKIE, &*cookie), (header::USER_AGENT, USER_AGENT)];
        let form = format!("sign_in={sign_in}&username={username}&password={PASSWORD}");
        post("/login", &headers, form).map(Some)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        let answer = answer.expect(StatusCode::SEE_OTHER)?;
        answer.cookie("doorward_session")?;
        parameter(answer.location()?, "code").map(drop)
    }
}
