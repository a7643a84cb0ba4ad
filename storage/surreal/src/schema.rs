//! The tables: made and changed by whoever comes first, under a lease, and never by a node that is older than they are.

use std::{sync::Arc, time::Duration};

use storage::{erasure::TABLES, record::SCHEMA_READABLE_MAX};
use surrealdb::types::{Number, Object, Value, Variables};
use tokio::time::{Instant, sleep};

use crate::{
    OpenError, Options,
    fault::Fault,
    link::Session,
    statements,
    value::{array, text, whole},
};

/// The arrangement of tables and fields that this release makes and reads.
const LAYOUT: u64 = 1;

/// How long one waits for another node that changes the tables, and how often one looks.
const PATIENCE: Duration = Duration::from_secs(4);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What the database says of its tables.
struct Found {
    layout: Option<u64>,
    encoding: u64,
    /// Whether all tables of this release are there. A release that only adds one changes no layout.
    has_all: bool,
}

/// Makes the tables if they are not there, or waits for who does.
pub(crate) async fn prepare(session: &Arc<Session>, options: &Options) -> Result<(), OpenError> {
    let began_at = Instant::now();
    loop {
        let found = found(session).await?;
        let readable_max = u64::from(SCHEMA_READABLE_MAX);
        if found.encoding > readable_max {
            return Err(OpenError::Schema { found: found.encoding, readable_max });
        }
        match found.layout {
            Some(LAYOUT) if found.has_all => return Ok(()),
            Some(layout) if layout > LAYOUT => {
                return Err(OpenError::Layout { found: layout, readable: LAYOUT });
            }
            _ => match make(session, &options.node).await {
                Ok(()) => return Ok(()),
                // Somebody else makes them, or has just made them.
                Err(Fault::Thrown(_) | Fault::Conflict) if began_at.elapsed() < PATIENCE => {
                    sleep(LOOK_EVERY).await;
                }
                // It takes its time there: whoever opens the store asks again.
                Err(Fault::Thrown(_) | Fault::Conflict) => {
                    return Err(OpenError::Unreachable("another node makes the tables".into()));
                }
                Err(Fault::NotAsked(reason) | Fault::Lost(reason)) => {
                    return Err(OpenError::Unreachable(reason));
                }
                Err(fault) => return Err(OpenError::Tables(format!("{fault:?}"))),
            },
        }
    }
}

async fn found(session: &Session) -> Result<Found, OpenError> {
    let mut found = Found { layout: None, encoding: 0, has_all: false };
    let document = match ask(session, statements::SCHEMA, Variables::default()).await {
        Ok(mut answer) => answer.take::<Value>(0).ok(),
        Err(Fault::NoTable | Fault::Failed(_)) => None,
        Err(fault) => return Err(OpenError::Unreachable(format!("{fault:?}"))),
    };
    let first = document.and_then(|rows| rows.into_array().ok()?.into_iter().next());
    if let Some(Value::Object(first)) = first {
        found.layout = number(&first, "layout");
        found.encoding = number(&first, "encoding").unwrap_or(0);
        if let Some(Value::Array(tables)) = first.get("tables") {
            found.has_all = TABLES.iter().all(|table| tables.contains(&text(table.name)));
        }
    }
    Ok(found)
}

fn number(object: &Object, name: &str) -> Option<u64> {
    match object.get(name) {
        Some(Value::Number(Number::Int(number))) => u64::try_from(*number).ok(),
        _ => None,
    }
}

async fn make(session: &Session, node: &str) -> Result<(), Fault> {
    let holder = || {
        let mut variables = Variables::new();
        variables.insert("holder", text(node));
        variables
    };
    ask(session, statements::OWN_TABLES, Variables::new()).await?;
    ask(session, statements::SCHEMA_LEASE, holder()).await?;
    let tables: String = TABLES.iter().map(|table| statements::table(table.name)).collect();
    ask(session, &tables, Variables::new()).await?;
    let mut done = holder();
    done.insert("layout", whole(LAYOUT));
    done.insert("tables", array(TABLES.iter().map(|table| text(table.name))));
    ask(session, statements::SCHEMA_DONE, done).await.map(drop)
}

async fn ask(
    session: &Session,
    statement: &str,
    variables: Variables,
) -> Result<surrealdb::IndexedResults, Fault> {
    crate::link::answer(session, statement.to_owned(), variables).await
}
