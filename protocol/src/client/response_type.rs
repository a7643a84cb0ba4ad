//! What a client may ask the authorization endpoint for: the six combinations that there are (RFC 6749 §3.1.1, OAuth 2.0
//! Multiple Response Type Encoding Practices §3, §5).

use serde::{Deserialize, Serialize};

/// What a client wants back. The order of the words does not matter; they are written in that of OpenID Connect Core 1.0 §3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ResponseType {
    /// A code.
    Code,
    /// An ID token.
    IdToken,
    /// An ID token and an access token.
    IdTokenToken,
    /// A code and an ID token.
    CodeIdToken,
    /// A code and an access token.
    CodeToken,
    /// All three.
    CodeIdTokenToken,
    /// One of a later release.
    Unknown(String),
}

impl ResponseType {
    /// Every one that is answered.
    pub const ALL: [Self; 6] = [
        Self::Code,
        Self::IdToken,
        Self::IdTokenToken,
        Self::CodeIdToken,
        Self::CodeToken,
        Self::CodeIdTokenToken,
    ];

    /// Its text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::CodeIdToken => "code id_token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
            Self::Unknown(text) => text,
        }
    }

    /// Reads its words in any order; nothing where one is repeated, or together they are none that is answered.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut code, mut id_token, mut token) = (false, false, false);
        for word in text.split(' ') {
            let seen = match word {
                "code" => &mut code,
                "id_token" => &mut id_token,
                "token" => &mut token,
                _ => return None,
            };
            if std::mem::replace(seen, true) {
                return None;
            }
        }
        match (code, id_token, token) {
            (true, false, false) => Some(Self::Code),
            (false, true, false) => Some(Self::IdToken),
            (false, true, true) => Some(Self::IdTokenToken),
            (true, true, false) => Some(Self::CodeIdToken),
            (true, false, true) => Some(Self::CodeToken),
            (true, true, true) => Some(Self::CodeIdTokenToken),
            (false, false, _) => None,
        }
    }

    /// Whether a code comes back.
    pub fn has_code(&self) -> bool {
        matches!(self, Self::Code | Self::CodeIdToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Whether an ID token comes back from the authorization endpoint.
    pub fn has_id_token(&self) -> bool {
        matches!(
            self,
            Self::IdToken | Self::IdTokenToken | Self::CodeIdToken | Self::CodeIdTokenToken
        )
    }

    /// Whether an access token comes back from the authorization endpoint.
    pub fn has_token(&self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Whether any token comes back through the browser, which takes the grant type `implicit` (OpenID Connect Dynamic
    /// Client Registration 1.0 §2).
    pub fn is_front_channel(&self) -> bool {
        self.has_id_token() || self.has_token()
    }
}

impl From<String> for ResponseType {
    fn from(text: String) -> Self {
        Self::parse(&text).unwrap_or(Self::Unknown(text))
    }
}

impl From<ResponseType> for String {
    fn from(response_type: ResponseType) -> Self {
        response_type.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_come_in_any_order_and_each_once() {
        for response_type in ResponseType::ALL {
            let words: Vec<_> = response_type.as_str().split(' ').rev().collect();
            assert_eq!(ResponseType::parse(response_type.as_str()), Some(response_type.clone()));
            assert_eq!(ResponseType::parse(&words.join(" ")), Some(response_type));
        }
        for text in
            ["", "token", "none", "code code", "code  id_token", " code", "Code", "code,token"]
        {
            assert_eq!(ResponseType::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_comes_back_is_what_its_words_say() {
        for one in ResponseType::ALL {
            let says = |word| one.as_str().split(' ').any(|said| said == word);
            let has = [one.has_code(), one.has_id_token(), one.has_token()];
            assert_eq!(has, [says("code"), says("id_token"), says("token")], "{one:?}");
            assert_eq!(one.is_front_channel(), one != ResponseType::Code);
        }
    }

    #[test]
    fn a_stored_one_of_a_later_release_is_kept_and_any_order_is_ours() {
        let read = |text: &str| serde_json::from_str::<ResponseType>(text).unwrap();
        assert_eq!(read("\"token id_token\""), ResponseType::IdTokenToken);
        let later = read("\"code later\"");
        assert_eq!(later, ResponseType::Unknown("code later".into()));
        assert!(!later.has_code());
        assert_eq!(serde_json::to_string(&later).unwrap(), "\"code later\"");
    }
}
