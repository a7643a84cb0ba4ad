//! The steps identify and password: who are you, and are you that person?

use actors::{
    Origin,
    identity::{Proof, Verdict},
    lockout::{Admission, Attempt, Permit, Subject},
};
use protocol::{
    AccountId, Secret, SignInId, Timestamp,
    event::{Act, SignInRefusal},
    identifier::Identifier,
    sign_in::{OldPassword, Password, SignInState, Step},
};
use storage::{
    CommitError, Record, Stored, account_keys::AccountKey, accounts::Account, sign_ins::SignIn,
};

use super::{
    Found, Page, StepRefused, lost_race,
    session::{Proven, origin},
};
use crate::{
    Browser, Context, Error, Failure, Flows,
    authorize::{Next, Onward},
    browser::SessionChange,
    finish::finish,
};

/// What a person typed.
#[derive(Debug, Default)]
pub struct Credentials {
    /// An e-mail address, username or phone number.
    pub username: Option<String>,
    /// The password; nothing where only the name was asked for.
    pub password: Option<Secret<String>>,
    /// Whether this browser is to be remembered.
    pub remember_me: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum PasswordOutcome {
    /// The browser goes on.
    Onward(Onward),
    /// The page is shown again, and says why.
    Again(NotSignedIn),
}

/// Why the person is not signed in. It does not tell whether an account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSignedIn {
    /// The name or the password is missing.
    Incomplete,
    /// The name or the password is wrong, or the account may not sign in.
    WrongCredentials,
    /// Too many attempts failed.
    Locked {
        /// Until when no further one is looked at.
        until: Timestamp,
    },
}

/// How often a sign-in may lose a race against another write of the session that it takes the place of.
const ATTEMPTS_MAX: usize = 5;

/// One attempt to prove who somebody is.
struct Trial {
    context: Context,
    browser: Browser,
    found: Found,
    step: Password,
    remember_me: bool,
}

impl Flows {
    /// Takes what a person typed on the login page.
    #[tracing::instrument(level = "debug", name = "flows.sign_in.password", skip_all)]
    pub async fn sign_in_with_password(
        &self,
        context: Context,
        browser: Browser,
        (sign_in_id, typed): (SignInId, Credentials),
    ) -> Result<PasswordOutcome, Error<StepRefused>> {
        let found = self.find_sign_in(&context, &browser, sign_in_id).await?;
        let Credentials { username, password, remember_me } = typed;
        let username = username.filter(|username| !username.trim().is_empty());
        let named = match (&found.step, &username) {
            (Step::Over, _) => return Err(Error::Refused(StepRefused::Finished)),
            (Step::Identify(_) | Step::Password(_), None) => {
                return Ok(PasswordOutcome::Again(NotSignedIn::Incomplete));
            }
            (Step::Identify(step), Some(username)) => step.clone().named(identifier(username)),
            (Step::Password(step), Some(username)) => step.clone().renamed(identifier(username)),
            (other, _) => {
                return Err(Error::Refused(StepRefused::OutOfOrder { page: Page::of(other) }));
            }
        };
        let session = super::session_of(&found);
        let step = self
            .next_step(&context, (&named, &found.sign_in.request), &found.client, session)
            .await?;
        let Step::Password(step) = step else {
            return Err(Error::Refused(StepRefused::OutOfOrder { page: Page::of(&step) }));
        };
        match password {
            None => self.keep_name(&found, named).await,
            Some(password) if password.expose().is_empty() => {
                Ok(PasswordOutcome::Again(NotSignedIn::Incomplete))
            }
            Some(password) => {
                let trial = Trial { context, browser, found, step, remember_me };
                // Boxed: it is most of what a sign-in holds while it waits.
                Box::pin(self.try_password(trial, password)).await
            }
        }
    }

    /// The step identify alone: the name is kept, and the password asked for.
    async fn keep_name(
        &self,
        found: &Found,
        state: SignInState,
    ) -> Result<PasswordOutcome, Error<StepRefused>> {
        let mut batch = self.store.batch();
        batch.replace(&found.sign_in, &SignIn { state, ..found.sign_in.record.clone() });
        self.store.commit(batch).await.map_err(lost_race)?;
        let sign_in_id = found.sign_in.sign_in_id;
        Ok(PasswordOutcome::Onward(Next::Page { sign_in_id, page: Page::Login }.into()))
    }

    async fn try_password(
        &self,
        trial: Trial,
        password: Secret<String>,
    ) -> Result<PasswordOutcome, Error<StepRefused>> {
        let realm = &trial.context.realm;
        let identifier = trial.step.identifier();
        let account_id = self.store.account_named(realm, identifier).await?;
        let origin = origin(&trial.context, &trial.found);
        let permit = match self.admit(&trial, (account_id, identifier), origin.clone()).await? {
            Ok(permit) => permit,
            // Not an event each: the lock was one, and whoever goes on guessing would fill the log.
            Err(until) => return Ok(PasswordOutcome::Again(NotSignedIn::Locked { until })),
        };
        // Nobody's account is looked for, too: the look-up must not tell who exists.
        let looked_for = account_id.unwrap_or_else(|| AccountId::new(self.store.randomness()));
        let account = self.store.account(realm, looked_for).await?;
        // Asked for whoever it is: an unknown or disabled account costs the same work.
        let verdict = self.identity.verify(realm, account_id, password).await?;
        let reason = match (account, verdict) {
            (Some(account), Verdict::Right { proof }) if account.is_active() => {
                return match account.password_required_at {
                    None => self.proven(trial, origin, permit, (account, proof)).await,
                    Some(_) => self.must_choose(trial, origin, permit, (account, proof)).await,
                };
            }
            (Some(_), Verdict::Right { .. }) => SignInRefusal::AccountDisabled,
            (Some(_), Verdict::Wrong) => SignInRefusal::WrongPassword,
            (None, _) => SignInRefusal::UnknownIdentifier,
        };
        self.record_refusal(&trial, &origin, account_id, reason).await?;
        Ok(PasswordOutcome::Again(NotSignedIn::WrongCredentials))
    }

