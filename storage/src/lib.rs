//! Remembers: what outlives the process, declared once and served by every engine.
