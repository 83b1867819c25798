//! What has changed in a world, for whoever follows all of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::identity::InstanceId;

use super::world::{Standing, Trouble, World};
use crate::store::Store;

impl World {
    /// Instances of the file's workflows that something was committed of since the last call, as they stand.
    pub async fn changed(&self) -> Result<Vec<Standing>, Trouble> {
        let workflows: BTreeSet<&Arc<str>> = self.charts.values().map(|chart| &chart.workflow).collect();
        let ids: Vec<InstanceId> = self.store.take_changed().into_iter().collect();
        let rows = self.store.load(&ids).await.map_err(|error| error.to_string())?;
        let mut changed = Vec::with_capacity(rows.len());
        for row in rows.into_iter().flatten().filter(|row| workflows.contains(&row.workflow)) {
            changed.push(self.restored(row).await?);
        }
        Ok(changed)
    }
}
