//! Each safeguard against races and faults is needed: without it one of our tests is red, with it that test is green.

use std::process::Command;

/// Runs tests of ours in a process of their own, without the safeguard that is named.
fn runs(program: &str, arguments: &[&str], mutant: Option<&str>) -> (bool, String) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    // Of the outer run nothing but its tools.
    for name in ["DOORWARD_MUTANT", "RUST_TEST_THREADS", "NEXTEST"] {
        command.env_remove(name);
    }
    command.envs(mutant.map(|mutant| ("DOORWARD_MUTANT", mutant)));
    let done = command.output().expect("it runs");
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// Green with the safeguard, red without.
fn is_needed(mutant: &str, program: &str, arguments: &[&str]) {
    let (is_green, said) = runs(program, arguments, None);
    assert!(is_green, "{arguments:?} is red with every safeguard: {said}");
    let (is_green, said) = runs(program, arguments, Some(mutant));
    assert!(!is_green, "nothing is red without {mutant}: {said}");
}

/// As [`is_needed`], by one test of this program.
fn is_needed_by(mutant: &str, test: &str) {
    let program = std::env::current_exe().expect("this program");
    let program = program.to_str().expect("a path of UTF-8");
    let (_, listed) = runs(program, &["--list", "--exact", test], None);
    assert!(listed.contains(&format!("{test}: test")), "no test is named {test}: {listed}");
    is_needed(mutant, program, &["--exact", test]);
}

#[test]
fn code_single_use() {
    is_needed_by(
        "code_single_use",
        "attacks::a10_code_binding::a_hundred_parallel_redemptions_of_one_code_give_exactly_one_success",
    );
}

#[test]
fn refresh_family() {
    is_needed_by(
        "refresh_family",
        "attacks::a25_refresh_race::after_the_grace_a_used_refresh_token_revokes_its_family",
    );
}

#[test]
fn permit_before_verify() {
    is_needed_by(
        "permit_before_verify",
        "attacks::a15_lockout_race::parallel_guesses_verify_no_more_than_the_limit",
    );
}

#[test]
fn assertion_once() {
    is_needed_by(
        "assertion_once",
        "attacks::a29_assertion_replay::fifty_parallel_uses_of_one_assertion_give_exactly_one_success",
    );
}

#[test]
fn staleness_rule() {
    is_needed_by(
        "staleness_rule",
        "faults::nodes::a_node_that_hears_nothing_answers_from_memory_for_as_long_as_is_allowed",
    );
}

#[test]
fn forgets_own() {
    is_needed_by(
        "forgets_own",
        "attacks::a26_revoked_tokens::whatever_ends_it_ends_it_at_every_endpoint_at_once",
    );
}

#[test]
fn epochs() {
    is_needed_by(
        "epochs",
        "attacks::a26_all_at_once::whatever_races_a_revocation_of_all_gives_nothing_that_holds",
    );
}

#[test]
fn checks() {
    is_needed_by(
        "checks",
        "faults::races::a_refresh_that_is_overtaken_by_the_revocation_of_its_token_gives_nothing",
    );
}

#[test]
fn limit_exchange() {
    is_needed_by("limit_exchange", "limits::nodes::what_is_spread_over_both_is_counted_together");
}

#[test]
fn address_guard() {
    is_needed_by(
        "address_guard",
        "attacks::a30_inner_addresses::no_name_that_leads_inside_is_fetched",
    );
}

#[test]
fn shared_request() {
    is_needed_by("shared_request", "token::jwks_uri::fifty_at_once_share_one_request");
}

/// As [`is_needed`], by one test over three nodes and a database server.
fn is_needed_by_nodes(mutant: &str, test: &str) {
    let nodes =
        ["test", "--locked", "--offline", "--workspace", "--all-features", "--test", "nodes"];
    is_needed(mutant, env!("CARGO"), &[&nodes[..], &["--", "--exact", test]].concat());
}

#[test]
fn fencing() {
    is_needed_by_nodes(
        "fencing",
        "frozen::with_hints::what_arrives_late_under_an_old_fence_is_refused",
    );
}

#[test]
fn batch_look_up() {
    is_needed_by_nodes(
        "batch_look_up",
        "outage::with_hints::a_batch_whose_answer_was_lost_is_looked_up_and_not_sent_again",
    );
}

/// Its red test is the engine's own, in a program of its own: it is also the process that it kills.
#[test]
fn durability() {
    // Chosen as tests/run chooses, so that what was built there is not built again.
    let crash =
        ["test", "--locked", "--offline", "--workspace", "--all-features", "--test", "crash"];
    is_needed("durability", env!("CARGO"), &crash);
}
