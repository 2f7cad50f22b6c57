//! Proves imgplan's content hash against BuildKit.
//!
//! A tool of the project, not a part of imgplan: it may run programs, write folders, print and be slow. The program
//! under test is judged from outside, by what `imgplan plan` prints; [`corpus`] alone uses its library.
//!
//! ```text
//! generate ─→ snapshot ─→ repository ─→ subject (imgplan) ─┐
//!                              └─→ checkout ─→ judge (BuildKit) ─┴→ verdict ─→ report
//!                                                                     └→ shrink ─→ case_file ─→ replay
//! ```
//!
//! [`mod@bench`] shows snapshots to both; [`world`] judges one generated project and its mutants, [`run`] many of them.
//! [`peers`] shows the same projects to other tools. [`corpus`] stands apart: real Dockerfiles, read by imgplan's
//! library and by BuildKit's frontend, and nothing is built.

// A program that prints and reads its environment, unlike imgplan's core.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout)]

pub mod answers;
pub mod bench;
pub mod case_file;
pub mod corpus;
pub mod generate;
pub mod histories;
pub mod judge;
pub mod matchers;
pub mod peers;
pub mod replay;
pub mod report;
pub mod repository;
pub mod run;
pub mod shrink;
pub mod snapshot;
pub mod subject;
pub mod verdict;
pub mod world;
