//! Promises of the engine, on the store in memory and with the clock moved by hand: every actor is ticked, nothing sleeps.

mod audit;
mod children;
mod effects;
mod incidents;
mod intake;
mod messages;
mod overload;
mod poison;
mod queries;
mod races;
mod running;
mod sight;
mod support;
mod timers;
