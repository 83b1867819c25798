//! From a stored source to a chart.

use statewright_core::chart::{Chart, PortalVersion, RolesVersion, TableVersion, ViewVersion};
use statewright_core::diagnostic::{Diagnostics, Sources, concise};
use statewright_core::lang::{Bundle, Compiled, compile};
use statewright_core::time::CalendarVersion;
use tokio::runtime::{Handle, RuntimeFlavor};

/// Makes charts of sources. What the store keeps of a definition is what this reads.
pub trait Compiler: Send + Sync + 'static {
    /// `source` as the store keeps it. The chart's `definition` is the hash it is kept under. An error is for people.
    fn compile(&self, source: &str) -> Result<Chart, String>;

    /// The same of a calendar, which is named by its version: the digest of its source.
    fn compile_calendar(&self, source: &str) -> Result<CalendarVersion, String> {
        let (sources, compiled) = compiled(source)?;
        compiled
            .calendar
            .ok_or_else(|| told(&sources, &compiled.diagnostics, "a calendar"))
    }

    /// The same of a live table, which is named by its version, too.
    fn compile_table(&self, source: &str) -> Result<TableVersion, String> {
        let (sources, compiled) = compiled(source)?;
        compiled
            .table
            .ok_or_else(|| told(&sources, &compiled.diagnostics, "a live table"))
    }

    /// The same of a view, apart from the workflow that it shows.
    fn compile_view(&self, source: &str) -> Result<ViewVersion, String> {
        let (sources, compiled) = compiled(source)?;
        compiled.view.ok_or_else(|| told(&sources, &compiled.diagnostics, "a view"))
    }

    /// The same of a portal, apart from its views.
    fn compile_portal(&self, source: &str) -> Result<PortalVersion, String> {
        let (sources, compiled) = compiled(source)?;
        compiled
            .portal
            .ok_or_else(|| told(&sources, &compiled.diagnostics, "a portal"))
    }

    /// The same of a file of roles.
    fn compile_roles(&self, source: &str) -> Result<RolesVersion, String> {
        let (sources, compiled) = compiled(source)?;
        compiled
            .roles
            .ok_or_else(|| told(&sources, &compiled.diagnostics, "a file of roles"))
    }
}

impl<F> Compiler for F
where
    F: Fn(&str) -> Result<Chart, String> + Send + Sync + 'static,
{
    fn compile(&self, source: &str) -> Result<Chart, String> {
        self(source)
    }
}

/// The language: a source is the canonical form of a [`Bundle`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LanguageCompiler;

impl Compiler for LanguageCompiler {
    fn compile(&self, source: &str) -> Result<Chart, String> {
        let (sources, compiled) = compiled(source)?;
        compiled
            .chart
            .ok_or_else(|| told(&sources, &compiled.diagnostics, "a workflow"))
    }
}

/// Compiles without holding up what else waits for this thread: a large table takes a second. A runtime of one thread, which has nothing
/// to hand its other work to, waits.
pub(crate) fn aside<T>(compile: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(compile),
        _ => compile(),
    }
}

fn compiled(source: &str) -> Result<(Sources, Compiled), String> {
    let bundle = Bundle::read(source).map_err(|error| error.to_string())?;
    let text = bundle.files.get(&bundle.main).cloned().unwrap_or_default();
    let mut sources = Sources::new();
    let main = sources.add(bundle.main.clone(), text);
    let compiled = compile(&mut sources, main, &bundle);
    Ok((sources, compiled))
}

/// What is wrong with a source; of one without a fault that it is of another kind.
fn told(sources: &Sources, diagnostics: &Diagnostics, wanted: &str) -> String {
    if diagnostics.has_errors() {
        concise(sources, diagnostics)
    } else {
        format!("the main file is of another kind: {wanted} is needed")
    }
}
