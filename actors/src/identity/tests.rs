//! What who asks about passwords may rely on, over a store in memory.

use std::time::Duration;

use protocol::Timestamp;
use storage::CommitError;

use super::{
    hasher::{Chosen, Hasher, Hashes},
    shelf::Memory,
    *,
};
use crate::{
    Tree,
    supervisor::probe::LIMIT,
    testing::{Ground, ground},
};

mod load;

/// jBCrypt's, of `a`.
const BCRYPT_OF_A: &str = "$2a$10$k87L/MF28Q673VKh8/cPi.SUl7MU/rWuSiIDDFayrKk/1tBsSQu4u";

/// Two threads, a queue of four, and a deadline that no test of real hashes meets.
fn settings() -> Settings {
    Settings {
        policy: HashPolicy::default(),
        bcrypt_cost_min: 10,
        hashes_at_once: 2,
        hash_memory_max_bytes: 64 * 1024 * 1024,
        queue: Queue { length_max: 4, deadline: Duration::from_secs(600) },
        limit: LIMIT,
    }
}

struct Test {
    ground: Ground,
    identity: Identity,
    tree: Tree,
}

async fn test() -> Test {
    let ground = ground();
    let (child, identity) = children(&settings(), &ground.store);
    Test { ground, identity, tree: Tree::start(vec![child], LIMIT).await.unwrap() }
}

fn hash_of(password: &str) -> String {
    let chosen = Chosen { password: password.to_owned().into(), salt: [9; 16] };
    Hasher::new(HashPolicy::default()).hash(&chosen, &mut Memory::default()).unwrap()
}

impl Test {
    async fn account(&self, phc: impl Into<String>) -> AccountId {
        let account_id = AccountId::new(self.ground.store.randomness());
        let (realm, chosen_at) = (Realm::main(), Timestamp::from_millis(0));
        let mut batch = self.ground.store.batch();
        batch.create(&Password { account_id, realm, phc: phc.into(), chosen_at });
        self.ground.store.commit(batch).await.unwrap();
        account_id
    }

    async fn verify(&self, account_id: impl Into<Option<AccountId>>, password: &str) -> Verdict {
        let password = Secret::new(password.to_owned());
        self.identity.verify(&Realm::main(), account_id.into(), password).await.unwrap()
    }

    async fn proof(&self, account_id: AccountId, password: &str) -> Proof {
        match self.verify(account_id, password).await {
            Verdict::Right { proof } => proof,
            Verdict::Wrong => panic!("it is right"),
        }
    }

    /// Signs in, as far as the password is concerned.
    async fn open(&self, proof: Proof) -> Result<(), CommitError> {
        let mut batch = self.ground.store.batch();
        proof.put(&mut batch);
        self.ground.store.commit(batch).await.map(|_| ())
    }

    async fn change_password(&self, account_id: AccountId, phc: &str) {
        let kept = self.ground.store.password(&Realm::main(), account_id).await.unwrap().unwrap();
        let mut batch = self.ground.store.batch();
        batch.replace(&kept, &Password { phc: phc.into(), ..kept.record.clone() });
        self.ground.store.commit(batch).await.unwrap();
    }
}

#[tokio::test]
async fn only_the_password_of_the_account_is_right() {
    let test = test().await;
    let account_id = test.account(hash_of("open sesame")).await;
    let proof = test.proof(account_id, "open sesame").await;
    assert!(!proof.is_rehashed());
    for wrong in ["open sesam", "open sesame ", "Open sesame", ""] {
        assert!(matches!(test.verify(account_id, wrong).await, Verdict::Wrong), "{wrong}");
    }
    let other_id = test.account(hash_of("another")).await;
    assert!(matches!(test.verify(other_id, "open sesame").await, Verdict::Wrong));
}

