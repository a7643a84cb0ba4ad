//! Attack 39: a route forgot to ask who calls.

use crate::admin::border;

#[tokio::test]
async fn every_operation_is_for_everybody_by_its_specification_or_names_its_permission() {
    border::every_operation_names_its_permission().await;
}

#[tokio::test]
async fn no_operation_is_done_for_somebody_unknown() {
    border::no_operation_is_done_for_somebody_unknown().await;
}
