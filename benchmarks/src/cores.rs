//! Two cores: on one of them is what is measured, and its floor; the load comes from the other.

use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

use crate::Failure;

/// Which core does what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    /// Serves, and computes floors.
    pub(crate) server: usize,
    /// Loads.
    pub(crate) load: usize,
}

impl Cores {
    /// Of those that this process may use the last serves, as interrupts usually meet the first. From here on this
    /// thread, and those that it starts, load.
    pub(crate) fn choose() -> Result<Self, Failure> {
        let allowed = sched_getaffinity(Pid::from_raw(0))?;
        let allowed: Vec<usize> =
            (0..CpuSet::count()).filter(|core| allowed.is_set(*core) == Ok(true)).collect();
        match *allowed.as_slice() {
            [load, .., server] => {
                pin(load)?;
                Ok(Self { server, load })
            }
            _ => Err("two cores are needed: one serves, and one loads".into()),
        }
    }

    /// Does `work` on the core that serves. A process that it starts stays there.
    pub(crate) fn on_server<T: Send>(
        self,
        work: impl FnOnce() -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        let pinned = move || {
            pin(self.server)?;
            work()
        };
        std::thread::scope(|scope| scope.spawn(pinned).join())
            .map_err(|_| "what ran on the server's core panicked")?
    }
}

fn pin(core: usize) -> nix::Result<()> {
    let mut one = CpuSet::new();
    one.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &one)
}
