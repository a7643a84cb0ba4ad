//! What an end-user and a relying party go through together, step by step.

mod code_flow;
