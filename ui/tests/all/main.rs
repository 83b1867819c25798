//! The real program, from outside: what it prints where, and how it ends.

mod corpus;
mod pages;
mod program;
mod scenarios;
mod serving;
mod sessions;
mod simulations;
