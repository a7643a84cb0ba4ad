//! The step new password: the old one was right and opens nothing any more, so another must be chosen.
//!
//! No session is there before it is taken. Nothing can be guessed at it: who takes it has proved the old password, with a
//! permit, and whatever they type that is not that password replaces it. Each try is counted against the account, and who
//! types the old password too often must prove it anew.

use actors::{
    identity::{HashError, PASSWORD_BYTES_MAX, Verdict},
    lockout::Subject,
};
use protocol::{
    AccountId, Secret, SignInId,
    event::Act,
    sign_in::{NewPassword, OldPassword, SignInState, Step},
};
use storage::{
    Batch, CommitError, Record, StorageError, Stored, accounts::Account, logouts::Ended,
    passwords::Password, sign_ins::SignIn,
};

use super::{
    Found, Page, StepRefused, lost_race,
    session::{Proven, origin},
};
use crate::{
    Browser, Context, Error, Failure, Flows, SessionChange,
    authorize::{Next, Onward},
    finish::finish,
};

/// What came of it.
#[derive(Debug)]
pub enum NewPasswordOutcome {
    /// The browser goes on.
    Onward(Onward),
    /// The page is shown again, and says why.
    Again(NotChosen),
}

/// Why what was typed is not the new password. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotChosen {
    /// It has no characters.
    Empty,
    /// It is longer than a password may be.
    TooLong,
    /// It is the old one.
    Same,
}

/// How often a choice may lose a race against another write of what it changes.
const ATTEMPTS_MAX: usize = 5;

/// A password that may be the new one.
struct Choice {
    context: Context,
    browser: Browser,
    found: Found,
    step: NewPassword,
    phc: String,
}

impl Flows {
    /// Takes what a person typed as their new password.
    #[tracing::instrument(level = "debug", name = "flows.sign_in.new_password", skip_all)]
    pub async fn choose_new_password(
        &self,
        context: Context,
        browser: Browser,
        (sign_in_id, typed): (SignInId, Secret<String>),
    ) -> Result<NewPasswordOutcome, Error<StepRefused>> {
        let found = self.find_sign_in(&context, &browser, sign_in_id).await?;
        let step = match &found.step {
            Step::NewPassword(step) => step.clone(),
            Step::Over => return Err(Error::Refused(StepRefused::Finished)),
            other => {
                return Err(Error::Refused(StepRefused::OutOfOrder { page: Page::of(other) }));
            }
        };
        self.admit_choice(&context, &browser, step.old().account_id)?;
        let phc = match self.judge_choice(&context, step.old().account_id, typed).await? {
            Ok(phc) => phc,
            Err(NotChosen::Same) => return self.chose_the_same(&found, step).await,
            Err(why) => return Ok(NewPasswordOutcome::Again(why)),
        };
        let flows = self.clone();
        let rest =
            async move { flows.commit_choice(Choice { context, browser, found, step, phc }).await };
        finish(rest).await?
    }

    /// Counts a try as an attempt to sign in: it costs as much work.
    fn admit_choice(
        &self,
        context: &Context,
        browser: &Browser,
        account_id: AccountId,
    ) -> Result<(), Failure> {
        let devices = self.lockout.devices();
        let device = browser.device.as_ref();
        let device =
            device.and_then(|device| devices.verify(device.expose(), account_id, self.store.now()));
        self.admit_attempt(context, &Subject::Account(account_id), device.as_ref())
    }

    /// The page says so, as long as it was not typed too often.
    async fn chose_the_same(
        &self,
        found: &Found,
        step: NewPassword,
    ) -> Result<NewPasswordOutcome, Error<StepRefused>> {
        let state = step.same();
        let is_over = state == SignInState::Begun;
        let mut batch = self.store.batch();
        batch.replace(&found.sign_in, &SignIn { state, ..found.sign_in.record.clone() });
        self.store.commit(batch).await.map_err(lost_race)?;
        if is_over {
            Err(Error::Refused(StepRefused::OutOfOrder { page: Page::Login }))
        } else {
            Ok(NewPasswordOutcome::Again(NotChosen::Same))
        }
    }