    /// A permit, or until when there is none.
    async fn admit(
        &self,
        trial: &Trial,
        (account_id, identifier): (Option<AccountId>, &Identifier),
        origin: Origin,
    ) -> Result<Result<Permit, Timestamp>, Failure> {
        let device = match (account_id, &trial.browser.device) {
            (Some(account_id), Some(device)) => {
                self.lockout.devices().verify(device.expose(), account_id, self.store.now())
            }
            _ => None,
        };
        let subject =
            account_id.map_or_else(|| Subject::Unknown(identifier.clone()), Subject::Account);
        self.admit_attempt(&trial.context, &subject, device.as_ref())?;
        let attempt = Attempt { realm: trial.context.realm.clone(), subject, device, origin };
        match self.lockout.admit(attempt).await? {
            Admission::Admitted(permit) => Ok(Ok(permit)),
            Admission::Locked { until, .. } => Ok(Err(until)),
            Admission::NotCounted(error) => Err(error.into()),
        }
    }

    async fn record_refusal(
        &self,
        trial: &Trial,
        origin: &Origin,
        account_id: Option<AccountId>,
        reason: SignInRefusal,
    ) -> Result<(), Failure> {
        let mut batch = self.store.batch();
        let realm = &trial.context.realm;
        if account_id.is_none() {
            // What is personal of an account is sealed under a key that is read. As much is read where there is none.
            let nobody = AccountId::new(self.store.randomness());
            self.store.get::<AccountKey>(realm, &nobody).await?;
        }
        let event = origin.event(account_id, Act::SignInRefused { reason });
        self.events.record(realm, &mut batch, event).await?;
        self.store.commit(batch).await?;
        Ok(())
    }

    /// The password was right: the session, the next step and what follows from it are one batch.
    async fn proven(
        &self,
        trial: Trial,
        origin: Origin,
        permit: Permit,
        (account, proof): (Stored<Account>, Proof),
    ) -> Result<PasswordOutcome, Error<StepRefused>> {
        let flows = self.clone();
        let rest = async move {
            let (next, session) = flows.commit_proof(trial, &origin, (&account, &proof)).await?;
            permit.succeeded();
            let cookies = flows.signed_in_cookies(account.account_id, session);
            Ok(PasswordOutcome::Onward(Onward { next, cookies }))
        };
        finish(rest).await?
    }

    /// The password was right and must be replaced: it is kept that it was, and nothing else.
    async fn must_choose(
        &self,
        trial: Trial,
        origin: Origin,
        permit: Permit,
        (account, proof): (Stored<Account>, Proof),
    ) -> Result<PasswordOutcome, Error<StepRefused>> {
        let flows = self.clone();
        let rest = async move {
            let Trial { context, found, step, remember_me, .. } = trial;
            let mut batch = flows.store.batch();
            proof.put(&mut batch);
            let (account_id, version) = (account.account_id, proof.version(&batch).to_string());
            let old = OldPassword { account_id, version, remember_me, typed_again: 0 };
            let state = step.outdated(old);
            batch.replace(&found.sign_in, &SignIn { state, ..found.sign_in.record.clone() });
            let event = origin.event(Some(account_id), Act::PasswordOutdated);
            flows.events.record(&context.realm, &mut batch, event).await?;
            flows.store.commit(batch).await.map_err(lost_race)?;
            proof.committed();
            permit.succeeded();
            let next = Next::Page { sign_in_id: found.sign_in.sign_in_id, page: Page::NewPassword };
            Ok(PasswordOutcome::Onward(next.into()))
        };
        finish(rest).await?
    }

    async fn commit_proof(
        &self,
        mut trial: Trial,
        origin: &Origin,
        (account, proof): (&Account, &Proof),
    ) -> Result<(Next, SessionChange), Error<StepRefused>> {
        let mut lost = None;
        for _ in 0..ATTEMPTS_MAX {
            let mut batch = self.store.batch();
            proof.put(&mut batch);
            let Trial { context, found, step, remember_me, .. } = &trial;
            let proven = Proven { context, origin, found, account, remember_me: *remember_me };
            let lead_on = |facts| step.clone().proven(facts);
            let outcome = self.open_session(&mut batch, &proven, lead_on).await?;
            match self.store.commit(batch).await {
                Ok(_) => {
                    proof.committed();
                    return Ok(outcome);
                }
                // The last use of the session that was there was just written.
                Err(CommitError::Refused(refusal)) if refusal.table() != SignIn::TABLE => {
                    trial.found.signed_in = self.signed_in(&trial.context, &trial.browser).await?;
                    lost = Some(refusal);
                }
                Err(error) => return Err(lost_race(error)),
            }
        }
        Err(Failure::unavailable(format_args!("a sign-in lost too many races: {lost:?}")).into())
    }
}

/// What was typed, in canonical form. A text that can name nobody stands for itself, so that it meets the same work and
/// the same counters as a name that happens to be nobody's.
fn identifier(typed: &str) -> Identifier {
    Identifier::canonical(typed).unwrap_or_else(|_| Identifier::nobodys(typed))
}
