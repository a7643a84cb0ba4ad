//! Over every order of steps: only the legal path reaches a code.

use proptest::prelude::*;

use super::*;
use crate::{
    authorize::judge, client::tests::client, parameters::Parameters, randomness::tests::Counting,
};

mod claims;
mod consent;
mod native;
mod new_password;

const NOW: Timestamp = Timestamp::from_seconds(10_000);

/// A request for `openid email`, with more parameters; `hint=alice` makes the hint hers.
fn request(more: &str) -> AuthorizationRequest {
    let text = format!(
        "client_id={}&redirect_uri=https://client.example/cb&response_type=code&scope=openid%20email&code_challenge={}&code_challenge_method=S256{more}",
        client().client_id,
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    let read = |hint: &str| (hint == "alice").then(|| alice().to_string());
    judge(
        &Parameters::parse(text.as_bytes()).unwrap(),
        Some(&client()),
        "https://id.example",
        &read,
    )
    .unwrap()
}

fn alice() -> AccountId {
    "acc_00000000000000000000000000000001".parse().unwrap()
}

fn bob() -> AccountId {
    "acc_00000000000000000000000000000002".parse().unwrap()
}

/// A session of `account_id` that began `seconds` ago.
fn session(account_id: AccountId, seconds: u64) -> SessionFacts {
    let session_id = SessionId::new(&Counting::default());
    SessionFacts {
        session_id,
        account_id,
        authenticated_at: NOW - Duration::from_secs(seconds),
        amr: vec!["pwd".into()],
        ends_at: NOW + Duration::from_secs(3600),
        epochs: Default::default(),
    }
}

fn name() -> Identifier {
    Identifier::canonical("alice").unwrap()
}

fn scopes(text: &str) -> ScopeSet {
    text.parse().unwrap()
}

/// These scopes and no claim beyond them.
fn all_of(text: &str) -> Allowed {
    Allowed { scope: scopes(text), ..Allowed::default() }
}

/// One world in which every part of the facts is owned.
struct World {
    request: AuthorizationRequest,
    client: Client,
    session: Option<SessionFacts>,
    remembered: Option<ScopeSet>,
    remembered_claims: Option<ClaimNames>,
    permitted: Option<Permissions>,
    old_password_holds: bool,
}

impl World {
    fn new(more: &str, session: Option<SessionFacts>, remembered: Option<&str>) -> Self {
        Self {
            request: request(more),
            client: client(),
            session,
            remembered: remembered.map(scopes),
            remembered_claims: None,
            permitted: None,
            old_password_holds: true,
        }
    }

    fn next(&self, state: &SignInState) -> Step {
        let (session, remembered) = (self.session.as_ref(), self.remembered.as_ref());
        next_step(
            state,
            &Facts {
                request: &self.request,
                client: &self.client,
                subjects: &Subjects::Public,
                session,
                remembered,
                remembered_claims: self.remembered_claims.as_ref(),
                permitted: self.permitted.as_ref(),
                old_password_holds: self.old_password_holds,
                now: NOW,
            },
        )
    }

    fn first(&self) -> &'static str {
        kind(&self.next(&SignInState::Begun))
    }
}

fn kind(step: &Step) -> &'static str {
    match step {
        Step::Identify(_) => "identify",
        Step::Password(_) => "password",
        Step::NewPassword(_) => "new password",
        Step::Consent(_) => "consent",
        Step::Issue(_) => "issue",
        Step::Refuse(refusal) => refusal.code().as_str(),
        Step::Over => "over",
    }
}

#[test]
fn the_first_step_follows_from_prompt_age_session_and_consent() {
    let all = Some("openid email");
    let cases = [
        ("", None, None, "identify"),
        ("", None, all, "identify"),
        ("", Some(60), None, "consent"),
        ("", Some(60), Some("openid"), "consent"),
        ("", Some(60), all, "issue"),
        ("&prompt=none", None, all, "login_required"),
        ("&prompt=none", Some(60), None, "consent_required"),
        ("&prompt=none", Some(60), all, "issue"),
        ("&prompt=login", Some(60), all, "identify"),
        ("&prompt=select_account", Some(60), all, "identify"),
        ("&prompt=consent", Some(60), all, "consent"),
        ("&prompt=consent", None, all, "identify"),
        ("&prompt=login%20consent", Some(60), all, "identify"),
        ("&max_age=60", Some(60), all, "issue"),
        ("&max_age=59", Some(60), all, "identify"),
        ("&max_age=10000", Some(60), all, "issue"),
        ("&max_age=0", Some(0), all, "identify"),
        ("&max_age=59&prompt=none", Some(60), all, "login_required"),
        ("&id_token_hint=alice", Some(60), all, "issue"),
        ("&id_token_hint=alice&prompt=none", Some(60), all, "issue"),
        ("&id_token_hint=alice&prompt=none", None, all, "login_required"),
    ];
    for (more, age, remembered, expected) in cases {
        let world = World::new(more, age.map(|age| session(alice(), age)), remembered);
        assert_eq!(world.first(), expected, "{more} {age:?} {remembered:?}");
    }
}

