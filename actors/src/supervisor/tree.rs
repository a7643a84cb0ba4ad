//! A running supervision tree, as the rest of the program holds it.

use std::collections::HashSet;

use ractor::{Actor, ActorRef, ActorStatus};
use tokio::sync::watch;

use super::{
    Arguments, Ended, Message, RestartLimit, Supervisor,
    child::{Post, why},
};
use crate::{Child, Unavailable};

/// Why a tree did not start. None of its actors is left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Two children bear one name.
    #[error("two actors are named {0}")]
    SameName(String),
    /// A child refused its first start; its name, and why.
    #[error("an actor did not start: {0}")]
    Child(String),
}

/// The tree has given up: the process should end, so that whoever runs it starts it afresh.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the supervision tree failed: {0}")]
pub struct TreeFailed(String);

/// A child as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildStatus {
    /// `<kind>`, or `<kind>/<instance>`.
    pub name: String,
    /// What it is doing.
    pub state: ChildState,
    /// Attempts to start it again, since the tree started.
    pub restarts: u64,
    /// Requests that are neither answered nor dropped.
    pub waiting: usize,
}

/// What a child is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildState {
    /// It takes requests.
    Running,
    /// It died and its next incarnation is on its way; requests wait for that.
    Restarting,
    /// It takes no requests and never will again.
    Stopped,
}

/// A running tree. Dropped without [`Tree::stop`], its actors are killed.
#[must_use = "a tree that is dropped is killed"]
pub struct Tree {
    root: ActorRef<Message>,
    ended: watch::Receiver<Option<Ended>>,
    posts: Vec<Post>,
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Tree").field(&self.status()).finish()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.root.kill();
    }
}

impl Tree {
    /// Starts the children in their order, each once the one before it has started.
    ///
    /// # Errors
    /// Two children bear one name, or one refuses to start; the ones before it are stopped again.
    pub async fn start(children: Vec<Child>, limit: RestartLimit) -> Result<Self, StartError> {
        let posts: Vec<Post> = children.iter().flat_map(Child::posts).cloned().collect();
        let mut names = HashSet::with_capacity(posts.len());
        if let Some(post) = posts.iter().find(|post| !names.insert(&post.name)) {
            return Err(StartError::SameName(post.name.to_string()));
        }
        let (tell_end, ended) = watch::channel(None);
        let supervisor = Supervisor { ended: Some(tell_end) };
        let root = Supervisor::spawn(None, supervisor, Arguments { children, limit }).await;
        let (root, _) = root.map_err(|error| StartError::Child(why(error)))?;
        Ok(Self { root, ended, posts })
    }

    /// Stops the children, the last first, each after it has finished what is queued or when its deadline has passed.
    /// Returns when all are gone.
    pub async fn stop(&self) {
        self.root.stop(None);
        let _ = self.root.wait(None).await;
    }

    /// Waits until the tree fails; for ever if it is stopped.
    pub async fn failed(&self) -> TreeFailed {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some).await.map(|end| end.clone());
        match end {
            Ok(Some(Ended::Stopped)) => std::future::pending().await,
            Ok(Some(Ended::Failed(why))) => TreeFailed(why),
            Ok(None) | Err(_) => TreeFailed("its root ended without a word".to_owned()),
        }
    }

    /// Every child, in start order; a subtree before what is in it.
    #[must_use]
    pub fn status(&self) -> Vec<ChildStatus> {
        self.posts.iter().map(status).collect()
    }

    /// Makes every child that has a timer look now, in start order, and waits until each has.
    ///
    /// # Errors
    /// The first child that could not be reached; those after it have not looked.
    pub async fn look(&self) -> Result<(), Unavailable> {
        for post in &self.posts {
            post.reach.look().await?;
        }
        Ok(())
    }

    /// Kills the child of this name as a crash would, at its next await point, and waits until it is gone; false when no
    /// child has this name. It is restarted like one that crashed.
    #[cfg(any(test, feature = "faults"))]
    pub async fn kill(&self, name: &str) -> bool {
        let post = self.posts.iter().find(|post| post.name.to_string() == name);
        match post.and_then(|post| post.reach.cell()) {
            Some(cell) => cell.kill_and_wait(None).await.is_ok(),
            None => false,
        }
    }
}

fn status(post: &Post) -> ChildStatus {
    let runs = post.reach.cell().is_some_and(|cell| cell.get_status() <= ActorStatus::Upgrading);
    let state = match (runs, post.reach.is_closed()) {
        (true, _) => ChildState::Running,
        (false, false) => ChildState::Restarting,
        (false, true) => ChildState::Stopped,
    };
    ChildStatus {
        name: post.name.to_string(),
        state,
        restarts: post.restarts(),
        waiting: post.reach.waiting(),
    }
}
