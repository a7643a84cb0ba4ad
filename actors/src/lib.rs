//! Keeps: what is alive, as supervised actors with state, timers and queues.
