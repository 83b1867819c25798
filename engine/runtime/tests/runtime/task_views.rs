//! Views of tasks: what waits for their reader, and nobody else's work.

use std::sync::Arc;

use statewright_engine::queries::ViewRequest;
use statewright_engine::store::memory::MemoryStore;

use crate::support::clerk;
use crate::views::{begun, board, cells, deployed, ecp, keys, rows, series};

#[tokio::test]
async fn a_view_of_tasks_shows_what_waits_for_its_reader() {
    let world = begun(Arc::new(MemoryStore::new())).await;
    let todo = "view: todo\nfor: [clerk, ecp]\nkind: list\nof: tasks\nwhere: {workflow: order}\ncolumns: [title, about, due, priority]\n";
    let by_name =
        "view: by-name\nfor: [clerk]\nkind: list\nof: tasks\ncolumns: [title, holder]\nsort: [{by: title, descending: true}]\n";
    let of_others = "view: of-others\nfor: [clerk]\nkind: chart\nof: tasks\nwhere: {role: boss}\nmeasure: count\n";
    let boards = "view: lanes\nfor: [clerk]\nkind: board\nof: tasks\ngroup: holder\ncolumns: [title, holder]\n";
    deployed(&world, &[todo, by_name, of_others, boards]).await;
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let request = ViewRequest {
            after,
            limit: Some(2),
            ..ViewRequest::default()
        };
        let page = rows(&world, "todo", &clerk(), request).await;
        found.extend(page.rows.iter().map(|row| cells(row)[0].clone()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        found,
        ["A-1", "A-2", "B-1", "B-2", "B-3"].map(|code| format!("Look at {code}"))
    );
    let (_, todo) = world.engine().view("todo", &ViewRequest::default(), &clerk()).await.unwrap();
    let heads = todo.columns.iter().map(|column| &*column.title);
    assert_eq!(heads.collect::<Vec<_>>(), ["Title", "About", "Due", "Priority"]);
    let titles = rows(&world, "by-name", &clerk(), ViewRequest::default()).await;
    assert_eq!(cells(&titles.rows[0])[0], "Look at B-3");
    assert_eq!(titles.total, Some(5));
    assert_eq!(
        series(&world, "of-others", &clerk()).await.total.map(|total| total.count),
        Some(0)
    );
    assert_eq!(board(&world, "lanes", &clerk()).await[0].1, 5);
    // an order is theirs to see, and its task is not theirs to do
    let theirs = rows(&world, "todo", &ecp("north"), ViewRequest::default()).await;
    assert_eq!(keys(&theirs.rows), [""; 0]);
}
