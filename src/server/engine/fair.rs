//! Places that are handed out in turn: between those who wait, each key gets one before any key gets its second. So a
//! run with a thousand steps does not keep another run's only step waiting.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::oneshot;
use uuid::Uuid;

/// A limited number of places; cheap to clone.
#[derive(Clone)]
pub struct FairPlaces(Arc<Mutex<Places>>);

struct Places {
    free: usize,
    /// Who waits, by key; the next place goes to the first of the first key, which then goes to the end.
    queues: VecDeque<(Uuid, VecDeque<oneshot::Sender<Place>>)>,
}

/// A place; free again when dropped.
pub struct Place(Option<FairPlaces>);

impl FairPlaces {
    /// At least one place.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Mutex::new(Places { free: places.max(1), queues: VecDeque::new() })))
    }

    /// A place, if one is free and nobody waits for it.
    #[must_use]
    pub fn try_take(&self) -> Option<Place> {
        let mut places = self.lock();
        if places.free == 0 {
            return None;
        }
        places.free -= 1;
        Some(Place(Some(self.clone())))
    }

    /// Waits for a place. Dropping the future gives the turn to the next.
    pub async fn take(&self, key: Uuid) -> Place {
        loop {
            let turn = {
                let mut places = self.lock();
                if places.free > 0 {
                    places.free -= 1;
                    return Place(Some(self.clone()));
                }
                let (sender, turn) = oneshot::channel();
                match places.queues.iter_mut().find(|(of, _)| *of == key) {
                    Some((_, queue)) => queue.push_back(sender),
                    None => places.queues.push_back((key, VecDeque::from([sender]))),
                }
                turn
            };
            // The sender lives in the queue until it is used.
            if let Ok(place) = turn.await {
                return place;
            }
        }
    }

    fn give_back(&self) {
        let mut places = self.lock();
        while let Some((key, mut queue)) = places.queues.pop_front() {
            let first = queue.pop_front();
            if !queue.is_empty() {
                places.queues.push_back((key, queue));
            }
            let Some(sender) = first else { continue };
            match sender.send(Place(Some(self.clone()))) {
                Ok(()) => return,
                // Whoever waited has gone; its place must not be given back twice.
                Err(mut place) => place.0 = None,
            }
        }
        places.free += 1;
    }

    /// A panic elsewhere leaves the queues as they were.
    fn lock(&self) -> std::sync::MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(places) = self.0.take() {
            places.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_key_gets_one_before_any_gets_its_second() {
        let places = FairPlaces::new(1);
        let first = places.take(Uuid::nil()).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for key in [1, 1, 1, 2, 3] {
            let (of_task, order) = (places.clone(), Arc::clone(&order));
            tasks.spawn(async move {
                let _place = of_task.take(Uuid::from_u128(key)).await;
                order.lock().expect("no panic").push(key);
            });
            // Each stands in the queue before the next comes.
            tokio::task::yield_now().await;
        }
        assert!(places.try_take().is_none());
        drop(first);
        while tasks.join_next().await.is_some() {}
        assert_eq!(*order.lock().expect("no panic"), [1, 2, 3, 1, 1]);
        assert!(places.try_take().is_some());
    }

    #[tokio::test]
    async fn who_gives_up_waiting_takes_no_place() {
        let places = FairPlaces::new(1);
        let first = places.take(Uuid::nil()).await;
        let waits = tokio::spawn({
            let places = places.clone();
            async move { drop(places.take(Uuid::max()).await) }
        });
        tokio::task::yield_now().await;
        waits.abort();
        assert!(waits.await.is_err());
        drop(first);
        let again = places.try_take();
        assert!(again.is_some() && places.try_take().is_none());
    }
}
