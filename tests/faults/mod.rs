//! What people and relying parties see when a part of the provider dies, is cut off, is full or is taken out.

mod actors;
mod busy;
mod ended;
mod hang_up;
mod kill;
mod logouts;
mod mutants;
mod nodes;
mod races;
mod refusals;
mod store;
