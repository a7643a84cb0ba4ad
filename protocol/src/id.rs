//! Identifiers that we mint: a kind and 128 random bits, never reused.

use crate::randomness::{Randomness, random};

/// A text that is not an identifier of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of the kind {kind}_")]
pub struct NotAnId {
    kind: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A new identifier, different from every other.
            pub fn new(randomness: &dyn Randomness) -> Self {
                Self(random(randomness))
            }

            /// The identifier of 128 bits that were random elsewhere.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 128 random bits.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write(concat!($kind, "_"), &self.0, f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                read(concat!($kind, "_"), text).map(Self).ok_or(NotAnId { kind: $kind })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An account: the record of an end-user. Its text is the public `sub` (OpenID Connect Core 1.0 §8).
    AccountId = "acc";
    /// A client (RFC 6749 §2.2).
    ClientId = "cli";
    /// A secret of a client: names it without telling anything of it.
    ClientSecretId = "sec";
    /// What happened, once.
    EventId = "evt";
    /// What a client was given for one end-user: the family of its tokens.
    GrantId = "grt";
    /// A signing key; its text is the `kid` (RFC 7517 §4.5).
    KeyId = "key";
    /// The end of a session, or of all of an account, of which clients are told.
    LogoutId = "lgo";
    /// A person or program that administers.
    OperatorId = "opr";
    /// An organisation within a realm.
    OrganisationId = "org";
    /// A browser session; its text is the `sid` (OpenID Connect Front-Channel Logout 1.0 §3), for clients whose subjects are
    /// public.
    SessionId = "ses";
    /// One sign-in, from the authorization request to its answer.
    SignInId = "sgn";
}

fn write(prefix: &str, bytes: &[u8; 16], f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "{prefix}{:032x}", u128::from_be_bytes(*bytes))
}

/// Accepts exactly what [`write`] writes, so that an identifier has one text.
fn read(prefix: &str, text: &str) -> Option<[u8; 16]> {
    let digits = text.strip_prefix(prefix)?;
    let canonical =
        digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::tests::Counting;

    #[test]
    fn an_id_is_read_back_from_its_text() {
        let id = AccountId::new(&Counting::default());
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().starts_with("acc_"));
    }

    #[test]
    fn an_id_has_one_text_and_one_kind() {
        let id = ClientId::new(&Counting::default()).to_string();
        assert!(id.parse::<AccountId>().is_err());
        assert!(id.to_uppercase().parse::<ClientId>().is_err());
        for wrong in
            ["", "cli_", "cli_+123456789abcdef0123456789abcdef", &id[..35], &format!("{id}0")]
        {
            assert!(wrong.parse::<ClientId>().is_err(), "{wrong}");
        }
    }
}
