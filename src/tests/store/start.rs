//! What a start asks of a database that goes away meanwhile.

use crate::db_test;
use millrace::server::store::{StoreError, users};
use std::sync::atomic::{AtomicUsize, Ordering};

db_test! {
    async fn a_start_waits_for_a_database_that_comes_back(db) {
        let asked = AtomicUsize::new(0);
        let count = db.store.at_start(async || match asked.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err(StoreError::Unavailable("the server ended".to_owned())),
            _ => users::count(&db.store).await,
        });
        let count = count.await;
        if db.store.is_shared() {
            assert_eq!((count.expect("it answers again"), asked.into_inner()), (0, 3));
        } else {
            // A full disk or a file of somebody else: to be told at once.
            assert!(matches!(count, Err(StoreError::Unavailable(_))));
            assert_eq!(asked.into_inner(), 1);
        }
    }

    async fn what_is_wrong_with_the_question_is_told_at_once(db) {
        let asked = AtomicUsize::new(0);
        let wrong = db.store.at_start(async || {
            asked.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(StoreError::NotFound("user"))
        });
        assert!(matches!(wrong.await, Err(StoreError::NotFound("user"))));
        assert_eq!(asked.into_inner(), 1);
    }
}
