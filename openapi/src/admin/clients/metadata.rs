//! What an operator writes of a client: the metadata of RFC 7591 §2 under their names, and ours.

use flows::admin::clients::{ClientMetadata, Pages, Redirects};
use poem_openapi::{Object, types::Example};
use protocol::{
    client::{
        AccessTokenFormat, AnswerPolicy, AssertionAudience, AssertionPolicy,
        AssertionSigningAlgorithm, ConsentPolicy, GrantType, IdTokenSigningAlgorithm,
        LogoutChannel, LogoutChannels, LogoutUri, Registered, ResponseType, SigningAlgorithm,
        SubjectPolicy, SubjectType, TokenEndpointAuthMethod, TokenPolicy,
    },
    jose::{ClientJwks, ContentEncryption, EncryptionAlgorithm},
    redirect_uri::{RedirectUri, RegistrationPolicy},
    resource::{Resource, Resources},
    scope::ScopeSet,
    web_uri::WebUri,
};

use super::{
    answers,
    parts::{ClaimBody, JwkSet},
};
use crate::admin::written::Written;

/// What can be chosen of a client (RFC 7591 §2).
#[derive(Debug, Object)]
#[oai(rename = "ClientMetadata", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct ClientBody {
    /// What people are shown: 1 to 128 bytes.
    #[oai(validator(min_length = 1, max_length = 128))]
    client_name: String,
    /// How it proves who it is at the token endpoint; `none` for a public client, which cannot keep a secret.
    #[oai(default = "method")]
    token_endpoint_auth_method: Written<TokenEndpointAuthMethod>,
    /// Where answers may be sent: `https`, `http` on the machine itself, or a private-use scheme with a dot.
    #[oai(default, validator(max_items = 64))]
    redirect_uris: Vec<String>,
    /// Where browsers may be sent after a logout.
    #[oai(default, validator(max_items = 64))]
    post_logout_redirect_uris: Vec<String>,
    /// What it may ask the token endpoint for, and `implicit` for tokens from the authorization endpoint.
    #[oai(default = "grant_types", validator(max_items = 16))]
    grant_types: Vec<Written<GrantType>>,
    /// What it may ask the authorization endpoint for. `["code"]` by default where it has the grant type
    /// `authorization_code`, else nothing. One with `code` takes the grant type `authorization_code`, one with `id_token` or
    /// `token` the grant type `implicit`.
    #[oai(validator(max_items = 16))]
    response_types: Option<Vec<Written<ResponseType>>>,
    /// The scopes that it may ask for, separated by spaces.
    #[oai(default)]
    scope: Written<ScopeSet>,
    /// Whether its codes must be bound by PKCE (RFC 7636). Those of a public client always must.
    #[oai(default = "yes")]
    require_pkce: bool,
    /// Whether end-users are asked before it is given anything. For permissions of this API they always are.
    #[oai(default)]
    consent: Written<ConsentPolicy>,
    /// What its ID tokens are signed with. `HS256` is its secret itself, the one that was made last of those that hold; a client
    /// that cannot keep one, or has none, cannot have it.
    #[oai(default)]
    id_token_signed_response_alg: Written<IdTokenSigningAlgorithm>,
    /// How the key of its encrypted ID tokens travels; they are not encrypted where it is missing. One of its keys must be for
    /// that.
    id_token_encrypted_response_alg: Option<Written<Registered<EncryptionAlgorithm>>>,
    /// How its encrypted ID tokens are encrypted; `A128CBC-HS256` where only the `alg` is there.
    id_token_encrypted_response_enc: Option<Written<Registered<ContentEncryption>>>,
    /// What userinfo is signed with; it is plain JSON where this is missing.
    userinfo_signed_response_alg: Option<Written<SigningAlgorithm>>,
    /// How the key of encrypted userinfo travels; it is not encrypted where this is missing. One of its keys must be for that.
    userinfo_encrypted_response_alg: Option<Written<Registered<EncryptionAlgorithm>>>,
    /// How encrypted userinfo is encrypted; `A128CBC-HS256` where only the `alg` is there.
    userinfo_encrypted_response_enc: Option<Written<Registered<ContentEncryption>>>,
    /// Whether it knows end-users by names that others know too, or by names of its sector's alone (OpenID Connect Core 1.0 §8).
    /// Where that changes, or its sector, all that the client was given ends.
    #[oai(default)]
    subject_type: Written<SubjectType>,
    /// Where the redirect URIs of all clients are listed with which it shares pairwise names: an https address, whose host is the
    /// sector. Needed where its own redirect URIs are not all of one host. Nothing is fetched from there.
    sector_identifier_uri: Option<Written<WebUri>>,
    /// Its home page.
    client_uri: Option<Written<WebUri>>,
    /// The page that says what it does with what it learns.
    policy_uri: Option<Written<WebUri>>,
    /// The page with its terms of use.
    tos_uri: Option<Written<WebUri>>,
    /// Its picture.
    logo_uri: Option<Written<WebUri>>,
    /// Its public keys (RFC 7517 §5): those that it signs with, for `private_key_jwt`, and those that its answers are
    /// encrypted with (`use` is `enc`, or missing).
    jwks: Option<JwkSet>,
    /// Where those keys are, if elsewhere: `https`, at an address of the public internet or one that the configuration opens.
    /// They are fetched when they are needed, and again when an assertion names one that is not known. Not beside `jwks`.
    jwks_uri: Option<Written<WebUri>>,
    /// The only algorithm that its assertions may be signed with; where it is missing, any that its method allows.
    token_endpoint_auth_signing_alg: Option<Written<AssertionSigningAlgorithm>>,
    /// Whom its assertions must be meant for: `issuer` alone as FAPI 2.0 wants it, or also the endpoint.
    #[oai(default)]
    assertion_audience: Written<AssertionAudience>,
    /// What its access tokens look like: a JWT that resource servers verify by themselves (RFC 9068), or a text that only
    /// introspection understands.
    #[oai(default)]
    access_token_format: Written<AccessTokenFormat>,
    /// What its access tokens are signed with, where they are JWTs.
    #[oai(default)]
    access_token_signed_response_alg: Written<SigningAlgorithm>,
    /// How long its access tokens hold, where not as long as the installation says.
    #[oai(validator(minimum(value = "1")))]
    access_token_lifetime_seconds: Option<u32>,
    /// How long its ID tokens hold.
    #[oai(validator(minimum(value = "1")))]
    id_token_lifetime_seconds: Option<u32>,
    /// For how long one sign-in lets it refresh.
    #[oai(validator(minimum(value = "1")))]
    refresh_token_lifetime_seconds: Option<u32>,
    /// The resources for which it may ask access tokens (RFC 8707).
    #[oai(default, validator(max_items = 16))]
    resources: Vec<Written<Resource>>,
    /// The resource that it serves itself: it may introspect every access token for that. Neither the issuer nor this API.
    resource_server: Option<Written<Resource>>,
    /// Where we post a logout token when a session is over in which it took part (OpenID Connect Back-Channel Logout 1.0
    /// §2.2): `https`.
    backchannel_logout_uri: Option<String>,
    /// Whether it must be told there which session it is (`sid`). It always is.
    #[oai(default)]
    backchannel_logout_session_required: bool,
    /// What the end-user's browser loads in a frame then (OpenID Connect Front-Channel Logout 1.0 §2): `https`, with the
    /// scheme, host and port of one of the redirect URIs.
    frontchannel_logout_uri: Option<String>,
    /// Whether it must be told there which session it is (`iss` and `sid`).
    #[oai(default)]
    frontchannel_logout_session_required: bool,
    /// What its tokens say beyond what the specifications ask.
    #[oai(default, validator(max_items = 16))]
    claims: Vec<ClaimBody>,
}

