//! The ground that a developer finds: one end-user with every standard claim, two clients, one operator, and the client of
//! the demonstration. What the last start has made is found again.

mod operator;

use std::path::{Path, PathBuf};

use flows::{
    Error,
    admin::{
        Administrator,
        accounts::NewAccount,
        clients::{NewClient, Redirects, Registered},
    },
};
use openapi::pages::text::Text;
use protocol::{
    ClientId, Secret,
    claims::{Address, StandardClaims},
    client::{ConsentPolicy, GrantType, REDIRECT_URIS_MAX, TokenEndpointAuthMethod},
    identifier::Identifier,
    redirect_uri::RedirectUri,
    scope::STANDARD,
};
use serde_json::json;
use url::Url;

use super::{
    demo::{CALLBACK, SIGNED_OUT},
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

/// Where applications under development are usually answered. Those of this machine by its address take any port
/// (RFC 8252 §7.3); the last is of an application on a device.
const REDIRECT_URIS: [&str; 9] = [
    "http://localhost:3000/callback",
    "http://localhost:3000/api/auth/callback/doorward",
    "http://localhost:4200/callback",
    "http://localhost:5000/callback",
    "http://localhost:5173/callback",
    "http://localhost:8000/callback",
    "http://127.0.0.1/callback",
    "http://[::1]/callback",
    "com.example.app:/callback",
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
    kept.docs = Some(format!("{issuer}/docs"));
    for uri in added {
        if !kept.added_redirect_uris.contains(uri) {
            kept.added_redirect_uris.push(uri.clone());
        }
    }
    let ground = Ground { running, by: Administrator::of_node(&running.realm), directory };
    ground.lay_account(&mut kept, is_first).await?;
    ground.lay_clients(&mut kept).await?;
    ground.lay_operator(&mut kept).await?;
    ground.tie_operator(&kept).await?;
    super::spared::spare_loopback(running, &ground.by).await?;
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
            password: Some(Secret::new(kept.password.clone())),
        };
        flows.create_account(&self.by, new).await.map(drop).map_err(refused)
    }

    async fn lay_clients(&self, kept: &mut Kept) -> Result<(), Failed> {
        let of_both = redirects(&kept.added_redirect_uris)?;
        kept.redirect_uris.clone_from(&of_both.redirect_uris);
        kept.post_logout_redirect_uris.clone_from(&of_both.post_logout_redirect_uris);
        if let Some(Registered { client_id, client_secret }) =
            self.lay_client(kept.client_id, web(of_both.clone())).await?
        {
            kept.client_id = Some(client_id);
            kept.client_secret = client_secret.map(|secret| secret.expose().to_owned());
            self.keep(kept)?;
        }
        if let Some(Registered { client_id, .. }) =
            self.lay_client(kept.public_client_id, device(of_both)).await?
        {
            kept.public_client_id = Some(client_id);
            self.keep(kept)?;
        }
        if let Some(Registered { client_id, client_secret }) =
            self.lay_client(kept.demo_client_id, demonstration(&kept.issuer)?).await?
        {
            kept.demo_client_id = Some(client_id);
            kept.demo_client_secret = client_secret.map(|secret| secret.expose().to_owned());
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
}

/// Where both clients may be answered, each address once: the usual ones and those that were added. After a logout a
/// browser may also be sent to the root of what was added, where an application usually begins.
fn redirects(added: &[RedirectUri]) -> Result<Redirects, Failed> {
    let usual = |uris: &[&str]| uris.iter().map(|uri| redirect_uri(uri)).collect::<Result<_, _>>();
    let mut redirect_uris: Vec<RedirectUri> = usual(&REDIRECT_URIS)?;
    let mut post_logout_redirect_uris: Vec<RedirectUri> = usual(&POST_LOGOUT_REDIRECT_URIS)?;
    for uri in added {
        put(&mut redirect_uris, uri.clone());
        put(&mut post_logout_redirect_uris, uri.clone());
        if let Some(root) = root(uri) {
            put(&mut post_logout_redirect_uris, redirect_uri(&root)?);
        }
    }
    if redirect_uris.len().max(post_logout_redirect_uris.len()) > REDIRECT_URIS_MAX {
        return Err(Failed::wrong(format!(
            "a client has at most {REDIRECT_URIS_MAX} redirect URIs, and as many for after a logout"
        )));
    }
    Ok(Redirects { redirect_uris, post_logout_redirect_uris })
}

fn put(uris: &mut Vec<RedirectUri>, uri: RedirectUri) {
    if !uris.contains(&uri) {
        uris.push(uri);
    }
}

/// The root of the host of a web address.
fn root(uri: &RedirectUri) -> Option<String> {
    let url = Url::parse(uri.as_str()).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    is_web.then(|| format!("{}/", url.origin().ascii_serialization()))
}

/// The demonstration is a client of its own, so that what an end-user allows it, it alone may do.
fn demonstration(issuer: &str) -> Result<NewClient, Failed> {
    let at = |path| redirect_uri(&format!("{issuer}{path}"));
    let redirects = Redirects {
        redirect_uris: vec![at(CALLBACK)?],
        post_logout_redirect_uris: vec![at(SIGNED_OUT)?],
    };
    let name = Text::english().get("demo-brand");
    Ok(answered_anyhow(client(&name, TokenEndpointAuthMethod::ClientSecretBasic, redirects)))
}

/// It may ask for every response type, so that a developer can see each.
fn answered_anyhow(client: NewClient) -> NewClient {
    let grant_types = [client.grant_types.clone(), vec![GrantType::Implicit]].concat();
    NewClient { grant_types, ..client }
}

/// Without the duty of PKCE, which many client libraries do not send where they have a secret. One that does is held to
/// it all the same.
fn web(redirects: Redirects) -> NewClient {
    let method = TokenEndpointAuthMethod::ClientSecretBasic;
    let client = answered_anyhow(client("Example web application", method, redirects));
    NewClient { require_pkce: false, ..client }
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
        require_pkce: true,
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
    fn of_the_clients_only_the_one_with_a_secret_for_strangers_may_leave_pkce_out() {
        let redirects = || redirects(&[]).unwrap();
        let demonstration = demonstration("http://localhost:8080").unwrap();
        let required = [web(redirects()), device(redirects()), demonstration];
        assert_eq!(required.map(|client| client.require_pkce), [false, true, true]);
    }

    #[test]
    fn every_usual_address_may_be_registered() {
        for uri in REDIRECT_URIS.iter().chain(&POST_LOGOUT_REDIRECT_URIS) {
            assert!(redirect_uri(uri).is_ok(), "{uri}");
        }
    }

    #[test]
    fn what_is_added_holds_after_a_logout_too_and_so_does_its_root() {
        let added = ["https://app.example:8443/in?a=b", "com.example.other:/in"];
        let added = added.map(|uri| redirect_uri(uri).unwrap());
        let found = redirects(&[&added[..], &added[..]].concat()).unwrap();
        let new: Vec<_> = found.redirect_uris[REDIRECT_URIS.len()..].to_vec();
        assert_eq!(new, added);
        let new = &found.post_logout_redirect_uris[POST_LOGOUT_REDIRECT_URIS.len()..];
        let new: Vec<_> = new.iter().map(RedirectUri::as_str).collect();
        assert_eq!(new, [added[0].as_str(), "https://app.example:8443/", added[1].as_str()]);
    }

    #[test]
    fn more_addresses_than_a_client_may_have_are_refused() {
        let added = |count: usize| -> Vec<RedirectUri> {
            (0..count).map(|n| redirect_uri(&format!("com.example.a{n}:/")).unwrap()).collect()
        };
        let room = REDIRECT_URIS_MAX - REDIRECT_URIS.len();
        assert!(redirects(&added(room)).is_ok());
        assert!(redirects(&added(room + 1)).is_err());
    }

    #[test]
    fn the_demonstration_is_called_the_same_in_every_language() {
        let name = demonstration("http://localhost:8080").unwrap().name;
        for text in Text::every_language() {
            assert_eq!(text.get("demo-brand"), name);
        }
    }
}
