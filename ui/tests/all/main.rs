//! The real program, from outside: what it prints where, and how it ends.

mod corpus;
mod program;
mod serving;
mod sessions;
