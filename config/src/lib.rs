//! Chooses: how this process runs, from defaults, a file and the environment.
