//! Attack 35: a low role reads a secret, or learns it from timing.

use protocol::permission::Permission;

use crate::admin::{Caller, border};

/// One operator for each permission, who has that alone.
async fn each(admin: &Caller) -> Vec<Caller> {
    let mut callers = Vec::new();
    for permission in Permission::ALL {
        callers.push(admin.with(&[*permission]).await);
    }
    callers
}

#[tokio::test]
async fn no_role_is_shown_a_secret() {
    border::no_secret_is_shown(each).await;
}

#[tokio::test]
async fn no_operation_is_done_without_its_permission() {
    border::no_operation_is_done_without_its_permission().await;
}
