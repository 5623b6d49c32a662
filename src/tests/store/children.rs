//! Which workflow a step means that starts another one.

use super::{now, user, workflow};
use crate::db_test;
use millrace::{
    server::store::{children, children::Resolved, workflows as queries},
    workflow::ids::WorkflowId,
};

db_test! {
    async fn an_id_or_a_name_means_one_workflow_of_the_owner(db) {
        let (ada, bob) = (user(db, "Ada").await, user(db, "Bob").await);
        let one = WorkflowId(workflow(db, ada, "Ünïque").await.id);
        let (twin, other) = (workflow(db, ada, "Twin").await.id, workflow(db, ada, "Twin").await.id);
        let bobs = workflow(db, bob, "Bob's").await.id.to_string();
        let resolve = |text: String| async move { children::resolve(&db.store, ada, &text).await.expect("an answer") };
        assert_eq!(resolve(one.to_string()).await, Resolved::Found(one));
        assert_eq!(resolve("Ünïque".to_owned()).await, Resolved::Found(one));
        assert_eq!(resolve("Twin".to_owned()).await, Resolved::Ambiguous(2));
        assert_eq!(resolve(twin.to_string()).await, Resolved::Found(WorkflowId(twin)));
        for unknown in ["ünïque", "Bob's", bobs.as_str(), "", "nul \u{0}", "%"] {
            assert_eq!(resolve(unknown.to_owned()).await, Resolved::Unknown, "{unknown:?}");
        }
        let write = db.store.write().await.expect("a transaction");
        queries::delete(&write, ada, WorkflowId(other), None, now()).await.expect("it goes");
        write.commit().await.expect("a commit");
        assert_eq!(resolve("Twin".to_owned()).await, Resolved::Found(WorkflowId(twin)));
        let known = children::known(&db.store, ada).await.expect("a list");
        assert_eq!(known.iter().map(|w| w.name.as_str()).collect::<Vec<_>>(), ["Twin", "Ünïque"]);
    }

    async fn a_name_may_look_like_an_id(db) {
        let ada = user(db, "Ada").await;
        let odd = uuid::Uuid::now_v7().to_string();
        let named = WorkflowId(workflow(db, ada, &odd).await.id);
        assert_eq!(children::resolve(&db.store, ada, &odd).await.expect("an answer"), Resolved::Found(named));
    }
}
