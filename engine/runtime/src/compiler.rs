//! From a stored source to a chart.

use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::lang::{Bundle, Unbuilt, compile};

/// Makes charts of sources. What the store keeps of a definition is what this reads.
pub trait Compiler: Send + Sync + 'static {
    /// `source` as the store keeps it. The chart's `definition` is the hash it is kept under. An error is for people.
    fn compile(&self, source: &str) -> Result<Chart, String>;
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
        let bundle = Bundle::read(source).map_err(|error| error.to_string())?;
        let text = bundle.files.get(&bundle.main).cloned().unwrap_or_default();
        let mut sources = Sources::new();
        let main = sources.add(bundle.main.clone(), text);
        let compiled = compile(&mut sources, main, &bundle, Unbuilt::Refuse);
        compiled.chart.ok_or_else(|| concise(&sources, &compiled.diagnostics))
    }
}
