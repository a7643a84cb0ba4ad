//! The printed configuration says what holds and why, and no secret.

use crate::{
    MASTER_KEY,
    committed::{with_examples, without_secrets},
    load,
};

#[test]
fn a_printed_configuration_gives_the_same_again() {
    let file = without_secrets(&with_examples()).replace("\"12h\"", "\"13h\"");
    let printed = load(&file, &[]).unwrap().print();
    let again = load(&printed, &[]).unwrap();
    let without_origins = |text: &str| {
        text.lines().map(|line| line.split("  # ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(without_origins(&again.print()), without_origins(&printed));
    assert!(printed.contains("absolute_timeout = \"13h\""));
}

#[test]
fn each_printed_value_names_the_layer_it_comes_from() {
    let file = "[log]\nformat = \"json\"\n";
    let printed = load(file, &[("DOORWARD_LOG__LEVEL", "debug")]).unwrap().print();
    for line in [
        "level = \"debug\"  # environment",
        "format = \"json\"  # file",
        "connections_max = 10000  # default",
        "# url is not set",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "no line {line:?} in:\n{printed}");
    }
}

#[test]
fn a_secret_is_neither_printed_nor_shown_to_a_developer() {
    let config = load("", &[MASTER_KEY]).unwrap();
    assert!(config.print().contains("#value = \"(secret)\"  # environment"));
    assert!(!config.print().contains(MASTER_KEY.1));
    assert!(!format!("{config:?}").contains(MASTER_KEY.1));
    load(&config.print(), &[]).unwrap();
}