fn method() -> Written<TokenEndpointAuthMethod> {
    Written(TokenEndpointAuthMethod::ClientSecretBasic)
}

fn grant_types() -> Vec<Written<GrantType>> {
    vec![Written(GrantType::AuthorizationCode)]
}

const fn yes() -> bool {
    true
}

/// Where a client is told of logouts, and whether it needs to hear of which session.
fn logout(
    (backchannel, backchannel_session): (Option<String>, bool),
    (frontchannel, frontchannel_session): (Option<String>, bool),
    policy: RegistrationPolicy,
) -> Result<LogoutChannels, String> {
    let backchannel = ("backchannel_logout_uri", backchannel);
    let frontchannel = ("frontchannel_logout_uri", frontchannel);
    Ok(LogoutChannels {
        backchannel: channel(backchannel, backchannel_session, policy)?,
        frontchannel: channel(frontchannel, frontchannel_session, policy)?,
    })
}

impl ClientBody {
    /// What it says, or which member cannot be followed and why.
    pub(super) fn chosen(self, policy: RegistrationPolicy) -> Result<ClientMetadata, String> {
        let grant_types = read(self.grant_types);
        let response_types = self.response_types.map(read).unwrap_or_else(|| {
            let codes = grant_types.contains(&GrantType::AuthorizationCode);
            codes.then_some(ResponseType::Code).into_iter().collect()
        });
        let logout = logout(
            (self.backchannel_logout_uri, self.backchannel_logout_session_required),
            (self.frontchannel_logout_uri, self.frontchannel_logout_session_required),
            policy,
        )?;
        Ok(ClientMetadata {
            name: self.client_name,
            token_endpoint_auth_method: self.token_endpoint_auth_method.0,
            redirects: Redirects {
                redirect_uris: uris("redirect_uris", &self.redirect_uris, policy)?,
                post_logout_redirect_uris: uris(
                    "post_logout_redirect_uris",
                    &self.post_logout_redirect_uris,
                    policy,
                )?,
            },
            grant_types,
            response_types,
            scopes: self.scope.0,
            require_pkce: self.require_pkce,
            id_token_signed_response_alg: self.id_token_signed_response_alg.0,
            consent: self.consent.0,
            pages: Pages {
                client_uri: self.client_uri.map(|uri| uri.0),
                policy_uri: self.policy_uri.map(|uri| uri.0),
                tos_uri: self.tos_uri.map(|uri| uri.0),
                logo_uri: self.logo_uri.map(|uri| uri.0),
            },
            jwks: self.jwks.map_or_else(|| Ok(ClientJwks::default()), JwkSet::read)?,
            jwks_uri: self.jwks_uri.map(|uri| uri.0),
            assertions: AssertionPolicy {
                audience: self.assertion_audience.0,
                signing_alg: self.token_endpoint_auth_signing_alg.map(|alg| alg.0),
            },
            answers: AnswerPolicy {
                id_token_encryption: answers::encryption(
                    "id_token_encrypted_response",
                    self.id_token_encrypted_response_alg,
                    self.id_token_encrypted_response_enc,
                )?,
                userinfo_signed_response_alg: self.userinfo_signed_response_alg.map(|alg| alg.0),
                userinfo_encryption: answers::encryption(
                    "userinfo_encrypted_response",
                    self.userinfo_encrypted_response_alg,
                    self.userinfo_encrypted_response_enc,
                )?,
            },
            subjects: SubjectPolicy {
                subject_type: self.subject_type.0,
                sector_identifier_uri: self.sector_identifier_uri.map(|uri| uri.0),
            },
            tokens: TokenPolicy {
                access_token_format: self.access_token_format.0,
                access_token_signed_response_alg: self.access_token_signed_response_alg.0,
                access_token_lifetime: self.access_token_lifetime_seconds,
                id_token_lifetime: self.id_token_lifetime_seconds,
                refresh_token_lifetime: self.refresh_token_lifetime_seconds,
                resources: Resources::new(read(self.resources)).map_err(|why| why.to_string())?,
                resource_server: self.resource_server.map(|resource| resource.0),
                claims: self.claims.into_iter().map(ClaimBody::read).collect::<Result<_, _>>()?,
            },
            logout,
        })
    }
}

