//! Locks that go on after a panic of somebody who held one: what they guard is whole at each moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The guarded value.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
