//! Leads: what happens on a request, step by step.
