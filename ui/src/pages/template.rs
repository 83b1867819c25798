//! The templates, and what they may use beside what a page gives them.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),+]
    };
}

const TEMPLATES: &[(&str, &str)] = templates![
    "accesses.html",
    "account.html",
    "check.html",
    "demo.html",
    "event.html",
    "frame.html",
    "history.html",
    "inbox.html",
    "incidents.html",
    "instance.html",
    "instances.html",
    "macros/conversation.html",
    "macros/form.html",
    "macros/look.html",
    "macros/task.html",
    "macros/trail.html",
    "open.html",
    "outcomes.html",
    "password.html",
    "past.html",
    "problem.html",
    "search.html",
    "second-factor.html",
    "sign-in-code.html",
    "sign-in.html",
    "signed-out.html",
    "start.html",
    "starts.html",
    "system.html",
    "task.html",
    "tasks.html",
    "trail.html",
    "view.html",
    "workflow.html",
    "workflows.html",
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    // Whatever a template names has to be there: a slip of the pen is found by the first test of the page.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment.add_filter("encoded", encoded);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    for (name, source) in TEMPLATES {
        // A template that cannot be read is not there, and whoever renders it is told so; a test reads them all.
        let _ = environment.add_template(name, source);
    }
    environment
});

/// A value of a query.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    crate::percent::encode(text, &mut out);
    out
}

/// # Errors
/// There is no such template, or the model lacks something that it names.
pub fn render(name: &str, model: minijinja::Value) -> Result<String, Error> {
    ENVIRONMENT.get_template(name)?.render(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        for (name, source) in TEMPLATES {
            let mut environment = Environment::new();
            if let Err(error) = environment.add_template(name, source) {
                panic!("{name}: {error:#}");
            }
        }
    }
}
