//! Hears: HTTP, paths, parameters, statuses and pages.