impl From<ClientMetadata> for ClientBody {
    fn from(chosen: ClientMetadata) -> Self {
        let text = |uris: Vec<RedirectUri>| uris.into_iter().map(String::from).collect();
        let Pages { client_uri, policy_uri, tos_uri, logo_uri } = chosen.pages;
        let tokens = chosen.tokens;
        let LogoutChannels { backchannel, frontchannel } = chosen.logout;
        let is_required = |channel: &LogoutChannel| channel.session_required;
        let uri = |channel: LogoutChannel| channel.uri.to_string();
        let AnswerPolicy { id_token_encryption, userinfo_signed_response_alg, userinfo_encryption } =
            chosen.answers;
        let (id_token_alg, id_token_enc) = answers::written(id_token_encryption);
        let (userinfo_alg, userinfo_enc) = answers::written(userinfo_encryption);
        Self {
            client_name: chosen.name,
            token_endpoint_auth_method: chosen.token_endpoint_auth_method.into(),
            redirect_uris: text(chosen.redirects.redirect_uris),
            post_logout_redirect_uris: text(chosen.redirects.post_logout_redirect_uris),
            grant_types: chosen.grant_types.into_iter().map(Written).collect(),
            response_types: Some(chosen.response_types.into_iter().map(Written).collect()),
            scope: chosen.scopes.into(),
            require_pkce: chosen.require_pkce,
            consent: chosen.consent.into(),
            id_token_signed_response_alg: chosen.id_token_signed_response_alg.into(),
            id_token_encrypted_response_alg: id_token_alg,
            id_token_encrypted_response_enc: id_token_enc,
            userinfo_signed_response_alg: userinfo_signed_response_alg.map(Written),
            userinfo_encrypted_response_alg: userinfo_alg,
            userinfo_encrypted_response_enc: userinfo_enc,
            subject_type: chosen.subjects.subject_type.into(),
            sector_identifier_uri: chosen.subjects.sector_identifier_uri.map(Written),
            client_uri: client_uri.map(Written),
            policy_uri: policy_uri.map(Written),
            tos_uri: tos_uri.map(Written),
            logo_uri: logo_uri.map(Written),
            jwks: JwkSet::of(&chosen.jwks),
            jwks_uri: chosen.jwks_uri.map(Written),
            token_endpoint_auth_signing_alg: chosen.assertions.signing_alg.map(Written),
            assertion_audience: chosen.assertions.audience.into(),
            access_token_format: tokens.access_token_format.into(),
            access_token_signed_response_alg: tokens.access_token_signed_response_alg.into(),
            access_token_lifetime_seconds: tokens.access_token_lifetime,
            id_token_lifetime_seconds: tokens.id_token_lifetime,
            refresh_token_lifetime_seconds: tokens.refresh_token_lifetime,
            resources: tokens.resources.iter().cloned().map(Written).collect(),
            resource_server: tokens.resource_server.map(Written),
            claims: tokens.claims.into_iter().filter_map(ClaimBody::of).collect(),
            backchannel_logout_session_required: backchannel.as_ref().is_some_and(is_required),
            backchannel_logout_uri: backchannel.map(uri),
            frontchannel_logout_session_required: frontchannel.as_ref().is_some_and(is_required),
            frontchannel_logout_uri: frontchannel.map(uri),
        }
    }
}

