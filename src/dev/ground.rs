//! The ground that a developer finds: one end-user with every standard claim, two clients, one operator. What the last
//! start has made is found again.

use std::path::{Path, PathBuf};

use flows::{
    Error,
    admin::{
        Administrator,
        accounts::NewAccount,
        clients::{NewClient, Redirects, Registered},
        operators::Bootstrap,
    },
};
use protocol::{
    ClientId, Secret, Token,
    claims::{Address, StandardClaims},
    client::{ConsentPolicy, GrantType, REDIRECT_URIS_MAX, TokenEndpointAuthMethod},
    identifier::Identifier,
    redirect_uri::RedirectUri,
    scope::STANDARD,
};
use serde_json::json;

use super::{
    kept::{self, Kept},
    not_done,
};
use crate::{
    commands::Failed,
    start::{OsRandomness, Running},
};

const USERNAME: &str = "alice";
const EMAIL: &str = "alice@example.com";
/// From the range that is kept for fiction.
const PHONE: &str = "+12025550143";

/// Where applications under development are usually answered. The last takes any port (RFC 8252 §7.3).
const REDIRECT_URIS: [&str; 8] = [
    "http://localhost:3000/callback",
    "http://localhost:3000/api/auth/callback/doorward",
    "http://localhost:4200/callback",
    "http://localhost:5000/callback",
    "http://localhost:5173/callback",
    "http://localhost:8000/callback",
    "http://127.0.0.1/callback",
    "http://[::1]/callback",
];

/// Where applications under development are usually found.
const POST_LOGOUT_REDIRECT_URIS: [&str; 6] = [
    "http://localhost:3000/",
    "http://localhost:4200/",
    "http://localhost:5000/",
    "http://localhost:5173/",
    "http://localhost:8000/",
    "http://127.0.0.1/",
];

/// Of an application on a device.
const CUSTOM_SCHEME: &str = "com.example.app:/callback";

/// Makes what is missing, and gives all that there is to print.
pub(super) async fn lay(
    running: &Running,
    directory: &Path,
    (issuer, ca_file): (&str, Option<PathBuf>),
    added: &[RedirectUri],
) -> Result<Kept, Failed> {
    let read = Kept::read(directory).map_err(|error| not_done(&kept::file(directory), error))?;
    let is_first = read.is_none();
    let mut kept = read.unwrap_or_default();
    kept.issuer = issuer.to_owned();
    kept.ca_file = ca_file;
    for uri in added {
        if !kept.added_redirect_uris.contains(uri) {
            kept.added_redirect_uris.push(uri.clone());
        }
    }
    let ground = Ground { running, by: Administrator::of_node(&running.realm), directory };
    ground.lay_account(&mut kept, is_first).await?;
    ground.lay_clients(&mut kept).await?;
    ground.lay_operator(&mut kept).await?;
    ground.keep(&kept)?;
    Ok(kept)
}

struct Ground<'a> {
    running: &'a Running,
    by: Administrator,
    directory: &'a Path,
}

impl Ground<'_> {
    fn keep(&self, kept: &Kept) -> Result<(), Failed> {
        kept.write(self.directory).map_err(|error| not_done(&kept::file(self.directory), error))
    }

    async fn lay_account(&self, kept: &mut Kept, is_first: bool) -> Result<(), Failed> {
        let flows = &self.running.flows;
        let username = identifier(USERNAME)?;
        let found = flows.account_named(&self.by, &username).await.map_err(Failed::not_done)?;
        if found.is_some() && is_first {
            return Err(Failed::not_done(format!(
                "{} is gone, and with it the password of {USERNAME}: put it back, or remove {} to begin anew",
                kept::file(self.directory).display(),
                self.directory.display()
            )));
        }
        if found.is_some() {
            return Ok(());
        }
        kept.username = USERNAME.into();
        kept.password = kept::password(&OsRandomness);
        // Before the account, so that none ever has a password that nobody knows.
        self.keep(kept)?;
        let new = NewAccount {
            identifiers: vec![username, identifier(EMAIL)?, identifier(PHONE)?],
            claims: claims(self.running.store.now())?,
            password: Secret::new(kept.password.clone()),
        };
        flows.create_account(&self.by, new).await.map(drop).map_err(refused)
    }

    async fn lay_clients(&self, kept: &mut Kept) -> Result<(), Failed> {
        let demo = redirect_uri(&format!("{}/demo/callback", kept.issuer))?;
        let usual: Vec<RedirectUri> =
            REDIRECT_URIS.iter().map(|uri| redirect_uri(uri)).collect::<Result<_, _>>()?;
        let mut redirect_uris: Vec<RedirectUri> = std::iter::once(demo).chain(usual).collect();
        redirect_uris.extend(
            kept.added_redirect_uris
                .iter()
                .filter(|uri| !redirect_uris.contains(uri))
                .cloned()
                .collect::<Vec<_>>(),
        );
        if redirect_uris.len() >= REDIRECT_URIS_MAX {
            return Err(Failed::wrong(format!(
                "a client has at most {REDIRECT_URIS_MAX} redirect URIs"
            )));
        }
        let after_logout = std::iter::once(format!("{}/demo", kept.issuer));
        let after_logout =
            after_logout.chain(POST_LOGOUT_REDIRECT_URIS.iter().map(|uri| (*uri).to_owned()));
        let post_logout_redirect_uris: Vec<RedirectUri> =
            after_logout.map(|uri| redirect_uri(&uri)).collect::<Result<_, _>>()?;
        kept.redirect_uris.clone_from(&redirect_uris);

        let of_web = Redirects { redirect_uris, post_logout_redirect_uris };
        let mut of_device = of_web.clone();
        of_device.redirect_uris.push(redirect_uri(CUSTOM_SCHEME)?);
        if let Some(Registered { client_id, client_secret }) =
            self.lay_client(kept.client_id, web(of_web)).await?
        {
            kept.client_id = Some(client_id);
            kept.client_secret = client_secret.map(|secret| secret.expose().to_owned());
            self.keep(kept)?;
        }
        if let Some(Registered { client_id, .. }) =
            self.lay_client(kept.public_client_id, device(of_device)).await?
        {
            kept.public_client_id = Some(client_id);
            self.keep(kept)?;
        }
        Ok(())
    }

    /// A client that was not there; nothing when it was, and then it has the redirect URIs of `new`.
    async fn lay_client(
        &self,
        id: Option<ClientId>,
        new: NewClient,
    ) -> Result<Option<Registered>, Failed> {
        let flows = &self.running.flows;
        if let Some(id) = id
            && flows.client(&self.by, id).await.map_err(Failed::not_done)?.is_some()
        {
            flows.set_redirects(&self.by, id, new.redirects).await.map_err(refused)?;
            return Ok(None);
        }
        flows.register_client(&self.by, new).await.map(Some).map_err(refused)
    }

    async fn lay_operator(&self, kept: &mut Kept) -> Result<(), Failed> {
        let running = self.running;
        if let Some(token) = &kept.admin_token {
            let hash = Token::presented(token.clone()).hash();
            let found = running
                .store
                .operator_with(&running.realm, &hash)
                .await
                .map_err(Failed::not_done)?;
            if found.is_some() {
                return Ok(());
            }
        }
        let made =
            running.flows.bootstrap_operator(&self.by, "developer", Bootstrap::Another).await;
        kept.admin_token = Some(made.map_err(refused)?.token.expose().to_owned());
        Ok(())
    }
}

