//! Attack 42: a cursor, filter or sort becomes part of a query.

use crate::admin::cursors;

#[tokio::test]
async fn only_the_cursor_of_the_very_list_is_followed() {
    cursors::only_the_cursor_of_the_very_list_is_followed().await;
}

#[tokio::test]
async fn no_filter_becomes_part_of_a_query() {
    cursors::no_filter_becomes_part_of_a_query().await;
}
