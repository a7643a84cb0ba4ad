//! Resource indicators (RFC 8707): which resource servers an access token is meant for.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    client::Client, jose::Audience, parameters::Parameters, paths, permission::Permissions,
    scope::OPENID, scope::ScopeSet,
};

/// Bytes of one resource.
pub const RESOURCE_BYTES_MAX: usize = 512;
/// Resources of one request, one client or one grant.
pub const RESOURCES_MAX: usize = 16;

/// The parameter (RFC 8707 §2).
const PARAMETER: &str = "resource";

/// An absolute URI without a fragment and without a user (RFC 8707 §2). At most 512 bytes; compared character by character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Resource(String);

/// Resources without order or repetition. At most 16.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<Resource>", into = "BTreeSet<Resource>")]
pub struct Resources(BTreeSet<Resource>);

/// A text that is not a resource, or a list of too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAResource {
    /// More than 512 bytes.
    #[error("a resource is at most 512 bytes long")]
    TooLong,
    /// Not an absolute URI, or one that names a user.
    #[error("a resource is an absolute URI without a user")]
    NotAbsolute,
    /// It has a fragment.
    #[error("a resource has no fragment")]
    Fragment,
    /// More than 16.
    #[error("at most 16 resources can be named at once")]
    TooMany,
}

/// Why the `resource` of a request is refused (RFC 8707 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetRefused {
    /// It cannot be read.
    #[error("resource is malformed: {0}")]
    Malformed(#[from] NotAResource),
    /// The client is not registered for it.
    #[error("the client may not ask for a token for this resource")]
    NotRegistered,
    /// The end-user's yes, or the request before, was for others.
    #[error("resource asks for more than was granted")]
    Exceeded,
}

impl Resource {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Resource {
    type Err = NotAResource;

    fn from_str(text: &str) -> Result<Self, NotAResource> {
        if text.len() > RESOURCE_BYTES_MAX {
            return Err(NotAResource::TooLong);
        }
        if text.contains('#') {
            return Err(NotAResource::Fragment);
        }
        // What a parser would mend is not taken: two spellings of one resource would be two.
        let is_plain =
            text.bytes().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte));
        let url = Url::parse(text).ok().filter(|_| is_plain).ok_or(NotAResource::NotAbsolute)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAResource::NotAbsolute);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Resource {
    type Error = NotAResource;

    fn try_from(text: String) -> Result<Self, NotAResource> {
        text.parse()
    }
}