#[tokio::test]
async fn every_refusal_costs_the_same_work() {
    let test = test().await;
    let known = Some(test.account(hash_of("open sesame")).await);
    let without_password = Some(AccountId::new(test.ground.store.randomness()));
    let unreadable = Some(test.account("not a hash").await);
    let dear = Some(
        test.account("$argon2id$v=19$m=4294967295,t=9,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c")
            .await,
    );
    let over_long = "x".repeat(PASSWORD_BYTES_MAX + 1);
    for (account_id, password) in [
        (known, "wrong"),
        (known, ""),
        (known, &over_long),
        (None, "wrong"),
        (None, ""),
        (None, &over_long),
        (without_password, "wrong"),
        (unreadable, "wrong"),
        (dear, "wrong"),
    ] {
        test.ground.engine.work();
        let before = test.identity.hashes_done();
        assert!(matches!(test.verify(account_id, password).await, Verdict::Wrong));
        assert_eq!(test.identity.hashes_done() - before, 1, "hashes");
        assert_eq!(test.ground.engine.work(), (1, 0), "reads and commits");
    }
}

#[tokio::test]
async fn a_password_that_is_too_long_is_wrong_even_where_it_is_kept() {
    let test = test().await;
    let longest = "x".repeat(PASSWORD_BYTES_MAX);
    let over_long = format!("{longest}x");
    let account_id = test.account(hash_of(&longest)).await;
    test.proof(account_id, &longest).await;
    let account_id = test.account(hash_of(&over_long)).await;
    assert!(matches!(test.verify(account_id, &over_long).await, Verdict::Wrong));
    let account_id = test.account(hash_of("")).await;
    assert!(matches!(test.verify(account_id, "").await, Verdict::Wrong));
}

#[tokio::test]
async fn a_bcrypt_password_is_kept_as_argon2id_once_it_was_right() {
    let test = test().await;
    let account_id = test.account(BCRYPT_OF_A).await;
    let proof = test.proof(account_id, "a").await;
    assert!(proof.is_rehashed());
    test.open(proof).await.unwrap();
    let kept = test.ground.store.password(&Realm::main(), account_id).await.unwrap().unwrap();
    assert!(kept.phc.starts_with("$argon2id$"));
    assert!(!test.proof(account_id, "a").await.is_rehashed());
}

#[tokio::test]
async fn nobody_signs_in_with_a_password_that_was_changed_meanwhile() {
    let test = test().await;
    for phc in [BCRYPT_OF_A.to_owned(), hash_of("a")] {
        let account_id = test.account(phc).await;
        let proof = test.proof(account_id, "a").await;
        test.change_password(account_id, &hash_of("b")).await;
        assert!(matches!(test.open(proof).await, Err(CommitError::Refused(_))));
        test.proof(account_id, "b").await;
    }
}

#[tokio::test]
async fn a_new_password_is_hashed_unless_nobody_could_sign_in_with_it() {
    let test = test().await;
    let hash = |password: String| test.identity.hash(password.into());
    let account_id = test.account(hash("open sesame".into()).await.unwrap()).await;
    assert!(!test.proof(account_id, "open sesame").await.is_rehashed());
    assert_eq!(hash(String::new()).await, Err(HashError::Empty));
    assert_eq!(hash("x".repeat(PASSWORD_BYTES_MAX + 1)).await, Err(HashError::TooLong));
    assert!(hash("x".repeat(PASSWORD_BYTES_MAX)).await.is_ok());
}

#[tokio::test]
async fn a_store_that_is_down_is_an_answer() {
    let test = test().await;
    let account_id = test.account(hash_of("a")).await;
    test.ground.engine.go_down();
    let password = Secret::new("a".to_owned());
    let verdict = test.identity.verify(&Realm::main(), Some(account_id), password).await;
    assert!(matches!(verdict, Err(IdentityError::Storage(_))));
    test.ground.engine.come_back();
    test.proof(account_id, "a").await;
}

#[tokio::test]
async fn no_debug_text_holds_a_hash_or_a_password() {
    let test = test().await;
    let account_id = test.account(BCRYPT_OF_A).await;
    let verdict = format!("{:?}", test.verify(account_id, "a").await);
    assert!(!verdict.contains('$'), "{verdict}");
    assert!(verdict.contains(&account_id.to_string()));
}

#[tokio::test]
async fn it_is_a_subtree() {
    let names: Vec<_> = test().await.tree.status().into_iter().map(|child| child.name).collect();
    assert_eq!(names, ["identity", "identity/local"]);
}
