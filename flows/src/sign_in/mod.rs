//! Sign-ins: a stored record whose steps are typed. Every step returns to [`next_step`](protocol::sign_in::next_step);
//! steps never lead to one another.

mod consent;
mod issue;
mod new_password;
mod password;
mod session;
mod show;
mod way_on;

use std::sync::Arc;

use protocol::{
    SignInId,
    authorize::Answer,
    client::Client,
    refusal::RefusedAt,
    sign_in::{SessionFacts, Step},
};
use storage::{Batch, CommitError, Stored, sign_ins::SignIn};

pub use consent::Decision;
pub(crate) use issue::issue;
pub use new_password::{NewPasswordOutcome, NotChosen};
pub use password::{Credentials, NotSignedIn, PasswordOutcome};
pub use show::{ConsentAsked, LoginAsked, NewPasswordAsked, Shown, WhyAgain};

use crate::{Browser, Context, Error, Failure, Flows, authorize::Next, browser::SignedIn};

/// Which page a sign-in is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Who are you, and your password.
    Login,
    /// Choose another password.
    NewPassword,
    /// Do you allow this?
    Consent,
}

impl Page {
    pub(crate) fn of(step: &Step) -> Self {
        match step {
            Step::Consent(_) => Self::Consent,
            Step::NewPassword(_) => Self::NewPassword,
            _ => Self::Login,
        }
    }
}

/// Why a step is refused. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepRefused {
    /// No such sign-in, or its time is over.
    #[error("the sign-in is unknown or over")]
    Unknown,
    /// It began in another browser.
    #[error("the sign-in began in another browser")]
    OtherBrowser,
    /// The client has its answer.
    #[error("the sign-in is finished")]
    Finished,
    /// Another step is asked for now.
    #[error("this is not the step that is asked for")]
    OutOfOrder {
        /// Where that step is.
        page: Page,
    },
}

/// A sign-in, found in its own browser, with what holds now.
pub(crate) struct Found {
    pub(crate) sign_in: Stored<SignIn>,
    pub(crate) client: Arc<Stored<Client>>,
    pub(crate) signed_in: Option<SignedIn>,
    pub(crate) step: Step,
}

impl Flows {
    /// Finds a sign-in, if it is this browser's, and says what must happen next in it.
    async fn find_sign_in(
        &self,
        context: &Context,
        browser: &Browser,
        id: SignInId,
    ) -> Result<Found, Error<StepRefused>> {
        let sign_in = self
            .store
            .sign_in(&context.realm, id)
            .await?
            .ok_or(Error::Refused(StepRefused::Unknown))?;
        let is_same =
            browser.binding.as_ref().is_some_and(|binding| binding.hash() == sign_in.browser);
        if !is_same {
            return Err(Error::Refused(StepRefused::OtherBrowser));
        }
        let client = self.known_client(context, sign_in.request.client_id).await?;
        let client = client.filter(|client| !client.is_disabled());
        let client = client.ok_or(Error::Refused(StepRefused::Unknown))?;
        let signed_in = self.signed_in(context, browser).await?;
        let session = signed_in.as_ref().map(|signed_in| &signed_in.facts);
        let step =
            self.next_step(context, (&sign_in.state, &sign_in.request), &client, session).await?;
        Ok(Found { sign_in, client, signed_in, step })
    }

    /// Puts into `batch` what follows from `step`, and says where the browser goes once it is committed.
    pub(crate) async fn advance(
        &self,
        context: &Context,
        batch: &mut Batch,
        (sign_in, client): (&Stored<SignIn>, &Client),
        (state, step): (protocol::sign_in::SignInState, Step),
    ) -> Result<Next, Failure> {
        let request = &sign_in.request;
        let put = |batch: &mut Batch, state| {
            batch.replace(sign_in, &SignIn { state, ..sign_in.record.clone() });
        };
        Ok(match step {
            Step::Issue(granted) => {
                put(batch, granted.answered());
                let granted = issue(self, context, batch, (client, request), granted).await?;
                let answer = Answer::Granted(&granted);
                Next::Client(request.answer_to().location(answer, &context.issuer))
            }
            Step::Refuse(why) => {
                put(batch, why.answered());
                self.refuse_request(context, request, (RefusedAt::SignIn, &why, None))
            }
            step => {
                put(batch, state);
                Next::Page { sign_in_id: sign_in.sign_in_id, page: Page::of(&step) }
            }
        })
    }
}

/// A batch that lost against another submission of the same step: the step is no longer asked for.
fn lost_race(error: CommitError) -> Error<StepRefused> {
    match error {
        CommitError::Refused(_) => Error::Refused(StepRefused::Finished),
        error => error.into(),
    }
}

/// Who is signed in, for the next judgement of the same sign-in.
fn session_of(found: &Found) -> Option<&SessionFacts> {
    found.signed_in.as_ref().map(|signed_in| &signed_in.facts)
}
