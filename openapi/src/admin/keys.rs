//! `/admin/v1/keys`: the keys that sign, without their private parts.

use flows::{
    Error,
    admin::{
        Cursor,
        keys::{AnnouncedKey, ListedKey, RotateRefused},
    },
};
use poem_openapi::{Object, OpenApi, param::Query, types::Example};
use protocol::{Timestamp, jose::Algorithm};
use serde_json::{Value, json};

use super::{
    admitted::{Admitted, KeysRead, KeysWrite},
    answer::{Changed, Listed, Looked, Told, refused_cursor},
    body::JsonOf,
    conditional::Once,
    written::{Writing, Written},
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on signing keys.
pub(crate) struct KeysApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/keys", tag = "Tag::Keys")]
impl KeysApi {
    /// List signing keys
    ///
    /// The one that signs last comes first. At most 100 a page. Private parts are shown nowhere.
    #[oai(path = "/", method = "get", operation_id = "list_keys")]
    async fn list(
        &self,
        admitted: Admitted<KeysRead>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<KeyView>>> {
        let after = after.0.map(Cursor::presented);
        let list = self.0.flows.listed_keys(after.as_ref());
        let list = list.map_err(|error| refused_cursor(&admitted.context, &error));
        Looked(list.map(|list| Told(Listed::of(list, KeyView::from))))
    }

    /// Rotate signing keys
    ///
    /// Announces a successor of the key of one algorithm, or of every algorithm for which none is announced yet. It is in
    /// the JWKS at once and signs from `signs_from` on, when everybody can know it; the key before it verifies until the
    /// last token that it signed is over. Refused while a successor is announced already.
    #[oai(path = "/rotate", method = "post", operation_id = "rotate_keys")]
    async fn rotate(
        &self,
        admitted: Admitted<KeysWrite>,
        /// Chosen by the caller: however often it is sent, keys are rotated once, and the answer is the same for a day.
        #[oai(name = "Idempotency-Key")]
        once: Once,
        body: JsonOf<RotationBody>,
    ) -> Changed<Told<RotatedView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let creation = once.creation("rotate_keys", &body.bytes);
                let algorithm = body.value.algorithm.map(|algorithm| algorithm.0);
                let rotated = self.0.flows.rotate_keys(&by, &creation, algorithm).await;
                let announced = rotated.map_err(|error| match error {
                    Error::Refused(RotateRefused::KeyReused(why)) => {
                        Problem::because(&context, ProblemCode::IdempotencyKeyReused, why)
                    }
                    Error::Refused(why) => Problem::because(&context, ProblemCode::Conflict, why),
                    Error::Failed(failure) => Problem::failed(&context, &failure),
                })?;
                let announced = announced.into_inner().into_iter().map(Into::into).collect();
                Ok(Told(RotatedView { announced }))
            }
            .await,
        )
    }
}

/// Which keys are rotated.
#[derive(Debug, Object)]
#[oai(rename = "KeyRotation", deny_unknown_fields, example)]
struct RotationBody {
    /// The key of this algorithm; of each for which that is allowed, where none is named.
    algorithm: Option<Written<Algorithm>>,
}

/// Keys that were announced.
#[derive(Debug, Object)]
#[oai(rename = "RotatedKeys", example)]
struct RotatedView {
    /// One for each algorithm.
    announced: Vec<AnnouncedView>,
}

/// A key that was announced.
#[derive(Debug, Object)]
#[oai(rename = "AnnouncedKey")]
struct AnnouncedView {
    /// Its id, as tokens name it.
    kid: String,
    /// What it signs with.
    alg: Written<Algorithm>,
    /// When it was put into the JWKS.
    announced_at: Written<Timestamp>,
    /// From when on it signs.
    signs_from: Written<Timestamp>,
}

/// A signing key.
#[derive(Debug, Object)]
#[oai(rename = "SigningKey", skip_serializing_if_is_none, example)]
struct KeyView {
    /// Its id, as tokens name it.
    kid: String,
    /// What it signs with.
    alg: Written<Algorithm>,
    /// `announced`: it is published and will sign. `signing`. `retired`: it verifies what it has signed. `former`: it has left
    /// the JWKS and only tells whose an old ID token was.
    state: String,
    /// Whether the node that answers can use it. A key that signs and cannot be used is a fault.
    is_usable: bool,
    /// When it was put into the JWKS.
    announced_at: Written<Timestamp>,
    /// From when on it signs.
    signs_from: Written<Timestamp>,
    /// When a newer one took over.
    retired_at: Option<Written<Timestamp>>,
    /// When it leaves the JWKS.
    published_until: Option<Written<Timestamp>>,
    /// Its public part (RFC 7517).
    jwk: Value,
}

impl Writing for Algorithm {
    fn texts() -> Vec<Value> {
        Self::ALL.iter().map(|algorithm| algorithm.to_string().into()).collect()
    }

    fn write(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn read(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|algorithm| algorithm.to_string() == text);
        let known = || Self::ALL.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| format!("expected one of: {}", known()))
    }
}

impl From<AnnouncedKey> for AnnouncedView {
    fn from(key: AnnouncedKey) -> Self {
        Self {
            kid: key.key_id.to_string(),
            alg: key.algorithm.into(),
            announced_at: key.announced_at.into(),
            signs_from: key.signs_from.into(),
        }
    }
}

impl From<ListedKey> for KeyView {
    fn from(key: ListedKey) -> Self {
        Self {
            kid: key.key_id.to_string(),
            alg: key.algorithm.into(),
            state: key.state.as_str().into(),
            is_usable: key.is_usable,
            announced_at: key.announced_at.into(),
            signs_from: key.signs_from.into(),
            retired_at: key.retired_at.map(Written),
            published_until: key.published_until.map(Written),
            jwk: serde_json::to_value(key.public_jwk).unwrap_or_default(),
        }
    }
}

impl Example for RotationBody {
    fn example() -> Self {
        Self { algorithm: Some(Algorithm::Es256.into()) }
    }
}

const EXAMPLE_KID: &str = "key_0123456789abcdef0123456789abcdef";

impl Example for RotatedView {
    fn example() -> Self {
        Self {
            announced: vec![AnnouncedView {
                kid: EXAMPLE_KID.into(),
                alg: Algorithm::Es256.into(),
                announced_at: Timestamp::from_seconds(1_789_000_000).into(),
                signs_from: Timestamp::from_seconds(1_789_086_400).into(),
            }],
        }
    }
}

impl Example for KeyView {
    fn example() -> Self {
        Self {
            kid: EXAMPLE_KID.into(),
            alg: Algorithm::Es256.into(),
            state: "signing".into(),
            is_usable: true,
            announced_at: Timestamp::from_seconds(1_789_000_000).into(),
            signs_from: Timestamp::from_seconds(1_789_086_400).into(),
            retired_at: None,
            published_until: None,
            jwk: json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": EXAMPLE_KID,
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            }),
        }
    }
}
