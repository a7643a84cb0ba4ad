//! What is changed of an account: its claims and its names.

use super::*;

#[tokio::test]
async fn claims_are_replaced_whole_and_told_to_clients_from_then_on() {
    let scene = scene().await;
    let mut browser = scene.world.browser();
    let ask = scene.party.ask_for("openid profile email");
    let tokens = scene.party.sign_in_for(&ask, &mut browser, &scene.alice).await;
    let (_, version) = scene.account().await;
    let body = json!({ "claims": { "name": "Alice Anew", "email": "new@example.org" } });
    let answer = scene.admin.put(&scene.path, &version, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let shown = answer.json();
    assert_eq!(
        (&shown["claims"]["name"], &shown["claims"]["given_name"]),
        (&json!("Alice Anew"), &Value::Null)
    );
    assert_ne!(etag(&answer), version);
    let userinfo = scene.party.userinfo(&tokens.access_token).await.json();
    assert_eq!(
        (&userinfo["name"], &userinfo["email_verified"]),
        (&json!("Alice Anew"), &json!(false))
    );
    assert_eq!(userinfo["updated_at"], scene.world.now().as_seconds());
    assert!(scene.world.events().await.iter().any(|event| event.act == Act::AccountChanged));
}

#[tokio::test]
async fn a_change_says_upon_which_state_it_was_decided() {
    let scene = scene().await;
    let (_, version) = scene.account().await;
    let (claims, names) = (json!({ "claims": {} }), json!({ "identifiers": ["alice"] }));
    for (path, body) in
        [(scene.path.clone(), &claims), (format!("{}/identifiers", scene.path), &names)]
    {
        let sent = scene.admin.request("PUT", &path).body("application/json", body.to_string());
        is_problem(&scene.admin.send(sent).await, 428, "precondition_required");
        let answer = scene.admin.put(&path, "\"nothing\"", body).await;
        is_problem(&answer, 412, "precondition_failed");
    }
    let answer = scene.admin.put(&format!("{}/identifiers", scene.path), &version, &names).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // Other names are another version of the account.
    is_problem(&scene.admin.put(&scene.path, &version, &claims).await, 412, "precondition_failed");
    assert_eq!(scene.admin.put(&scene.path, "*", &claims).await.status, 200);
    let unknown = "/accounts/acc_00000000000000000000000000000000";
    is_problem(&scene.admin.put(unknown, "*", &claims).await, 404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_that_were_decided_upon_one_state_one_is_made() {
    let scene = scene().await;
    let other = scene.world.beside("other").await;
    let (_, version) = scene.account().await;
    let mut all = JoinSet::new();
    for number in 0..40 {
        let world = if number % 2 == 0 { &scene.world } else { &other };
        let (admin, path, version) = (scene.admin.at(world), scene.path.clone(), version.clone());
        all.spawn(async move {
            if number < 20 {
                let body = json!({ "claims": { "name": format!("Name {number}") } });
                admin.put(&path, &version, &body).await.status
            } else {
                let body = json!({ "identifiers": ["alice", format!("alice{number}")] });
                admin.put(&format!("{path}/identifiers"), &version, &body).await.status
            }
        });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1..].iter().all(|status| *status == 412)), (200, true));
}

#[tokio::test]
async fn other_names_sign_in_from_then_on_and_sessions_go_on() {
    let scene = scene().await;
    let mut browser = scene.world.browser();
    let tokens = scene.party.sign_in(&mut browser, &scene.alice).await;
    let (_, version) = scene.account().await;
    let names = json!({ "identifiers": [scene.alice.email, "Alice.Two", "+442079460123"] });
    let path = format!("{}/identifiers", scene.path);
    let answer = scene.admin.put(&path, &version, &names).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let shown = texts(&answer.json()["identifiers"]);
    let expected = [scene.alice.email.as_str(), "alice.two", "+442079460123"];
    assert_eq!(shown, expected.map(str::to_owned).into());

    assert!(
        scene.lets_in("ALICE.TWO", PASSWORD).await
            && scene.lets_in(&scene.alice.email, PASSWORD).await
    );
    assert!(!scene.lets_in("alice", PASSWORD).await, "a name that was taken away");
    assert_eq!(scene.party.userinfo(&tokens.access_token).await.status, 200);
    let silent = browser.open(&scene.party.ask().set("prompt", "none").url()).await;
    assert!(silent.callback().get("code").is_some(), "the session goes on");
    let bob = json!({ "identifiers": ["alice"] });
    assert_eq!(scene.admin.post("/accounts", &bob).await.status, 201, "a name that is free again");
}

#[tokio::test]
async fn a_name_that_another_has_leaves_all_names_as_they_were() {
    let scene = scene().await;
    scene.world.person("bob").await;
    let before = scene.account().await;
    let path = format!("{}/identifiers", scene.path);
    let bodies = [
        (json!({ "identifiers": ["alice.two", " BOB "] }), 409),
        (json!({ "identifiers": ["alice.two", "ALICE.two"] }), 422),
        (json!({ "identifiers": [] }), 400),
        (json!({ "identifiers": (0..17).map(|n| format!("a{n}")).collect::<Vec<_>>() }), 400),
        (json!({ "identifiers": ["alice.two", "\u{0}"] }), 422),
    ];
    for (body, status) in bodies {
        let answer = scene.admin.put(&path, "*", &body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
    }
    assert_eq!(scene.account().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_that_many_accounts_claim_at_once_goes_to_one() {
    let scene = scene().await;
    let mut all = JoinSet::new();
    for number in 0..12 {
        let person = scene.world.person(&format!("person{number}")).await;
        let (admin, path) =
            (scene.admin.clone(), format!("/accounts/{}/identifiers", person.account_id));
        let names = json!({ "identifiers": [person.username, "wanted"] });
        all.spawn(async move { admin.put(&path, "*", &names).await.status });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1..].iter().all(|status| *status == 409)), (200, true));
}