    /// The hash of the new password, if it can be one.
    async fn judge_choice(
        &self,
        context: &Context,
        account_id: AccountId,
        typed: Secret<String>,
    ) -> Result<Result<String, NotChosen>, Failure> {
        match typed.expose().len() {
            0 => return Ok(Err(NotChosen::Empty)),
            1..=PASSWORD_BYTES_MAX => {}
            _ => return Ok(Err(NotChosen::TooLong)),
        }
        let verdict = self.identity.verify(&context.realm, Some(account_id), typed.clone()).await?;
        if let Verdict::Right { .. } = verdict {
            return Ok(Err(NotChosen::Same));
        }
        match self.identity.hash(typed).await {
            Ok(phc) => Ok(Ok(phc)),
            Err(HashError::Empty) => Ok(Err(NotChosen::Empty)),
            Err(HashError::TooLong) => Ok(Err(NotChosen::TooLong)),
            Err(HashError::Unavailable(error)) => Err(error.into()),
        }
    }

    /// The new password, the end of every other session and the beginning of this one are one batch.
    async fn commit_choice(
        &self,
        mut choice: Choice,
    ) -> Result<NewPasswordOutcome, Error<StepRefused>> {
        let account_id = choice.step.old().account_id;
        let mut lost = None;
        for _ in 0..ATTEMPTS_MAX {
            let known = self.known_by(&choice.context, choice.step.old()).await?;
            let Some((account, kept)) = known else {
                return Err(Error::Refused(StepRefused::OutOfOrder { page: Page::Login }));
            };
            let mut batch = self.store.batch();
            let (next, session) = self.put_choice(&mut batch, &choice, (&account, &kept)).await?;
            match self.store.commit(batch).await {
                Ok(_) => {
                    let cookies = self.signed_in_cookies(account_id, session);
                    return Ok(NewPasswordOutcome::Onward(Onward { next, cookies }));
                }
                // The account was changed, or the last use of the session that was there was just written.
                Err(CommitError::Refused(refusal)) if refusal.table() != SignIn::TABLE => {
                    let Choice { context, browser, found, .. } = &mut choice;
                    found.signed_in = self.signed_in(context, browser).await?;
                    lost = Some(refusal);
                }
                Err(error) => return Err(lost_race(error)),
            }
        }
        Err(Failure::unavailable(format_args!("a choice lost too many races: {lost:?}")).into())
    }

    async fn put_choice(
        &self,
        batch: &mut Batch,
        choice: &Choice,
        (account, kept): (&Stored<Account>, &Stored<Password>),
    ) -> Result<(Next, SessionChange), Failure> {
        let Choice { context, found, step, phc, .. } = choice;
        let ended = account.with_sessions_ended(batch.now());
        let free = Account { password_required_at: None, ..ended };
        let (phc, chosen_at) = (phc.clone(), batch.now());
        batch.replace(account, &free);
        batch.replace(kept, &Password { phc, chosen_at, ..kept.record.clone() });
        let origin = origin(context, found);
        let event = origin.event(Some(account.account_id), Act::PasswordChosen);
        self.events.record(&context.realm, batch, event).await?;
        let remember_me = step.old().remember_me;
        // The actor tells the clients: nobody waits for them to sign in.
        let others = Ended::SessionsOf(account.account_id);
        self.logouts.note(batch, &context.realm, others).await?;
        let proven = Proven { context, origin: &origin, found, account: &free, remember_me };
        self.open_session(batch, &proven, |facts| step.clone().chosen(facts)).await
    }

    /// The account and the password, where that is still the one that was right and the account may sign in.
    pub(crate) async fn known_by(
        &self,
        context: &Context,
        old: &OldPassword,
    ) -> Result<Option<(Stored<Account>, Stored<Password>)>, StorageError> {
        let kept = self.store.password(&context.realm, old.account_id).await?;
        let kept = kept.filter(|kept| kept.version.to_string() == old.version);
        let account = self.active_account(context, old.account_id).await?;
        Ok(account.zip(kept))
    }
}
