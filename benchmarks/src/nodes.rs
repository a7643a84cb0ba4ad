//! One, two and three nodes on one database. They share the core that serves: what shows is what more nodes cost, not what
//! more machines give.

use crate::{
    Failure,
    floors::Signed,
    server::Server,
    table::Row,
    throughput::{Effort, Setting},
    told,
};

/// Rounds of each number of nodes, at most.
const ROUNDS_MAX: usize = 2;

/// Refresh and introspection, with one, two and three nodes.
pub(crate) async fn measure(setting: &Setting) -> Result<Vec<Row>, Failure> {
    let database = setting.installation.database.as_ref().ok_or("there is no database")?;
    let effort = Effort { rounds: setting.effort.rounds.min(ROUNDS_MAX), ..setting.effort };
    let (mut refreshes, mut introspections) = (Vec::new(), Vec::new());
    let mut servers: Vec<Server> = Vec::new();
    for count in 1..=3 {
        told(format_args!("{count} nodes"));
        let name = format!("node-of-{count}");
        let node = setting.installation.another_node(&name, (database.address, ""))?;
        servers.push(setting.installation.serve_on(&node).await?);
        let bench = setting.on_all(&servers, effort);
        let nodes = if count == 1 { "node" } else { "nodes" };
        let refresh = format!("refresh, RS256 + ES256, {count} {nodes}");
        let refreshed = (refresh.as_str(), &setting.seed.es256);
        refreshes.push(bench.refresh(refreshed, Signed::Rs256AndEs256).await?);
        let introspection = format!("introspection, {count} {nodes}");
        introspections.push(bench.introspection(&introspection).await?);
    }
    servers.into_iter().try_for_each(Server::stop)?;
    // The aims are for a core that one node has to itself.
    Ok(refreshes.into_iter().chain(introspections).map(|row| Row { aim: None, ..row }).collect())
}