/// A way to be told of logouts; none where there is no address.
fn channel(
    (member, uri): (&str, Option<String>),
    session_required: bool,
    policy: RegistrationPolicy,
) -> Result<Option<LogoutChannel>, String> {
    let Some(uri) = uri else { return Ok(None) };
    let uri = LogoutUri::register(&uri, policy).map_err(|why| format!("{member}: {why}"))?;
    Ok(Some(LogoutChannel { uri, session_required }))
}

fn read<T>(list: Vec<Written<T>>) -> Vec<T> {
    list.into_iter().map(|one| one.0).collect()
}

fn uris(
    member: &str,
    texts: &[String],
    policy: RegistrationPolicy,
) -> Result<Vec<RedirectUri>, String> {
    let read = |text: &String| {
        RedirectUri::register(text, policy).map_err(|why| format!("{member}: {why}"))
    };
    texts.iter().map(read).collect()
}

impl Example for ClientBody {
    fn example() -> Self {
        let uri = |text: &str| text.parse().ok().map(Written);
        let resource = "https://api.example.com".parse().ok().map(Written);
        let redirect_uris = vec!["https://app.example.com/callback".to_owned()];
        Self {
            client_name: "Example application".into(),
            token_endpoint_auth_method: method(),
            redirect_uris,
            post_logout_redirect_uris: vec!["https://app.example.com/".into()],
            grant_types: vec![
                Written(GrantType::AuthorizationCode),
                Written(GrantType::RefreshToken),
            ],
            response_types: Some(vec![Written(ResponseType::Code)]),
            scope: Written("openid profile email".parse().unwrap_or_default()),
            require_pkce: true,
            consent: Written(ConsentPolicy::Required),
            id_token_signed_response_alg: Written::default(),
            id_token_encrypted_response_alg: None,
            id_token_encrypted_response_enc: None,
            userinfo_signed_response_alg: None,
            userinfo_encrypted_response_alg: None,
            userinfo_encrypted_response_enc: None,
            subject_type: Written::default(),
            sector_identifier_uri: None,
            client_uri: uri("https://app.example.com"),
            policy_uri: uri("https://app.example.com/privacy"),
            tos_uri: uri("https://app.example.com/terms"),
            logo_uri: None,
            jwks: None,
            jwks_uri: None,
            token_endpoint_auth_signing_alg: None,
            assertion_audience: Written::default(),
            access_token_format: Written::default(),
            access_token_signed_response_alg: Written::default(),
            access_token_lifetime_seconds: Some(300),
            id_token_lifetime_seconds: None,
            refresh_token_lifetime_seconds: None,
            resources: resource.into_iter().collect(),
            resource_server: None,
            claims: Vec::new(),
            backchannel_logout_uri: Some("https://app.example.com/logout".into()),
            backchannel_logout_session_required: true,
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
        }
    }
}
