//! Placeholder for the expression module, whose shapes other modules name.

#[derive(Clone, Debug)]
pub struct Expression;

#[derive(Clone, Debug)]
pub struct Template;