#[test]
fn a_hint_for_another_end_user_is_never_answered_with_the_one_who_is_there() {
    let world = World::new("&id_token_hint=alice", Some(session(bob(), 60)), Some("openid email"));
    assert_eq!(world.first(), "identify");
    let signed_in = SignInState::Authenticated { session: session(bob(), 0) };
    let world = World { session: Some(session(bob(), 0)), ..world };
    assert_eq!(world.next(&signed_in), Step::Refuse(Refusal::AnotherEndUser));
    let silent = World::new(
        "&id_token_hint=alice&prompt=none",
        Some(session(bob(), 60)),
        Some("openid email"),
    );
    assert_eq!(silent.first(), "login_required");
}

#[test]
fn a_client_of_the_operators_own_asks_only_when_its_request_does() {
    let skips = |more| {
        let world = World::new(more, Some(session(alice(), 60)), None);
        World { client: Client { consent: ConsentPolicy::Skip, ..client() }, ..world }.first()
    };
    assert_eq!(
        [skips(""), skips("&prompt=none"), skips("&prompt=consent")],
        ["issue", "issue", "consent"]
    );
}

#[test]
fn a_sign_in_goes_from_name_to_password_to_consent_to_code() {
    let mut world = World::new("&prompt=login&max_age=1", Some(session(bob(), 0)), None);
    let Step::Identify(ask) = world.next(&SignInState::Begun) else { panic!() };
    let Step::Password(ask) = world.next(&ask.named(name())) else { panic!() };
    assert_eq!(ask.identifier(), &name());
    // Proven in this very sign-in, it is enough however long the consent takes.
    world.session = Some(session(alice(), 30));
    let Step::Consent(ask) = world.next(&ask.proven(session(alice(), 30))) else { panic!() };
    assert_eq!(
        (ask.account_id(), ask.scope(), ask.new_scope()),
        (alice(), &scopes("openid email"), &scopes("openid email"))
    );
    let consented = ask.allowed(&all_of("openid email")).unwrap();
    let Step::Issue(issue) = world.next(&consented) else { panic!() };
    assert_eq!((issue.session.account_id, &issue.scope), (alice(), &scopes("openid email")));
    assert_eq!(issue.allowed, Some(all_of("openid email")));
    assert_eq!(world.next(&issue.answered()), Step::Over);
}

#[test]
fn who_typed_a_name_is_not_taken_for_who_signed_in_elsewhere_meanwhile() {
    let world = World::new("", Some(session(bob(), 0)), Some("openid email"));
    assert_eq!(kind(&world.next(&SignInState::Named { identifier: name() })), "password");
}

#[test]
fn only_what_is_new_is_asked() {
    let world = World::new("", Some(session(alice(), 60)), Some("openid"));
    let Step::Consent(ask) = world.next(&SignInState::Begun) else { panic!() };
    assert_eq!(ask.new_scope(), &scopes("email"));
}

#[test]
fn who_denies_gives_nothing_and_cannot_be_asked_again() {
    let world = World::new("", Some(session(alice(), 60)), None);
    let Step::Consent(ask) = world.next(&SignInState::Begun) else { panic!() };
    let (state, refusal) = ask.denied();
    assert_eq!((refusal.code(), world.next(&state)), (ErrorCode::AccessDenied, Step::Over));
}

#[test]
fn a_sign_in_whose_session_ended_or_changed_begins_again() {
    let own = session(alice(), 0);
    let other = SessionFacts {
        session_id: "ses_00000000000000000000000000000009".parse().unwrap(),
        ..own.clone()
    };
    let states = [
        SignInState::Authenticated { session: own.clone() },
        SignInState::Consented {
            session: own,
            authenticated_here: true,
            scope: scopes("openid email"),
            claims: Default::default(),
        },
    ];
    for state in states {
        for session in [None, Some(other.clone()), Some(session(bob(), 0))] {
            let world = World::new("", session, Some("openid email"));
            assert_eq!(kind(&world.next(&state)), "identify", "{state:?}");
        }
    }
}

#[test]
fn consent_in_an_old_session_does_not_make_it_young() {
    let old = session(alice(), 60);
    let state = SignInState::Consented {
        session: old.clone(),
        authenticated_here: false,
        scope: scopes("openid email"),
        claims: Default::default(),
    };
    assert_eq!(kind(&World::new("&max_age=59", Some(old.clone()), None).next(&state)), "identify");
    assert_eq!(kind(&World::new("&prompt=login", Some(old), None).next(&state)), "identify");
}

