//! What is written and seen of an operator: never its token, but for the one that was made by the request that is answered.

use flows::admin::operators::{KnownOperator, MadeOperator, OperatorMetadata};
use poem_openapi::{Object, types::Example};
use protocol::{AccountId, Timestamp, permission::Permission};

use crate::admin::written::Written;

/// An operator to be.
#[derive(Debug, Object)]
#[oai(rename = "NewOperator", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct NewOperatorBody {
    /// What people call it: 1 to 128 bytes.
    #[oai(validator(min_length = 1, max_length = 128))]
    name: String,
    /// What it may do.
    #[oai(validator(max_items = 64))]
    permissions: Vec<Written<Permission>>,
    /// The account that it signs in with, where it is a person who does.
    account_id: Option<Written<AccountId>>,
    /// Whether it is given a token. By default where it has no account.
    with_token: Option<bool>,
}

/// What can be chosen of an operator.
#[derive(Debug, Object)]
#[oai(rename = "OperatorMetadata", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct OperatorBody {
    /// What people call it: 1 to 128 bytes.
    #[oai(validator(min_length = 1, max_length = 128))]
    name: String,
    /// What it may do.
    #[oai(validator(max_items = 64))]
    permissions: Vec<Written<Permission>>,
    /// The account that it signs in with, where it is a person who does.
    account_id: Option<Written<AccountId>>,
}

/// An operator.
#[derive(Debug, Object)]
#[oai(rename = "Operator", skip_serializing_if_is_none, example)]
pub(super) struct OperatorView {
    /// Its id.
    operator_id: String,
    /// What people call it.
    name: String,
    /// What it may do.
    permissions: Vec<Written<Permission>>,
    /// The account that it signs in with.
    account_id: Option<Written<AccountId>>,
    /// Whether it has a token.
    has_token: bool,
    /// When it was made.
    created_at: Written<Timestamp>,
}

/// An operator, with the token that was made for it.
#[derive(Debug, Object)]
#[oai(rename = "MadeOperator", skip_serializing_if_is_none, example)]
pub(super) struct MadeOperatorView {
    #[oai(flatten)]
    operator: OperatorView,
    /// Its new token, if one was made. It is not kept, and nobody can be shown it again.
    token: Option<String>,
}

impl From<NewOperatorBody> for (OperatorMetadata, bool) {
    fn from(body: NewOperatorBody) -> Self {
        let NewOperatorBody { name, permissions, account_id, with_token } = body;
        let has_token = with_token.unwrap_or(account_id.is_none());
        (OperatorBody { name, permissions, account_id }.into(), has_token)
    }
}

impl From<OperatorBody> for OperatorMetadata {
    fn from(OperatorBody { name, permissions, account_id }: OperatorBody) -> Self {
        let permissions = permissions.into_iter().map(|permission| permission.0).collect();
        Self { name, permissions, account_id: account_id.map(|account_id| account_id.0) }
    }
}

impl From<&KnownOperator> for OperatorView {
    fn from(operator: &KnownOperator) -> Self {
        Self {
            operator_id: operator.operator_id.to_string(),
            name: operator.chosen.name.clone(),
            permissions: operator.chosen.permissions.iter().map(Written).collect(),
            account_id: operator.chosen.account_id.map(Written),
            has_token: operator.has_token,
            created_at: operator.created_at.into(),
        }
    }
}

impl From<MadeOperator> for MadeOperatorView {
    fn from(MadeOperator { operator, token }: MadeOperator) -> Self {
        let token = token.map(|token| token.expose().to_owned());
        Self { operator: (&operator).into(), token }
    }
}

fn permissions() -> Vec<Written<Permission>> {
    vec![Written(Permission::ClientsRead), Written(Permission::AuditRead)]
}

impl Example for NewOperatorBody {
    fn example() -> Self {
        let OperatorBody { name, permissions, account_id } = OperatorBody::example();
        Self { name, permissions, account_id, with_token: None }
    }
}

impl Example for OperatorBody {
    fn example() -> Self {
        Self { name: "Ada".into(), permissions: permissions(), account_id: None }
    }
}

impl Example for OperatorView {
    fn example() -> Self {
        Self {
            operator_id: "opr_0123456789abcdef0123456789abcdef".into(),
            name: "Ada".into(),
            permissions: permissions(),
            account_id: None,
            has_token: true,
            created_at: Timestamp::from_seconds(1_789_000_000).into(),
        }
    }
}

impl Example for MadeOperatorView {
    fn example() -> Self {
        let operator = OperatorView::example();
        Self { operator, token: Some("shown-once-and-never-kept".into()) }
    }
}
