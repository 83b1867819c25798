//! `open`: seeing in need what is not yours to see.

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::http::IDEMPOTENCY_KEY;
use crate::json::{member, object, text};

#[derive(Debug, Args)]
pub struct Open {
    /// The instance, as `WORKFLOW/KEY`
    instance: String,
    /// Why you have to see it; kept in its trail, and reviewed by somebody else
    #[arg(long)]
    reason: String,
    /// Your name for this request: sent again under it, it is done once and gets its first answer
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Open {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let instance: InstanceName = self.instance.parse()?;
        let body = object([("reason", text(&self.reason))]);
        let call = Call::post(&["instances", &instance.workflow, &instance.key, "open"], body)
            .header(IDEMPOTENCY_KEY, self.idempotency_key);
        let opened = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&opened, || {
            format!(
                "{}/{}  open to you until {}\n",
                member(&opened, "workflow"),
                member(&opened, "key"),
                member(&opened, "open_until")
            )
        });
        Ok(Exit::Done)
    }
}
