//! The caller of an operation: to hold one is to have been let in, with the one permission that its type names.

use std::marker::PhantomData;

use flows::{
    Context, Error,
    admin::{Administrator, admission::NotAdmitted},
};
use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaOAuthFlow, MetaOAuthFlows, MetaOAuthScope, MetaSecurityScheme, Registry},
};
use protocol::{
    Token,
    parameters::Parameters,
    paths,
    permission::Permission,
    refusal::{Explained, Received, RefusedAt},
};
use serde_json::{Value, json};

use crate::{
    Provider,
    bearer::{MalformedBearer, bearer},
    problem::{Problem, ProblemCode},
    refused::NoBearer,
};

/// The token of an operator, in the document.
const OPERATOR_TOKEN: &str = "operator_token";
/// Signing in, in the document.
const SIGN_IN: &str = "sign_in";

/// A permission as a type.
pub(crate) trait Permitted: Send + Sync + 'static {
    /// Which.
    const PERMISSION: Permission;
}

macro_rules! permitted {
    ($($name:ident),*) => {$(
        #[doc = concat!("[`Permission::", stringify!($name), "`].")]
        pub(crate) struct $name;

        impl Permitted for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )*};
}

permitted!(
    ClientsRead,
    ClientsWrite,
    AccountsRead,
    AccountsWrite,
    SessionsRead,
    SessionsWrite,
    LockoutsRead,
    LockoutsWrite,
    KeysRead,
    KeysWrite,
    SettingsRead,
    SettingsWrite,
    AuditRead,
    RevocationsRead,
    RevocationsWrite,
    OperatorsRead,
    OperatorsWrite
);

/// Somebody who may do what `P` permits.
pub(crate) struct Admitted<P> {
    /// Who it is.
    pub(crate) by: Administrator,
    /// The surroundings of the request.
    pub(crate) context: Context,
    /// What they were let in by.
    pub(crate) token: Token,
    permitted: PhantomData<fn() -> P>,
}

impl<P: Permitted> Admitted<P> {
    async fn judge(request: &Request) -> Result<Self, Problem> {
        let Some(provider) = request.data::<Provider>() else {
            return Err(Problem::unplaced(ProblemCode::Fault, None));
        };
        let context = provider.context(request);
        let token = match bearer(request) {
            Ok(Some(token)) => Token::presented(token.expose()),
            Ok(None) => {
                note(provider, &context, &NoBearer::Missing);
                return Err(Problem::new(&context, ProblemCode::Unauthorized).noted());
            }
            Err(why @ MalformedBearer::Repeated) => {
                note(provider, &context, &why);
                let why = "there is more than one Authorization header";
                return Err(Problem::because(&context, ProblemCode::Malformed, why).noted());
            }
            Err(why @ MalformedBearer::NoToken) => {
                note(provider, &context, &why);
                return Err(Problem::new(&context, ProblemCode::InvalidToken).noted());
            }
        };
        match provider.flows.admit_operator(&context, &token, P::PERMISSION).await {
            Ok(by) => {
                refuse_repeated(&context, request)?;
                Ok(Self { by, context, token, permitted: PhantomData })
            }
            Err(Error::Refused(refusal)) => {
                let received = Received::token(token.expose());
                provider.flows.note_refusal(&context, (RefusedAt::Admin, &refusal), received);
                let problem = match refusal {
                    NotAdmitted::NotBelieved(_) => {
                        Problem::new(&context, ProblemCode::InvalidToken)
                    }
                    NotAdmitted::Insufficient(_) => {
                        Problem::because(&context, ProblemCode::InsufficientPermission, refusal)
                    }
                };
                Err(problem.noted())
            }
            Err(Error::Failed(failure)) => Err(Problem::failed(&context, &failure)),
        }
    }
}

/// Tells operators of a request that brings no token that could be judged.
fn note(provider: &Provider, context: &Context, why: &dyn Explained) {
    provider.flows.note_refusal(context, (RefusedAt::Admin, why), Received::default());
}

/// One of two would have to be chosen.
fn refuse_repeated(context: &Context, request: &Request) -> Result<(), Problem> {
    let query = request.uri().query().unwrap_or_default();
    let malformed = |why: &dyn std::fmt::Display| {
        Problem::because(context, ProblemCode::Malformed, format_args!("{why}"))
    };
    let parameters = Parameters::parse(query.as_bytes()).map_err(|why| malformed(&why))?;
    parameters.refuse_repeated().map_err(|why| malformed(&why))
}

impl<'a, P: Permitted> ApiExtractor<'a> for Admitted<P> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(OPERATOR_TOKEN, operator_token());
        registry.create_security_scheme(SIGN_IN, sign_in());
    }

    /// One name for both schemes and the permission, which [`split_permissions`] takes apart: only here is the type known.
    fn security_schemes() -> Vec<&'static str> {
        vec![P::PERMISSION.as_str()]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::judge(request).await?)
    }
}

/// Writes the permission of each operation as the document should have it: the scope of signing in, beside the token of
/// an operator, and by itself under `x-permission`.
pub(crate) fn split_permissions(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    let operations = paths.filter_map(|(_, path)| path.as_object_mut()).flatten();
    for (_, operation) in operations {
        let named = operation.pointer("/security/0").and_then(Value::as_object);
        let named = named.and_then(|named| named.keys().next());
        let Some(permission) = named.and_then(|name| name.parse::<Permission>().ok()) else {
            continue;
        };
        let permission = permission.as_str();
        if let Some(operation) = operation.as_object_mut() {
            let security = json!([{ OPERATOR_TOKEN: [] }, { SIGN_IN: [permission] }]);
            operation.insert("security".into(), security);
            operation.insert("x-permission".into(), permission.into());
        }
    }
}

const fn scheme(ty: &'static str, description: &'static str) -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty,
        description: Some(description),
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}

fn operator_token() -> MetaSecurityScheme {
    let description = "The token that was shown when the operator was made.";
    MetaSecurityScheme { scheme: Some("bearer"), ..scheme("http", description) }
}

fn sign_in() -> MetaSecurityScheme {
    let scope = |permission: &Permission| MetaOAuthScope {
        name: permission.as_str(),
        description: Some(permission.explanation()),
    };
    let code = MetaOAuthFlow {
        authorization_url: Some(paths::AUTHORIZE),
        token_url: Some(paths::TOKEN),
        refresh_url: None,
        scopes: Permission::ALL.iter().map(scope).collect(),
    };
    let flows = MetaOAuthFlows {
        implicit: None,
        password: None,
        client_credentials: None,
        authorization_code: Some(code),
    };
    let description =
        "Signing in with an account that is an operator's; each permission is a scope.";
    MetaSecurityScheme { flows: Some(flows), ..scheme("oauth2", description) }
}
