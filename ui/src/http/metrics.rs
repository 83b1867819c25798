//! Figures for a monitoring system, in the text format of OpenMetrics, which Prometheus reads.
//!
//! This is the only place that knows the library. Figures are kept by the engine and by [`super::traffic`]; here they are only written
//! down, at each question anew. No label names an instance or a person.

use std::fmt;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use statewright_core::diagnostic::Code;
use statewright_engine::figures::Distributed;
use statewright_engine::resident_bytes;
use statewright_engine::roles::MONITOR;

use super::operations::Operations;
use super::problem::{Answered, Problem};
use super::route::{Access, Reply, Route};
use super::service::{Service, Shared};
use super::traffic::{self, CLASSES};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/metrics",
    operation: "readMetrics",
    summary: "Figures of this node for a monitoring system",
    description: "In the text format of OpenMetrics. Numbers of what this node did begin at 0 with the process; what waits is asked of the database. \
        Nothing in it is personal: labels are words of the engine, adapters' names, nodes' names and operations of this API.",
    access: Access::Role(MONITOR),
    parameters: &[],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "The figures",
        content: &[("application/openmetrics-text", "Text")],
        headers: &[],
    }],
    problems: &[],
    handler: || get(metrics),
}];

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

async fn metrics(State(service): State<Shared>) -> Answered<Response> {
    let figures = Snapshot::of(&service, Operations::of(&service).await?);
    let mut registry = Registry::with_prefix("statewright");
    registry.register_collector(Box::new(figures));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)
        .map_err(|_| Problem::of(Code::Internal, "The figures could not be written down"))?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}

