//! Promises of the engine, on the store in memory and with the clock moved by hand: every actor is ticked, nothing sleeps. What rests
//! on what the stores keep is asked of all three.

mod access;
mod assignments;
mod audit;
mod calendars;
mod children;
mod conversation;
mod course;
mod directory;
mod effects;
mod exact;
mod figures;
mod files;
#[path = "../store/fixture.rs"]
mod fixture;
mod glass;
mod history;
mod identity;
mod incidents;
mod intake;
mod live_table_damage;
mod live_tables;
mod mail;
mod messages;
mod overload;
mod past;
mod people;
mod poison;
mod queries;
mod races;
mod reads;
mod reports;
mod running;
mod schedules;
mod searching;
mod sight;
mod support;
mod tables;
mod taking_over;
mod task_reads;
mod task_views;
mod tasks;
mod timers;
mod unreached;
mod views;
mod watching;
