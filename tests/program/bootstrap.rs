//! `bootstrap`: the first operator is made once, and its token is shown once.

use crate::place::Place;

fn token(output: &str) -> &str {
    output.lines().find_map(|line| line.strip_prefix("token")).expect("a token").trim()
}

#[test]
fn the_first_operator_is_made_once_before_anything_has_served() {
    let place = Place::new();
    let done = place.run(&["bootstrap", "--name", "Ada"]);
    assert_eq!(done.code, 0, "{}", done.errors);
    assert_eq!(token(&done.output).len(), 43);
    let again = place.run(&["bootstrap"]);
    assert_eq!((again.code, again.output.as_str()), (1, ""));
    assert!(again.errors.contains("there is an operator already"), "{}", again.errors);
}

#[test]
fn a_lost_token_is_replaced_by_another_operator_only_when_that_is_asked() {
    let place = Place::new();
    let serving = place.serve();
    let first = place.run(&["bootstrap"]);
    assert_eq!(place.run(&["bootstrap"]).code, 1);
    let another = place.run(&["bootstrap", "--another"]);
    assert_eq!(another.code, 0, "{}", another.errors);
    assert_ne!(token(&first.output), token(&another.output));
    serving.process.stop();
}

#[test]
fn an_operator_without_a_name_is_refused() {
    let place = Place::new();
    let done = place.run(&["bootstrap", "--name", ""]);
    assert_eq!(done.code, 1);
    assert!(done.errors.contains("1 to 128 bytes"), "{}", done.errors);
}
