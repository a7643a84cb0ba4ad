//! One file a row of docs/attacks.md, under the row's number.

mod a01_skipped_step;
mod a02_empty_submission;
mod a08_reused_ids;
mod a10_code_binding;
mod a11_session_fixation;
mod a12_session_in_url;
mod a13_split_lockout;
mod a15_lockout_race;
mod a16_lockout_threshold;
mod a18_enumeration;
mod a20_pkce_downgrade;
mod a21_redirect_uri;
mod a22_repeated_parameters;
mod a23_coerced_flow;
mod a25_refresh_race;
mod a26_revoked_tokens;
mod a31_markup_in_parameters;
mod a34_framing_and_origins;
mod a36_forwarded_host;
mod a43_files_and_host_keys;
mod a50_jose_bombs;
mod a51_weak_tls;
