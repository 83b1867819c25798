//! The real program, from outside: what it prints where, and how it ends.

mod corpus;
mod program;
mod scenarios;
mod serving;
mod sessions;
