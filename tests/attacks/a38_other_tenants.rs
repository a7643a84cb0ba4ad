//! Attack 38: an id of another tenant is answered.

use crate::admin::border;

#[tokio::test]
async fn what_is_of_another_realm_is_not_found_in_the_very_words_of_what_nobody_has() {
    border::what_is_of_another_realm_is_nowhere().await;
}
