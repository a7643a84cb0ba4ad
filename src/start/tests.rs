//! A provider put together in memory: whether it runs, what its health says, and what operators can do with it.

use flows::{
    Error,
    admin::{
        Administrator,
        accounts::{AccountRefused, NewAccount},
        clients::{ClientRefused, NewClient, Redirects},
        operators::{Bootstrap, OperatorRefused},
    },
};
use openapi::management::Status;
use protocol::{
    Secret,
    claims::StandardClaims,
    client::{ConsentPolicy, GrantType, NotAClient, TokenEndpointAuthMethod},
};

use super::*;

fn policies(ca_file: &std::path::Path) -> Result<Policies, NotAPolicy> {
    let ca_file = ca_file.to_str().unwrap();
    let environment = [
        ("DOORWARD_ISSUER__URL", "http://localhost:8080"),
        ("DOORWARD_OUTGOING__CA_FILE", ca_file),
    ];
    Policies::of(&Config::load(None, environment).unwrap())
}

#[test]
fn authorities_that_cannot_be_read_are_told_before_anything_runs() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let told = |why: &str| match policies(&file) {
        Ok(_) => panic!("it was read"),
        Err(fault) => {
            let fault = fault.to_string();
            assert!(
                fault.starts_with(&format!("outgoing.ca_file: {}: ", file.display())),
                "{fault}"
            );
            assert!(fault.contains(why), "{fault}");
        }
    };
    told("No such file");
    std::fs::write(&file, "").unwrap();
    told("it holds no certificate");
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap();
    told("");
    let made =
        [(); 2].map(|()| rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap());
    let pem: String = made.iter().map(|made| made.cert.pem()).collect();
    std::fs::write(&file, pem).unwrap();
    assert!(policies(&file).is_ok());
}

async fn running() -> (Running, Administrator) {
    let issuer = [("DOORWARD_ISSUER__URL", "http://localhost:8080")];
    let config = Config::load(None, issuer).unwrap();
    let engine = Arc::new(Redb::in_memory().unwrap());
    let assembly = assemble_over(engine, MasterKey::new(&OsRandomness), &config).unwrap();
    let running = assembly.start().await.unwrap();
    let by = Administrator::of_node(&running.realm);
    (running, by)
}

fn health(running: &Running) -> Health {
    Health {
        store: running.store.clone(),
        realm: running.realm.clone(),
        keys: running.flows.keys.clone(),
        tree: Arc::clone(&running.tree),
        directory: None,
        is_stopping: Arc::default(),
    }
}

fn account(identifiers: &[&str]) -> NewAccount {
    NewAccount {
        identifiers: identifiers.iter().map(|text| text.parse().unwrap()).collect(),
        claims: StandardClaims::default(),
        password: Some(Secret::new("correct horse".into())),
    }
}

fn client(redirect_uris: &[&str]) -> NewClient {
    NewClient {
        name: "Shop".into(),
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
        redirects: redirects(redirect_uris),
        grant_types: vec![GrantType::AuthorizationCode],
        scopes: "openid".parse().unwrap(),
        require_pkce: true,
        consent: ConsentPolicy::Required,
    }
}

fn redirects(redirect_uris: &[&str]) -> Redirects {
    let redirect_uris = redirect_uris.iter().map(|text| text.parse().unwrap()).collect();
    Redirects { redirect_uris, ..Redirects::default() }
}

/// Why something was refused.
fn refusal<T, R>(outcome: Result<T, Error<R>>) -> R {
    match outcome {
        Err(Error::Refused(why)) => why,
        Err(Error::Failed(failure)) => panic!("it failed: {failure}"),
        Ok(_) => panic!("it was done"),
    }
}

#[tokio::test]
async fn what_runs_is_healthy_and_what_was_stopped_says_which_part_is_not() {
    let (running, _) = running().await;
    let health = health(&running);
    let is_ok = |part: &openapi::management::Part| part.status == Status::Ok;
    assert!(health.parts().await.iter().all(is_ok));
    running.tree.stop().await;
    let parts = health.parts().await;
    let down: Vec<_> = parts.iter().filter(|part| !is_ok(part)).map(|part| part.name).collect();
    assert_eq!(down, ["tree"]);
}

#[tokio::test]
async fn an_account_has_its_names_to_itself() {
    let (running, by) = running().await;
    let flows = &running.flows;
    let made = flows.create_account(&by, account(&["alice", "alice@example.org"])).await.unwrap();
    let found = flows.account_named(&by, &"ALICE@example.org".parse().unwrap()).await.unwrap();
    assert_eq!(found, Some(made));
    let taken = flows.create_account(&by, account(&["bob", "Alice"])).await;
    assert_eq!(refusal(taken), AccountRefused::IdentifierTaken);
    assert_eq!(flows.account_named(&by, &"bob".parse().unwrap()).await.unwrap(), None);
    running.tree.stop().await;
}

