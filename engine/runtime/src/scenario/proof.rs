//! After a scenario: every trail is proven, and its inputs are stepped again.

use std::sync::Arc;

use super::world::{Trouble, World};
use crate::audit;
use crate::error::EngineError;
use crate::store::Store;

impl World {
    /// What is wrong with the trails: their chains are followed, and their inputs stepped again.
    pub async fn audit(&self) -> Result<Vec<String>, Trouble> {
        let store: Arc<dyn Store> = self.store.clone();
        let said = |error: EngineError| error.to_string();
        let verified = audit::verify(&store, |_| {}).await.map_err(said)?;
        let replayed = audit::replay(&store, self.node.engine.registry(), |_| {})
            .await
            .map_err(said)?;
        let mut wrong: Vec<String> = verified.faults.iter().map(audit::described).collect();
        wrong.extend(replayed.findings.iter().map(|finding| {
            let audit::ReplayFinding {
                workflow,
                key,
                sequence,
                detail,
                ..
            } = finding;
            format!("{workflow}/{key}, entry {sequence}: stepped again it comes out differently: {detail}")
        }));
        Ok(wrong)
    }
}
