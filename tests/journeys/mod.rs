//! What an end-user and a relying party go through together, step by step.

mod answers;
mod border;
mod claims;
mod code_flow;
mod consent;
mod discovery;
mod http;
mod languages;
mod logout;
mod lost;
mod prompts;
mod refresh;
mod remembering;
mod sessions;
mod sign_in;
mod signing_out;