#[tokio::test]
async fn an_account_that_nobody_could_sign_in_with_is_not_made() {
    let (running, by) = running().await;
    for names in [&[][..], &["alice", "ALICE"]] {
        let refused = running.flows.create_account(&by, account(names)).await;
        assert_eq!(refusal(refused), AccountRefused::Identifiers);
    }
    let without = NewAccount { password: Some(Secret::default()), ..account(&["alice"]) };
    let refused = running.flows.create_account(&by, without).await;
    assert!(matches!(refusal(refused), AccountRefused::Password(_)));
    running.tree.stop().await;
}

#[tokio::test]
async fn a_client_is_told_its_secret_once_and_only_its_hash_is_kept() {
    let (running, by) = running().await;
    let new = client(&["https://shop.example.org/cb"]);
    let made = running.flows.register_client(&by, new).await.unwrap();
    let kept = running.flows.client(&by, made.client_id).await.unwrap().unwrap();
    assert_eq!(kept.secrets()[0].hash, made.client_secret.unwrap().hash());
    let refused = running.flows.register_client(&by, client(&[])).await;
    assert_eq!(refusal(refused), ClientRefused::NotAClient(NotAClient::NoRedirectUri));
    running.tree.stop().await;
}

#[tokio::test]
async fn whether_a_client_needs_pkce_is_chosen_but_for_a_public_one() {
    let (running, by) = running().await;
    let (confidential, public) =
        (TokenEndpointAuthMethod::ClientSecretBasic, TokenEndpointAuthMethod::None);
    let cases =
        [(&confidential, true, true), (&confidential, false, false), (&public, false, true)];
    for (method, chosen, required) in cases {
        let new = NewClient {
            require_pkce: chosen,
            token_endpoint_auth_method: method.clone(),
            ..client(&["https://shop.example.org/cb"])
        };
        let made = running.flows.register_client(&by, new).await.unwrap();
        let kept = running.flows.client(&by, made.client_id).await.unwrap().unwrap();
        assert_eq!((kept.require_pkce, kept.requires_pkce()), (required, required), "{method:?}");
    }
    running.tree.stop().await;
}

#[tokio::test]
async fn where_a_client_is_answered_can_be_changed_but_not_taken_away() {
    let (running, by) = running().await;
    let flows = &running.flows;
    let id =
        flows.register_client(&by, client(&["https://a.example.org/"])).await.unwrap().client_id;
    let moved = redirects(&["https://b.example.org/"]);
    flows.set_redirects(&by, id, moved.clone()).await.unwrap();
    let kept = flows.client(&by, id).await.unwrap().unwrap();
    assert_eq!(kept.redirect_uris, moved.redirect_uris);
    let refused = flows.set_redirects(&by, id, Redirects::default()).await;
    assert_eq!(refusal(refused), ClientRefused::NotAClient(NotAClient::NoRedirectUri));
    let unknown = protocol::ClientId::new(&OsRandomness);
    let refused = flows.set_redirects(&by, unknown, moved).await;
    assert_eq!(refusal(refused), ClientRefused::Unknown);
    running.tree.stop().await;
}

#[tokio::test]
async fn of_many_that_make_the_first_operator_at_once_one_does() {
    let (running, by) = running().await;
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (flows, by) = (running.flows.clone(), by.clone());
        attempts.spawn(async move { flows.bootstrap_operator(&by, "Ada", Bootstrap::First).await });
    }
    let outcomes = attempts.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    let expected = [OperatorRefused::Exists, OperatorRefused::Elsewhere];
    assert!(refused.into_iter().all(|outcome| expected.contains(&refusal(outcome))));
    running.tree.stop().await;
}

#[tokio::test]
async fn a_store_of_another_master_key_is_not_touched() {
    let config = Config::load(None, Vec::<(&str, &str)>::new()).unwrap();
    let engine: Arc<dyn Engine> = Arc::new(Redb::in_memory().unwrap());
    let first = MasterKey::new(&OsRandomness);
    assemble_over(Arc::clone(&engine), first, &config).unwrap().claim().await.unwrap();
    let other = assemble_over(engine, MasterKey::new(&OsRandomness), &config).unwrap();
    assert!(matches!(other.start().await, Err(NotStarted::NotOurs(_))));
}
