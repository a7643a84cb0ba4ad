//! The page that says what went wrong when no application can be told.

use std::time::Duration;

use flows::{Context, Failure, sign_in::StepRefused};
use poem::{
    Request, Response,
    http::{HeaderValue, StatusCode, header},
};
use protocol::{
    authorize::NotAnswerable,
    client::Client,
    end_session,
    refusal::{Explained, Received, RefusedAt},
};

use super::{
    answer::{FormAction, page},
    submission::NotSubmitted,
    view::{Back, ErrorKind, ErrorPage, Link},
};
use crate::{Provider, failure, form::Unreadable, listener::BodyRefused, pages::text::Text};

/// What a page must know to say what went wrong.
pub(crate) struct Fault {
    status: StatusCode,
    kind: ErrorKind,
    /// For developers. Never of a 5xx.
    reason: Option<String>,
    /// Whether an operator may look it up.
    is_refusal: bool,
}

impl Fault {
    /// No page has this address.
    pub(crate) fn not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            kind: ErrorKind::NotFound,
            reason: None,
            is_refusal: false,
        }
    }

    /// More was sent than is read.
    pub(crate) fn too_large() -> Self {
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            kind: ErrorKind::TooLarge,
            reason: None,
            is_refusal: false,
        }
    }

    /// More was asked than is answered within a while.
    pub(crate) fn too_many(retry_after: Duration) -> Self {
        let kind = ErrorKind::TooMany { retry_after };
        Self { status: StatusCode::TOO_MANY_REQUESTS, kind, reason: None, is_refusal: false }
    }

    /// Too much is being answered.
    pub(crate) fn busy(retry_after: Duration) -> Self {
        let kind = ErrorKind::Unavailable { retry_after: Some(retry_after) };
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind, reason: None, is_refusal: false }
    }

    /// A parameter is missing or is not what it must be.
    pub(crate) fn malformed(reason: impl ToString) -> Self {
        let reason = Some(reason.to_string());
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: ErrorKind::RequestMalformed,
            reason,
            is_refusal: false,
        }
    }

    /// A page of a sign-in was opened by itself.
    pub(crate) fn no_sign_in(reason: impl ToString) -> Self {
        let reason = Some(reason.to_string());
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: ErrorKind::NoSignIn,
            reason,
            is_refusal: false,
        }
    }

    /// The page belongs to a step that is over.
    pub(crate) fn used(reason: impl ToString) -> Self {
        let reason = Some(reason.to_string());
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: ErrorKind::SignInUsed,
            reason,
            is_refusal: false,
        }
    }

    /// A part is down, or something that must hold does not.
    pub(crate) fn failed(context: &Context, failure: &Failure) -> Self {
        let told = failure::tell(context, failure);
        let kind = match failure {
            Failure::Unavailable { .. } => ErrorKind::Unavailable { retry_after: told.retry_after },
            Failure::Fault { .. } => ErrorKind::Generic,
        };
        Self { status: told.status, kind, reason: None, is_refusal: false }
    }

    fn bad_request(kind: ErrorKind, reason: impl ToString) -> Self {
        let reason = Some(reason.to_string());
        Self { status: StatusCode::BAD_REQUEST, kind, reason, is_refusal: false }
    }

    /// Of a refusal of which operators were told.
    pub(crate) fn refused(self) -> Self {
        Self { is_refusal: true, ..self }
    }

    /// Of a refusal that brought nothing but what `why` says; tells operators of it.
    pub(crate) fn noted(
        self,
        (provider, context, endpoint): (&Provider, &Context, RefusedAt),
        why: &dyn Explained,
    ) -> Self {
        provider.flows.note_refusal(context, (endpoint, why), Received::default());
        self.refused()
    }

    /// Draws the page, in the language of the browser.
    pub(crate) fn answer(self, context: &Context, text: Text) -> Response {
        let back = back_from(self.kind);
        self.draw(context, text, back)
    }

    /// As [`Fault::answer`], with the way back to where `client` begins.
    pub(crate) fn answer_to(self, context: &Context, text: Text, client: &Client) -> Response {
        let back = back_to(client).or_else(|| back_from(self.kind));
        self.draw(context, text, back)
    }

    fn draw(self, context: &Context, text: Text, back: Option<Back>) -> Response {
        let retry_after = match self.kind {
            ErrorKind::Unavailable { retry_after } => retry_after,
            _ => None,
        };
        let error = ErrorPage {
            text,
            kind: self.kind,
            request_id: context.request_id.as_str().into(),
            is_refusal: self.is_refusal,
            reason: self.reason.map(Into::into),
            back,
        };
        let mut response = page(self.status, text, &error, &FormAction::None);
        if let Some(wait) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}

/// Where somebody can go on who came here without an application: the first page says what this place is.
fn back_from(kind: ErrorKind) -> Option<Back> {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NoSignIn).then_some(Back::FirstPage)
}

/// To a client that says where it begins.
fn back_to(client: &Client) -> Option<Back> {
    let home = Link::parse(client.client_uri.as_ref()?.as_str())?;
    Some(Back::Client { name: client.name.as_str().into(), home })
}

impl From<&NotAnswerable> for Fault {
    fn from(why: &NotAnswerable) -> Self {
        let kind = match why {
            NotAnswerable::ClientUnknown => ErrorKind::UnknownClient,
            NotAnswerable::RedirectUriNotRegistered => ErrorKind::RedirectUriNotRegistered,
            NotAnswerable::Repeated(_)
            | NotAnswerable::ClientIdMissing
            | NotAnswerable::RedirectUriMissing => ErrorKind::RequestMalformed,
        };
        Self::bad_request(kind, why)
    }
}

impl From<&StepRefused> for Fault {
    fn from(why: &StepRefused) -> Self {
        let kind = match why {
            StepRefused::Unknown => ErrorKind::SignInExpired,
            StepRefused::OtherBrowser => ErrorKind::OtherBrowser,
            StepRefused::Finished | StepRefused::OutOfOrder { .. } => ErrorKind::SignInUsed,
        };
        Self::bad_request(kind, why)
    }
}

impl From<&end_session::Refusal> for Fault {
    fn from(why: &end_session::Refusal) -> Self {
        let kind = match why {
            end_session::Refusal::ClientUnknown => ErrorKind::UnknownClient,
            end_session::Refusal::RedirectUriNotRegistered => ErrorKind::RedirectUriNotRegistered,
            _ => ErrorKind::RequestMalformed,
        };
        Self::bad_request(kind, why)
    }
}

impl From<&Unreadable> for Fault {
    fn from(why: &Unreadable) -> Self {
        match why {
            Unreadable::Body(BodyRefused::TooLarge) => Self::too_large(),
            why => Self::malformed(why),
        }
    }
}

impl From<&NotSubmitted> for Fault {
    fn from(why: &NotSubmitted) -> Self {
        match why {
            NotSubmitted::Unreadable(why) => why.into(),
            NotSubmitted::NoSignIn => Self::no_sign_in(why),
            why => Self::malformed(why),
        }
    }
}

/// The words in which a request is answered that belongs to no sign-in.
pub(crate) fn words(request: &Request) -> Text {
    Text::negotiate(None, request.header(header::ACCEPT_LANGUAGE))
}
