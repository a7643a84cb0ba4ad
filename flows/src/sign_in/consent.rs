//! The step consent: does the end-user allow what the client asks?

use actors::Origin;
use protocol::{
    SignInId,
    event::Act,
    refusal::RefusedAt,
    scope::ScopeSet,
    sign_in::{SignInState, Step},
};
use storage::sign_ins::SignIn;

use super::{Page, StepRefused, lost_race, session_of};
use crate::{Browser, Context, Error, Flows, authorize::Onward, finish::finish};

/// What the end-user decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes, to all of `shown`. Where more is asked for by now, the page is shown again.
    Allow {
        /// What the page showed.
        shown: ScopeSet,
    },
    /// No.
    Deny,
}

impl Flows {
    /// Takes what the end-user decided on the consent page.
    #[tracing::instrument(level = "debug", name = "flows.sign_in.consent", skip_all)]
    pub async fn consent(
        &self,
        context: Context,
        browser: Browser,
        (sign_in_id, decision): (SignInId, Decision),
    ) -> Result<Onward, Error<StepRefused>> {
        let found = self.find_sign_in(&context, &browser, sign_in_id).await?;
        let step = match found.step.clone() {
            Step::Consent(step) => step,
            Step::Over => return Err(Error::Refused(StepRefused::Finished)),
            other => {
                return Err(Error::Refused(StepRefused::OutOfOrder { page: Page::of(&other) }));
            }
        };
        let flows = self.clone();
        let rest = async move {
            let account_id = step.account_id();
            let scopes = step.scope().iter().map(ToString::to_string).collect();
            let mut batch = flows.store.batch();
            let (act, next) = match decision {
                Decision::Deny => {
                    let (state, why) = step.denied();
                    batch
                        .replace(&found.sign_in, &SignIn { state, ..found.sign_in.record.clone() });
                    let why = (RefusedAt::SignIn, &why, Some(account_id));
                    let request = &found.sign_in.request;
                    (Act::ConsentDenied, flows.refuse_request(&context, request, why))
                }
                Decision::Allow { shown } => {
                    let again = StepRefused::OutOfOrder { page: Page::Consent };
                    let state: SignInState = step.allowed(&shown).ok_or(Error::Refused(again))?;
                    let request = &found.sign_in.request;
                    let next = flows
                        .next_step(&context, (&state, request), &found.client, session_of(&found))
                        .await?;
                    let asked = (&found.sign_in, &found.client.record);
                    let next = flows.advance(&context, &mut batch, asked, (state, next)).await?;
                    (Act::ConsentGiven { scopes }, next)
                }
            };
            let origin = Origin {
                address: context.address,
                user_agent: context.user_agent.clone(),
                client_id: Some(found.client.client_id),
                request_id: Some(context.request_id.clone()),
            };
            flows
                .events
                .record(&context.realm, &mut batch, origin.event(Some(account_id), act))
                .await?;
            flows.store.commit(batch).await.map_err(lost_race)?;
            Ok(Onward::from(next))
        };
        finish(rest).await?
    }
}
