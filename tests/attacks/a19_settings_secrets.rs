//! Attack 19: an endpoint for settings shows a secret.

use crate::admin::border;

#[tokio::test]
async fn no_answer_of_the_admin_api_shows_a_secret_again() {
    border::no_secret_is_shown(async |admin| vec![admin.clone()]).await;
}