#[test]
fn consent_to_less_is_not_consent_to_all() {
    let session = session(alice(), 60);
    let state = SignInState::Consented {
        session: session.clone(),
        authenticated_here: false,
        scope: scopes("openid"),
        claims: Default::default(),
    };
    assert_eq!(kind(&World::new("", Some(session), None).next(&state)), "consent");
}

#[test]
fn a_state_is_read_back_as_it_was_stored() {
    let states = [
        SignInState::Begun,
        SignInState::Named { identifier: name() },
        SignInState::Authenticated { session: session(alice(), 0) },
        SignInState::Consented {
            session: session(alice(), 0),
            authenticated_here: true,
            scope: scopes("openid"),
            claims: Default::default(),
        },
        SignInState::Answered,
    ];
    for state in states {
        let stored = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<SignInState>(&stored).unwrap(), state);
    }
}

/// What may come from a browser, in any order and as often as it likes.
#[derive(Debug, Clone, Copy)]
enum Sent {
    Name,
    Password,
    Allow,
    Deny,
    Look,
    SignOut,
    SignInElsewhere,
}

fn sent() -> impl Strategy<Value = Vec<Sent>> {
    use Sent::{Allow, Deny, Look, Name, Password, SignInElsewhere, SignOut};
    let one = proptest::sample::select(vec![
        Name,
        Name,
        Password,
        Password,
        Allow,
        Allow,
        Deny,
        Look,
        Look,
        SignOut,
        SignInElsewhere,
    ]);
    proptest::collection::vec(one, 0..16)
}

/// Plays requests as a flow does: each takes the step that it names, if that is the step that is asked for.
fn play(world: &mut World, sent: &[Sent]) -> Vec<(&'static str, SignInState)> {
    let mut state = SignInState::Begun;
    let mut taken = Vec::new();
    for sent in sent {
        let now = match (sent, world.next(&state)) {
            (Sent::SignOut, _) => {
                world.session = None;
                continue;
            }
            (Sent::SignInElsewhere, _) => {
                world.session = Some(session(bob(), 60));
                continue;
            }
            (Sent::Name, Step::Identify(ask)) => ("name", ask.named(name())),
            (Sent::Name, Step::Password(ask)) => ("name", ask.renamed(name())),
            (Sent::Password, Step::Password(ask)) => {
                world.session = Some(session(alice(), 0));
                ("password", ask.proven(session(alice(), 0)))
            }
            (Sent::Allow, Step::Consent(ask)) => {
                let shown = Allowed { scope: ask.scope().clone(), claims: ask.claims().clone() };
                ("allow", ask.allowed(&shown).unwrap())
            }
            (Sent::Deny, Step::Consent(ask)) => ("deny", ask.denied().0),
            (Sent::Look, Step::Issue(issue)) => ("code", issue.answered()),
            (Sent::Look, Step::Refuse(refusal)) => ("error", refusal.answered()),
            _ => continue,
        };
        state = now.1.clone();
        taken.push(now);
    }
    taken
}

proptest! {
    #[test]
    fn only_the_legal_path_gives_a_code(sent in sent()) {
        let mut world = World::new("&prompt=login", None, None);
        let taken: Vec<_> = play(&mut world, &sent).into_iter().map(|(step, _)| step).collect();
        if let Some(code) = taken.iter().position(|step| *step == "code") {
            prop_assert!(taken[..code].ends_with(&["name", "password", "allow"]), "{:?}", taken);
            prop_assert_eq!(code + 1, taken.len(), "nothing follows a code");
        }
        if let Some(deny) = taken.iter().position(|step| *step == "deny") {
            prop_assert_eq!(deny + 1, taken.len(), "nothing follows a denial");
        }
    }

    #[test]
    fn a_silent_request_never_shows_a_page(
        age in proptest::option::of(0_u64..200),
        remembered in proptest::option::of(proptest::sample::select(vec!["openid", "email", "openid email"])),
        max_age in proptest::option::of(0_u64..200),
    ) {
        let more = format!("&prompt=none{}", max_age.map(|seconds| format!("&max_age={seconds}")).unwrap_or_default());
        let first = World::new(&more, age.map(|age| session(alice(), age)), remembered).first();
        let old = age.is_none_or(|age| max_age.is_some_and(|max| max == 0 || age > max));
        let expected = if old { "login_required" } else if remembered == Some("openid email") { "issue" } else { "consent_required" };
        prop_assert_eq!(first, expected);
    }
}
