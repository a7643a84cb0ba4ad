//! An authorization request as a relying party makes it (RFC 6749 §4.1.1, RFC 7636 §4.3).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{Token, crypto::sha256, paths};

use super::{Wire, http::encode};

/// A request, and what the relying party keeps of it.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    issuer: String,
    /// What the challenge was made from.
    pub(crate) verifier: String,
    /// In order; a name may be there twice.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Ask {
    /// Everything that a careful relying party sends, for the scope `openid`.
    pub(super) fn new(wire: &Wire, client_id: &str, redirect_uri: &str) -> Self {
        let random = || Token::new(wire.chance()).expose().to_owned();
        let verifier = random();
        let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", "openid"),
            ("state", &random()),
            ("nonce", &random()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { issuer: wire.issuer().to_owned(), verifier, parameters: parameters.into() }
    }

    /// With this value in place of the one that was there.
    #[must_use]
    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// With one parameter more, perhaps of a name that is there.
    #[must_use]
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// With another verifier, for the redemption.
    #[must_use]
    pub(crate) fn proving(self, verifier: &str) -> Self {
        Self { verifier: verifier.to_owned(), ..self }
    }

    /// Without PKCE.
    #[must_use]
    pub(crate) fn without_pkce(self) -> Self {
        self.without("code_challenge").without("code_challenge_method")
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("{name} is not asked"), |(_, value)| value)
    }

    /// The address to which the relying party sends the browser.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.issuer, self.path())
    }

    /// The same without the issuer.
    pub(crate) fn path(&self) -> String {
        format!("{}?{}", paths::AUTHORIZE, encode(&self.parameters))
    }
}
