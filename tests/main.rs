//! Behaviour through the public library, the command line and the window. One binary, so that the
//! whole suite links once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

mod suite;
