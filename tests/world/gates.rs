//! Holds a commit at the door of the store, so that a test can do something else meanwhile.

use std::sync::Mutex;

use tokio::sync::oneshot;

/// The commits that are held, each once.
#[derive(Default)]
pub(super) struct Gates(Mutex<Vec<Gate>>);

struct Gate {
    table: &'static str,
    reached: oneshot::Sender<()>,
    opened: oneshot::Receiver<()>,
}

/// A commit that will be held, or is. Dropped, it is let through.
pub(crate) struct Held {
    reached: oneshot::Receiver<()>,
    open: oneshot::Sender<()>,
}

impl Gates {
    pub(super) fn close(&self, table: &'static str) -> Held {
        let ((tell, reached), (open, opened)) = (oneshot::channel(), oneshot::channel());
        let gate = Gate { table, reached: tell, opened };
        self.0.lock().expect("nobody panicked with it").push(gate);
        Held { reached, open }
    }

    /// Waits where the gate of `table` is closed. Only the first who comes does.
    pub(super) async fn pass(&self, table: &str) {
        let gate = {
            let mut gates = self.0.lock().expect("nobody panicked with it");
            let found = gates.iter().position(|gate| gate.table == table);
            found.map(|index| gates.swap_remove(index))
        };
        if let Some(gate) = gate {
            let _ = gate.reached.send(());
            let _ = gate.opened.await;
        }
    }
}

impl Held {
    /// Waits until the commit has come to the gate.
    pub(crate) async fn reached(&mut self) {
        (&mut self.reached).await.expect("a commit comes");
    }

    /// Lets it through.
    pub(crate) fn release(self) {
        let _ = self.open.send(());
    }
}
