//! Tells of refusals: one line in the log, and what operators may look up later. Nothing here changes an answer.

use actors::refusals::Refused;
use protocol::{
    AccountId,
    authorize::{Answer, AnswerTo, AuthorizationRequest},
    event::{Actor, Personal},
    oauth_error::ErrorCode,
    parameters::Parameters,
    refusal::{Explained, Fact, Reason, Received, RefusedAt},
};

use crate::{
    Context, Flows, admin::admission::NotAdmitted, authorize::Next, end_session::NotConfirmed,
    sign_in::StepRefused, userinfo::BearerRefused,
};

impl Flows {
    /// Notes that a request was refused, with what it brought. Waits for nothing; what is too much is not kept.
    pub fn note_refusal(
        &self,
        context: &Context,
        (endpoint, why): (RefusedAt, &dyn Explained),
        received: Received,
    ) {
        self.note(context, (endpoint, why), (received, None));
    }

    fn note(
        &self,
        context: &Context,
        (endpoint, why): (RefusedAt, &dyn Explained),
        (received, account_id): (Received, Option<AccountId>),
    ) {
        // A limit answers in its place, and by what refuses nothing more is learned than by those before.
        if context.tally.is_over() {
            return;
        }
        let (request_id, reason) = (context.request_id.clone(), why.reason());
        let (at, name) = (endpoint.as_str(), reason.as_str());
        tracing::info!(%request_id, endpoint = at, reason = name, "a request was refused");
        let by = context.tally.believed();
        let personal = match by {
            // Where an operator was is kept of nothing that they do.
            Some(Actor::Operator(_)) => Personal::default(),
            _ => context.personal(),
        };
        self.refusals.note(Refused {
            realm: context.realm.clone(),
            issuer: context.issuer.clone(),
            request_id,
            endpoint,
            error: why.error(),
            reason,
            facts: why.facts(),
            received,
            by,
            account_id,
            address: context.address,
            personal,
        });
    }

    /// Tells a client no where its end-user's browser is sent, with the id by which an operator finds out why.
    pub(crate) fn refuse_at<W: Explained + std::fmt::Display>(
        &self,
        context: &Context,
        answer_to: &AnswerTo,
        (why, parameters): (&W, &Parameters),
    ) -> Next {
        let received = Received::read(&[], parameters);
        self.note(context, (RefusedAt::Authorize, why), (received, None));
        told(context, answer_to, why)
    }

    /// The same of a request that was judged before.
    pub(crate) fn refuse_request<W: Explained + std::fmt::Display>(
        &self,
        context: &Context,
        request: &AuthorizationRequest,
        (endpoint, why, account_id): (RefusedAt, &W, Option<AccountId>),
    ) -> Next {
        let received = Received::request(request);
        self.note(context, (endpoint, why), (received, account_id));
        told(context, &request.answer_to(), why)
    }
}

fn told<W: Explained + std::fmt::Display>(
    context: &Context,
    answer_to: &AnswerTo,
    why: &W,
) -> Next {
    let description = format!("{why} (refusal {})", context.request_id);
    let answer = Answer::Refused { error: why.error(), description: &description };
    Next::Client(answer_to.deliver(answer, &context.issuer))
}

impl Explained for BearerRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::NotBelieved(error) => error.reason(),
            Self::Revoked => Reason::TokenRevoked,
            Self::InsufficientScope => Reason::ScopeInsufficient,
        }
    }

    fn error(&self) -> ErrorCode {
        self.code()
    }
}

impl Explained for StepRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::Unknown => Reason::SignInUnknown,
            Self::OtherBrowser => Reason::SignInOfAnotherBrowser,
            Self::Finished => Reason::SignInFinished,
            Self::OutOfOrder { .. } => Reason::SignInOutOfOrder,
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }
}

impl Explained for NotConfirmed {
    fn reason(&self) -> Reason {
        match self {
            Self::Unknown => Reason::LogoutUnknown,
            Self::OtherSession => Reason::LogoutOfAnotherSession,
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }
}

impl Explained for NotAdmitted {
    fn reason(&self) -> Reason {
        match self {
            Self::NotBelieved(_) => Reason::OperatorNotBelieved,
            Self::Insufficient(_) => Reason::PermissionMissing,
        }
    }

    fn error(&self) -> ErrorCode {
        match self {
            Self::NotBelieved(_) => ErrorCode::InvalidToken,
            Self::Insufficient(_) => ErrorCode::InsufficientScope,
        }
    }

    fn facts(&self) -> Vec<Fact> {
        match self {
            Self::NotBelieved(why) => {
                why.iter().map(|why| Fact::text("because", why.reason().as_str())).collect()
            }
            Self::Insufficient(permission) => vec![Fact::text("permission", permission)],
        }
    }
}