/// Everything as it is now.
#[derive(Debug)]
struct Snapshot {
    operations: Operations,
    inputs: Vec<([(&'static str, &'static str); 2], u64)>,
    attempts: Vec<([(&'static str, String); 2], u64)>,
    batches: Distributed,
    stepped_again: u64,
    stumbles: u64,
    turned_away: u64,
    waiting: (usize, usize),
    open_pages: usize,
    traffic: Vec<traffic::Answered>,
    memory_bytes: Option<u64>,
}

impl Snapshot {
    fn of(service: &Service, operations: Operations) -> Self {
        let engine = &service.engine;
        let figures = engine.figures();
        let inputs = figures.inputs();
        let attempts = figures.attempts();
        Snapshot {
            operations,
            inputs: inputs
                .map(|(source, end, count)| ([("source", source), ("end", end)], count))
                .collect(),
            attempts: attempts
                .map(|(adapter, end, count)| ([("adapter", adapter.to_string()), ("end", end.to_owned())], count))
                .collect(),
            batches: figures.batches.get(),
            stepped_again: figures.stepped_again.get(),
            stumbles: figures.stumbles.get(),
            turned_away: engine.turned_away(),
            waiting: engine.waiting(),
            open_pages: service.streams.open(),
            traffic: service.traffic.answered(),
            memory_bytes: resident_bytes(),
        }
    }
}

impl Collector for Snapshot {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        let version = env!("CARGO_PKG_VERSION");
        sheet.gauges("build", "The program that runs", [([("version", version)], 1)])?;
        self.encode_engine(&mut sheet)?;
        self.encode_backlog(&mut sheet)?;
        self.encode_traffic(&mut sheet)
    }
}

impl Snapshot {
    fn encode_engine(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        sheet.counters(
            "inputs",
            "Inputs by where they came from and what became of them",
            self.inputs.iter().cloned(),
        )?;
        sheet.counters(
            "attempts",
            "Attempts at effects by adapter and what became of them",
            self.attempts.iter().cloned(),
        )?;
        let batches = [([] as [(&str, &str); 0], &self.batches)];
        sheet.distributions(
            "batch_seconds",
            "How long batches took, from being taken to being told",
            batches,
        )?;
        sheet.counter(
            "stepped_again",
            "Instances whose inputs were stepped again because something else had moved them",
            self.stepped_again,
        )?;
        sheet.counter("stumbles", "Batches that the database did not take", self.stumbles)?;
        sheet.counter("turned_away", "Requests for which there was no room", self.turned_away)?;
        let (people, background) = self.waiting;
        let waiting = [
            ([("source", "caller")], people as u64),
            ([("source", "engine")], background as u64),
        ];
        sheet.gauges("inputs_waiting", "Inputs in the memory of this node", waiting)?;
        sheet.gauge("open_pages", "Pages in browsers that hear of changes", self.open_pages as u64)?;
        match self.memory_bytes {
            Some(bytes) => sheet.gauge("resident_memory_bytes", "Memory of this process", bytes),
            None => Ok(()),
        }
    }

    fn encode_backlog(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let Operations { backlog, now_us, .. } = &self.operations;
        let kinds = [
            ("timers", backlog.timers),
            ("messages", backlog.messages),
            ("incidents", backlog.incidents),
        ];
        let effects = backlog
            .effects
            .iter()
            .map(|(adapter, waiting)| (format!("effects of {adapter}"), *waiting));
        let all: Vec<_> = kinds
            .into_iter()
            .map(|(kind, waiting)| (kind.to_owned(), waiting))
            .chain(effects)
            .collect();
        let counts = all.iter().map(|(kind, waiting)| ([("kind", kind.clone())], waiting.count));
        sheet.gauges("backlog", "What waits in the database and could be done now", counts)?;
        let ages = all.iter().map(|(kind, waiting)| {
            let age_us = waiting.oldest_us.map_or(0, |oldest_us| (now_us - oldest_us).max(0));
            ([("kind", kind.clone())], age_us as u64 / 1_000_000)
        });
        sheet.gauges("backlog_age_seconds", "How long the oldest of it has waited", ages)?;
        sheet.gauge("effects_leased", "Effects that a node holds", backlog.leased)?;
        let late = backlog.overdue_in_all();
        sheet.gauge("overdue_tasks", "Open tasks whose due has passed", late.count)?;
        let late_us = late.oldest_us.map_or(0, |oldest_us| (now_us - oldest_us).max(0));
        let help = "How long ago the first of them was due";
        sheet.gauge("overdue_tasks_age_seconds", help, late_us as u64 / 1_000_000)?;
        let nodes = self.operations.nodes.iter();
        let nodes = nodes.map(|(node, state)| ([("node", node.node.to_string()), ("state", state.as_str().to_owned())], 1));
        sheet.gauges("nodes", "The nodes on this database", nodes)
    }

    fn encode_traffic(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let answers = self.traffic.iter().flat_map(|answered| {
            let counts = CLASSES.iter().zip(answered.answers).filter(|(_, count)| *count > 0);
            counts.map(|(class, count)| ([("operation", answered.operation), ("status", *class)], count))
        });
        sheet.counters("requests", "Requests over HTTP by operation and answer", answers)?;
        let took = self.traffic.iter();
        let took = took.map(|answered| ([("operation", answered.operation)], &answered.took));
        sheet.distributions("request_seconds", "How long requests took", took)
    }
}

/// What the figures are written on.
struct Sheet<'a>(DescriptorEncoder<'a>);

impl Sheet<'_> {
    fn counter(&mut self, name: &str, help: &str, count: u64) -> fmt::Result {
        let counter = ConstCounter::new(count);
        counter.encode(self.0.encode_descriptor(name, help, None, MetricType::Counter)?)
    }

    fn gauge(&mut self, name: &str, help: &str, count: u64) -> fmt::Result {
        let gauge = ConstGauge::new(whole(count));
        gauge.encode(self.0.encode_descriptor(name, help, None, MetricType::Gauge)?)
    }

    fn counters<const N: usize, T: AsRef<str>>(
        &mut self,
        name: &str,
        help: &str,
        counts: impl IntoIterator<Item = ([(&'static str, T); N], u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, count) in counts {
            let labels = labels.each_ref().map(|(label, value)| (*label, value.as_ref()));
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn gauges<const N: usize, T: AsRef<str>>(
        &mut self,
        name: &str,
        help: &str,
        counts: impl IntoIterator<Item = ([(&'static str, T); N], u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, count) in counts {
            let labels = labels.each_ref().map(|(label, value)| (*label, value.as_ref()));
            ConstGauge::new(whole(count)).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn distributions<'d, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        of: impl IntoIterator<Item = ([(&'static str, &'static str); N], &'d Distributed)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, distributed) in of {
            let bounds = distributed.counts.iter();
            let buckets: Vec<(f64, u64)> = bounds
                .map(|(bound_us, count)| (bound_us.map_or(f64::INFINITY, |bound_us| bound_us as f64 / 1e6), *count))
                .collect();
            let count = buckets.iter().map(|(_, count)| count).sum();
            let sum = distributed.sum_us as f64 / 1e6;
            let mut one = family.encode_family(&labels)?;
            one.encode_histogram::<[(&str, &str); 0]>(sum, count, &buckets, None)?;
        }
        Ok(())
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
