//! What an end-user and a relying party go through together, step by step.

mod answers;
mod asked_again;
mod border;
mod claims;
mod code_flow;
mod consent;
mod cors;
mod discovery;
mod hints;
mod http;
mod languages;
mod logout;
mod lost;
mod native;
mod new_password;
mod numbers;
mod pairwise;
mod prompts;
mod refresh;
mod refusals;
mod remembering;
mod sessions;
mod sign_in;
mod signing_out;
mod wishes;
