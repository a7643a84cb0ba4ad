//! What a client asks for itself, and with a token that was given: tokens, userinfo, introspection, logout.

use hyper::{Request, StatusCode, header};

use crate::{
    Failure,
    client::{Answer, get, post},
    load::Work,
    operations::Pool,
    seed::RelyingParty,
};

/// `POST /oauth2/token` with the grant `client_credentials` (RFC 6749 §4.4).
pub(crate) struct ActForItself {
    pub(crate) client: RelyingParty,
    /// How many are asked for in all; without a bound where nothing is here.
    pub(crate) left: Option<Pool<()>>,
    /// Where access tokens go, if anybody wants them.
    pub(crate) given: Option<Pool<String>>,
}

impl Work for ActForItself {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        if self.left.as_ref().is_some_and(|left| left.take().is_none()) {
            return Ok(None);
        }
        let headers = [(header::AUTHORIZATION, &*self.client.authorization)];
        post("/oauth2/token", &headers, "grant_type=client_credentials".into()).map(Some)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        let access_token = answer.expect(StatusCode::OK)?.member("access_token")?;
        if let Some(given) = &self.given {
            given.put(access_token);
        }
        Ok(())
    }
}

/// `GET /oauth2/userinfo`, again and again with one token.
pub(crate) struct Userinfo {
    pub(crate) access_token: String,
    /// How many are asked for in all; without a bound where nothing is here.
    pub(crate) left: Option<Pool<()>>,
}

impl Work for Userinfo {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        if self.left.as_ref().is_some_and(|left| left.take().is_none()) {
            return Ok(None);
        }
        let bearer = format!("Bearer {}", self.access_token);
        get("/oauth2/userinfo", &[(header::AUTHORIZATION, &*bearer)]).map(Some)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        answer.expect(StatusCode::OK)?.member("sub").map(drop)
    }
}

/// `POST /oauth2/introspect` (RFC 7662), again and again with one access token.
pub(crate) struct Introspect {
    pub(crate) client: RelyingParty,
    pub(crate) access_token: String,
    /// How many are asked for in all; without a bound where nothing is here.
    pub(crate) left: Option<Pool<()>>,
}

impl Work for Introspect {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        if self.left.as_ref().is_some_and(|left| left.take().is_none()) {
            return Ok(None);
        }
        introspection(&self.client, &self.access_token).map(Some)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        // Only a token that holds has a subject (RFC 7662 §2.2).
        answer.expect(StatusCode::OK)?.member("sub").map(drop)
    }
}

/// `POST /oauth2/introspect`, each time with a token that nobody has asked about.
pub(crate) struct IntrospectNew {
    pub(crate) client: RelyingParty,
    pub(crate) access_tokens: Pool<String>,
}

impl Work for IntrospectNew {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        let Some(access_token) = self.access_tokens.take() else { return Ok(None) };
        introspection(&self.client, &access_token).map(Some)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        answer.expect(StatusCode::OK)?.member("sub").map(drop)
    }
}

fn introspection(client: &RelyingParty, access_token: &str) -> Result<Request<String>, Failure> {
    let headers = [(header::AUTHORIZATION, &*client.authorization)];
    post("/oauth2/introspect", &headers, format!("token={access_token}"))
}

/// A browser that is signed in, and an ID token that its client was given.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) cookie: String,
    pub(crate) id_token: String,
}

/// `GET /oauth2/logout` with an ID token as the hint, each of another session.
pub(crate) struct SignOut {
    pub(crate) signed_in: Pool<SignedIn>,
}

impl Work for SignOut {
    fn next(&mut self) -> Result<Option<Request<String>>, Failure> {
        let Some(SignedIn { cookie, id_token }) = self.signed_in.take() else { return Ok(None) };
        let cookie = format!("doorward_session={cookie}");
        let path = format!("/oauth2/logout?id_token_hint={id_token}");
        get(&path, &[(header::COOKIE, &*cookie)]).map(Some)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        // The session's cookie is taken back where the session was ended.
        answer.cookie("doorward_session").map(drop)
    }
}
