//! Who may administer, and what: judged at each operation, from the store as it is.
//!
//! An operator presents the token that was made for it, or an access token that names the admin API among its audience; a
//! client that acts for itself presents such an access token too. A token allows what it was given and its holder still
//! may: what is taken from an operator or a client is taken at once.

use protocol::{
    Token,
    event::{Actor, Personal},
    permission::{Permission, Permissions},
    tokens::PresentedAccessToken,
};

use super::Administrator;
use crate::{Context, Error, Flows, userinfo::BearerRefused};

/// Why somebody is not admitted. They learn the code and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// It is neither a token of an operator nor an access token for the admin API that is believed.
    #[error("the token is expired, revoked, malformed, or not for the admin API")]
    NotBelieved(Option<BearerRefused>),
    /// It is believed, and does not allow this.
    #[error("the permission {0} is needed")]
    Insufficient(Permission),
}

impl Flows {
    /// Whoever presents `token`, where they may do what `permission` allows.
    pub async fn admit_operator(
        &self,
        context: &Context,
        token: &Token,
        permission: Permission,
    ) -> Result<Administrator, Error<NotAdmitted>> {
        let by = match PresentedAccessToken::read(token.expose()) {
            Some(token) => self.administrator_with_access_token(context, &token).await?,
            None => self.administrator_with_own_token(context, token).await?,
        };
        context.tally.believes(by.actor.clone());
        if by.permissions.allow(permission) {
            Ok(by)
        } else {
            Err(Error::Refused(NotAdmitted::Insufficient(permission)))
        }
    }

    /// The operator whose own token it is.
    async fn administrator_with_own_token(
        &self,
        context: &Context,
        token: &Token,
    ) -> Result<Administrator, Error<NotAdmitted>> {
        let operator = self.store.operator_with(&context.realm, &token.hash()).await?;
        let operator = operator.ok_or(Error::Refused(NotAdmitted::NotBelieved(None)))?;
        let actor = Actor::Operator(operator.operator_id);
        Ok(Administrator::of_request(context, actor, operator.record.permissions))
    }

    /// The operator who signed in with an account, or the client that acts for itself. Either may do what the token was
    /// given, as far as the client still has it among its scopes, and the operator still may.
    async fn administrator_with_access_token(
        &self,
        context: &Context,
        token: &PresentedAccessToken,
    ) -> Result<Administrator, Error<NotAdmitted>> {
        let not_believed = |why| Error::Refused(NotAdmitted::NotBelieved(why));
        let audience = admin_resource(&context.issuer);
        let claims = self.believed(context, token, Some(&audience)).await?;
        let claims = claims.map_err(|why| not_believed(Some(why)))?;
        let behind = self.behind(context, &claims).await?.ok_or(not_believed(None))?;
        let given = Permissions::of_scopes(&claims.scope.parse().unwrap_or_default());
        let given = given.intersection(&Permissions::of_scopes(&behind.client.scopes));
        let Some(account) = behind.account else {
            let actor = Actor::Client(behind.client.client_id);
            return Ok(Administrator::of_request(context, actor, given));
        };
        let operator = self.store.operator_of(&context.realm, account.account_id).await?;
        let operator = operator.ok_or(not_believed(None))?;
        let permissions = given.intersection(&operator.permissions);
        let actor = Actor::Operator(operator.operator_id);
        Ok(Administrator::of_request(context, actor, permissions))
    }
}

/// The admin API as a resource (RFC 8707 §2): what an access token for it has among its audience.
pub fn admin_resource(issuer: &str) -> String {
    protocol::resource::admin_api(issuer)
}

impl Administrator {
    fn of_request(context: &Context, actor: Actor, permissions: Permissions) -> Self {
        let realm = context.realm.clone();
        // Where an operator was is theirs, and no account's key seals it.
        let personal = Personal::default();
        Self { realm, actor, permissions, request_id: Some(context.request_id.clone()), personal }
    }
}
