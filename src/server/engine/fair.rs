//! Places that are handed out in turn: between those who wait, each owner gets one before any gets its second, and so do
//! the runs of an owner. So neither a run with a thousand steps nor an owner with a thousand runs keeps another's only step
//! waiting.

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
    waiting: Waiting,
}

type Turns = VecDeque<oneshot::Sender<Place>>;

/// Who waits, by owner and by run; the next place goes to the first run of the first owner, and both then go to the end.
#[derive(Default)]
struct Waiting(VecDeque<(Uuid, VecDeque<(Uuid, Turns)>)>);

impl Waiting {
    fn push(&mut self, owner: Uuid, run: Uuid, turn: oneshot::Sender<Place>) {
        let runs = entry(&mut self.0, owner);
        entry(runs, run).push_back(turn);
    }

    fn pop(&mut self) -> Option<oneshot::Sender<Place>> {
        let (owner, mut runs) = self.0.pop_front()?;
        let (run, mut turns) = runs.pop_front()?;
        let turn = turns.pop_front();
        if !turns.is_empty() {
            runs.push_back((run, turns));
        }
        if !runs.is_empty() {
            self.0.push_back((owner, runs));
        }
        turn
    }
}

/// What is kept under the key; made at the end if there is nothing.
fn entry<T: Default>(all: &mut VecDeque<(Uuid, T)>, key: Uuid) -> &mut T {
    let at = all.iter().position(|(of, _)| *of == key).unwrap_or_else(|| {
        all.push_back((key, T::default()));
        all.len() - 1
    });
    &mut all[at].1
}

/// A place; free again when dropped.
pub struct Place(Option<FairPlaces>);

impl FairPlaces {
    /// At least one place.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Mutex::new(Places { free: places.max(1), waiting: Waiting::default() })))
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
    pub async fn take(&self, owner: Uuid) -> Place {
        self.take_for(owner, owner).await
    }

    /// The same, for a run among those of its owner.
    pub async fn take_for(&self, owner: Uuid, run: Uuid) -> Place {
        loop {
            let turn = {
                let mut places = self.lock();
                if places.free > 0 {
                    places.free -= 1;
                    return Place(Some(self.clone()));
                }
                let (sender, turn) = oneshot::channel();
                places.waiting.push(owner, run, sender);
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
        while let Some(sender) = places.waiting.pop() {
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
    async fn runs_take_turns_within_the_turns_of_their_owners() {
        let places = FairPlaces::new(1);
        let first = places.take(Uuid::nil()).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for (owner, run) in [(1, 11), (1, 11), (1, 12), (1, 13), (2, 21), (2, 21)] {
            let (of_task, order) = (places.clone(), Arc::clone(&order));
            tasks.spawn(async move {
                let _place = of_task.take_for(Uuid::from_u128(owner), Uuid::from_u128(run)).await;
                order.lock().expect("no panic").push(run);
            });
            tokio::task::yield_now().await;
        }
        drop(first);
        while tasks.join_next().await.is_some() {}
        assert_eq!(*order.lock().expect("no panic"), [11, 21, 12, 21, 13, 11]);
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