impl From<Resource> for String {
    fn from(resource: Resource) -> Self {
        resource.0
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Resources {
    /// These.
    ///
    /// Fails with [`NotAResource::TooMany`] rather than grow beyond the bound.
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Result<Self, NotAResource> {
        let all: BTreeSet<_> = resources.into_iter().take(RESOURCES_MAX + 1).collect();
        Self::try_from(all)
    }

    /// What a request asks for; none where it says nothing. The one parameter that may be repeated.
    pub fn asked(parameters: &Parameters) -> Result<Self, NotAResource> {
        let texts: Vec<&str> = parameters.all(PARAMETER).collect();
        if texts.len() > RESOURCES_MAX {
            return Err(NotAResource::TooMany);
        }
        Self::new(texts.into_iter().map(str::parse).collect::<Result<Vec<_>, _>>()?)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `resource` is among them.
    pub fn contains(&self, resource: &Resource) -> bool {
        self.0.contains(resource)
    }

    /// Whether all of these are among `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.0.iter()
    }
}

impl TryFrom<BTreeSet<Resource>> for Resources {
    type Error = NotAResource;

    fn try_from(all: BTreeSet<Resource>) -> Result<Self, NotAResource> {
        if all.len() > RESOURCES_MAX { Err(NotAResource::TooMany) } else { Ok(Self(all)) }
    }
}

impl From<Resources> for BTreeSet<Resource> {
    fn from(resources: Resources) -> Self {
        resources.0
    }
}

/// The admin API as a resource: what an access token for it has among its audience.
pub fn admin_api(issuer: &str) -> String {
    format!("{}{}", issuer.strip_suffix('/').unwrap_or(issuer), paths::ADMIN)
}

/// Whether a resource is the provider itself: the issuer, or the admin API. No client serves that.
pub fn is_own(resource: &Resource, issuer: &str) -> bool {
    resource.as_str() == issuer || resource.as_str() == admin_api(issuer)
}

/// Refuses resources for which `client` is not registered. The admin API is one for every client with a permission among
/// its scopes.
pub fn judge(asked: &Resources, client: &Client, issuer: &str) -> Result<(), TargetRefused> {
    let administers = !Permissions::of_scopes(&client.scopes).is_empty();
    let is_allowed = |resource: &Resource| {
        client.tokens.resources.contains(resource)
            || administers && resource.as_str() == admin_api(issuer)
    };
    if asked.iter().all(is_allowed) { Ok(()) } else { Err(TargetRefused::NotRegistered) }
}

/// What an access token is asked for where `granted` were asked for before, all of them or fewer (RFC 8707 §2.2). Where
/// none were, those that the client is registered for may be asked for now.
pub fn narrowed(
    granted: &Resources,
    parameters: &Parameters,
    client: &Client,
    issuer: &str,
) -> Result<Resources, TargetRefused> {
    let asked = Resources::asked(parameters)?;
    if !granted.is_empty() && !asked.is_subset(granted) {
        return Err(TargetRefused::Exceeded);
    }
    let chosen = if asked.is_empty() { granted.clone() } else { asked };
    judge(&chosen, client, issuer)?;
    Ok(chosen)
}

/// The `aud` of an access token: the resources that it is for.
///
/// Where none was asked for it is the issuer, as ever, and the admin API where a permission was granted. The issuer stands
/// beside those that were asked for where `openid` was granted: the token must serve at userinfo too.
pub fn audience(resources: &Resources, scope: &ScopeSet, issuer: &str) -> Audience {
    let asked = resources.iter().map(ToString::to_string);
    let is_for_issuer = resources.is_empty() || scope.contains(OPENID);
    let administers = resources.is_empty() && !Permissions::of_scopes(scope).is_empty();
    let issuer_itself = is_for_issuer.then(|| issuer.to_owned());
    issuer_itself.into_iter().chain(asked).chain(administers.then(|| admin_api(issuer))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::client::{TokenPolicy, tests::client};

    const ISSUER: &str = "https://id.example";

    fn set(texts: &[&str]) -> Resources {
        Resources::new(texts.iter().map(|text| text.parse().unwrap())).unwrap()
    }

    fn scopes(text: &str) -> ScopeSet {
        text.parse().unwrap()
    }

    #[test]
    fn a_resource_is_an_absolute_uri_without_a_fragment() {
        for text in ["https://api.example/", "https://api.example/v1?tenant=1", "urn:example:api"] {
            assert_eq!(text.parse::<Resource>().unwrap().as_str(), text);
        }
        let long = format!("https://api.example/{}", "a".repeat(RESOURCE_BYTES_MAX));
        let cases = [
            ("https://api.example/#a", NotAResource::Fragment),
            ("https://api.example/#", NotAResource::Fragment),
            ("/v1", NotAResource::NotAbsolute),
            ("api.example", NotAResource::NotAbsolute),
            ("", NotAResource::NotAbsolute),
            (" https://api.example/", NotAResource::NotAbsolute),
            ("https://api.example/\n", NotAResource::NotAbsolute),
            ("https://api.exämple/", NotAResource::NotAbsolute),
            ("https://api.example\\v1", NotAResource::NotAbsolute),
            ("https://user@api.example/", NotAResource::NotAbsolute),
            ("https://:secret@api.example/", NotAResource::NotAbsolute),
            (&long, NotAResource::TooLong),
        ];
        for (text, why) in cases {
            assert_eq!(text.parse::<Resource>(), Err(why), "{text}");
        }
    }

    #[test]
    fn the_parameter_may_be_repeated_within_a_bound() {
        let parse = |text: &str| Resources::asked(&Parameters::parse(text.as_bytes()).unwrap());
        assert_eq!(parse("resource=urn:a&resource=urn:b&resource="), Ok(set(&["urn:a", "urn:b"])));
        assert_eq!(parse("scope=a"), Ok(Resources::default()));
        let many = |count: usize| vec!["resource=urn:a"; count].join("&");
        assert_eq!(parse(&many(RESOURCES_MAX)), Ok(set(&["urn:a"])));
        assert_eq!(parse(&many(RESOURCES_MAX + 1)), Err(NotAResource::TooMany));
        assert_eq!(parse("resource=urn:a&resource=x"), Err(NotAResource::NotAbsolute));
    }

    #[test]
    fn only_what_is_registered_may_be_asked_for_character_by_character() {
        let tokens =
            TokenPolicy { resources: set(&["https://api.example/"]), ..Default::default() };
        let plain = Client { tokens, ..client() };
        assert_eq!(judge(&set(&["https://api.example/"]), &plain, ISSUER), Ok(()));
        for other in ["https://api.example", "https://API.example/", "https://api.example/v1"] {
            let judged = judge(&set(&["https://api.example/", other]), &plain, ISSUER);
            assert_eq!(judged, Err(TargetRefused::NotRegistered), "{other}");
        }
        let admin = set(&["https://id.example/admin/v1"]);
        assert_eq!(judge(&admin, &plain, ISSUER), Err(TargetRefused::NotRegistered));
        let operator = Client { scopes: scopes("openid clients:read"), ..plain };
        assert_eq!(judge(&admin, &operator, ISSUER), Ok(()));
        assert_eq!(
            judge(&admin, &operator, "https://other.example"),
            Err(TargetRefused::NotRegistered)
        );
    }

    #[test]
    fn the_audience_is_what_was_asked_for_and_the_issuer_where_userinfo_is() {
        let cases: [(&[&str], &str, &[&str]); 5] = [
            (&[], "openid", &[ISSUER]),
            (&[], "clients:read", &[ISSUER, "https://id.example/admin/v1"]),
            (&["urn:a"], "openid", &[ISSUER, "urn:a"]),
            (&["urn:a", "urn:b"], "x", &["urn:a", "urn:b"]),
            (&["urn:a"], "clients:read", &["urn:a"]),
        ];
        for (resources, scope, expected) in cases {
            let audience = audience(&set(resources), &scopes(scope), ISSUER);
            assert_eq!(audience.iter().collect::<Vec<_>>(), expected, "{resources:?} {scope}");
        }
    }

    #[test]
    fn a_stored_list_is_bounded_too() {
        let many: Vec<_> = (0..=RESOURCES_MAX).map(|number| format!("urn:{number}")).collect();
        let text = serde_json::to_string(&many).unwrap();
        assert!(serde_json::from_str::<Resources>(&text).is_err());
        let text = serde_json::to_string(&many[1..]).unwrap();
        assert_eq!(serde_json::from_str::<Resources>(&text).unwrap().iter().count(), RESOURCES_MAX);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            if let Ok(resource) = text.parse::<Resource>() {
                prop_assert_eq!(resource.as_str(), text.as_str());
            }
        }
    }
}