fn web(redirects: Redirects) -> NewClient {
    client("Example web application", TokenEndpointAuthMethod::ClientSecretBasic, redirects)
}

fn device(redirects: Redirects) -> NewClient {
    client("Example native application", TokenEndpointAuthMethod::None, redirects)
}

fn client(name: &str, method: TokenEndpointAuthMethod, redirects: Redirects) -> NewClient {
    NewClient {
        name: name.into(),
        token_endpoint_auth_method: method,
        redirects,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scopes: STANDARD.join(" ").parse().unwrap_or_default(),
        consent: ConsentPolicy::Required,
    }
}

/// All nineteen standard claims beside `sub` (OpenID Connect Core 1.0 §5.1).
fn claims(now: protocol::Timestamp) -> Result<StandardClaims, Failed> {
    let claims = json!({
        "name": "Alice Marie Example",
        "given_name": "Alice",
        "family_name": "Example",
        "middle_name": "Marie",
        "nickname": "Ali",
        "preferred_username": USERNAME,
        "profile": "https://example.com/alice",
        "picture": "https://example.com/alice.png",
        "website": "https://alice.example.com",
        "email": EMAIL,
        "email_verified": true,
        "gender": "female",
        "birthdate": "1990-02-03",
        "zoneinfo": "Europe/Berlin",
        "locale": "en-GB",
        "phone_number": PHONE,
        "phone_number_verified": true,
        "updated_at": now,
    });
    let text = |text: &str| text.parse().map(Some).map_err(Failed::not_done);
    let address = Address {
        formatted: text("1 Harbour Street\nExampletown EX1 2AB\nUnited Kingdom")?,
        street_address: text("1 Harbour Street")?,
        locality: text("Exampletown")?,
        region: text("Exampleshire")?,
        postal_code: text("EX1 2AB")?,
        country: text("United Kingdom")?,
    };
    let claims: StandardClaims = serde_json::from_value(claims).map_err(Failed::not_done)?;
    Ok(StandardClaims { address: Some(address), ..claims })
}

fn identifier(text: &str) -> Result<Identifier, Failed> {
    text.parse().map_err(Failed::not_done)
}

fn redirect_uri(text: &str) -> Result<RedirectUri, Failed> {
    RedirectUri::register(text, super::REGISTRATION)
        .map_err(|error| Failed::wrong(format!("{text}: {error}")))
}

fn refused<R: std::fmt::Display>(error: Error<R>) -> Failed {
    match error {
        Error::Refused(why) => Failed::not_done(why),
        Error::Failed(failure) => Failed::not_done(failure),
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Timestamp, claims::CLAIMS_OF_SCOPES, scope::ScopeSet};

    use super::*;

    #[test]
    fn the_end_user_has_every_standard_claim() {
        let scopes: ScopeSet = STANDARD.join(" ").parse().unwrap();
        let released = claims(Timestamp::from_seconds(1)).unwrap().released(&scopes);
        let all = CLAIMS_OF_SCOPES.iter().flat_map(|(_, claims)| *claims);
        let missing: Vec<_> = all.filter(|claim| !released.contains_key(**claim)).collect();
        assert_eq!(missing, Vec::<&&str>::new());
        assert_eq!(released.len(), 19);
    }

    #[test]
    fn every_usual_address_may_be_registered() {
        for uri in REDIRECT_URIS.iter().chain(&POST_LOGOUT_REDIRECT_URIS).chain([&CUSTOM_SCHEME]) {
            assert!(redirect_uri(uri).is_ok(), "{uri}");
        }
    }
}
