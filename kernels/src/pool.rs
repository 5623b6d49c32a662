//! Threads that stay awake between the many small pieces of work that one token is.
//!
//! A token takes over a hundred products of some ten microseconds each: to wake a thread for each of them would take as long
//! as the work. So the threads of a pool look out for work for a while before they sleep. Whoever hands out work takes part
//! in it, and waits for no thread that has not begun: if the system gives a thread's time to somebody else, the others do
//! its share.

#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

/// How long a thread looks out for work before it sleeps.
const AWAKE: Duration = Duration::from_micros(200);

/// A gate's lowest bits count those inside, the next says whether it is open, the others number the work.
const INSIDE: u64 = 0xffff;
const OPEN: u64 = 0x1_0000;
const NEXT: u64 = 0x2_0000;

type Work = dyn Fn(usize) + Sync + 'static;

/// Threads for one kind of work at a time. They end with it.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// One piece of work is handed out at a time.
    turn: Mutex<()>,
}

struct Shared {
    gate: AtomicU64,
    /// The work behind the gate; set only while the gate is closed and nobody inside.
    work: Mutex<Option<Job>>,
    next: AtomicUsize,
    panicked: AtomicBool,
    sleeping: Vec<AtomicBool>,
    ended: AtomicBool,
}

#[derive(Clone, Copy)]
struct Job {
    work: *const Work,
    pieces: usize,
}
// SAFETY: the work may be done by any thread, and is there while the gate is open or somebody inside.
unsafe impl Send for Job {}

impl Pool {
    /// With the thread that hands out work, as many as said. Fewer where the system refuses them.
    pub fn new(threads: usize) -> Self {
        let others = threads.clamp(1, INSIDE as usize) - 1;
        let shared = Arc::new(Shared {
            gate: AtomicU64::new(0),
            work: Mutex::new(None),
            next: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
            sleeping: (0..others).map(|_| AtomicBool::new(false)).collect(),
            ended: AtomicBool::new(false),
        });
        let start = |place: usize| {
            let shared = shared.clone();
            std::thread::Builder::new().name(format!("model {place}")).spawn(move || shared.serve(place)).ok()
        };
        let workers = (0..others).map_while(start).collect();
        Self { shared, workers, turn: Mutex::new(()) }
    }

    /// Of as many threads as there are processors for this program.
    pub fn of_machine() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Threads, the one that hands out work included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `work` with each number below `pieces`, on all threads.
    ///
    /// # Panics
    /// If `work` did.
    pub fn run(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        if pieces <= 1 || self.workers.is_empty() {
            return (0..pieces).for_each(work);
        }
        let _turn = lock(&self.turn);
        let shared = &*self.shared;
        // SAFETY: only the lifetime is taken off. The gate is closed and everybody out of it before this returns.
        let forever: *const Work =
            unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static Work>(work) };
        *lock(&shared.work) = Some(Job { work: forever, pieces });
        shared.next.store(0, Ordering::Relaxed);
        shared.gate.fetch_add(OPEN, Ordering::Release);
        // Pairs with the one of a thread that falls asleep: either it sees the gate open or this sees it asleep.
        fence(Ordering::SeqCst);
        for (sleeping, worker) in shared.sleeping.iter().zip(&self.workers) {
            if sleeping.load(Ordering::Relaxed) && sleeping.swap(false, Ordering::Relaxed) {
                worker.thread().unpark();
            }
        }
        let mine = catch_unwind(AssertUnwindSafe(|| shared.take_part(work, pieces)));
        if mine.is_err() {
            shared.next.store(pieces, Ordering::Relaxed);
        }
        // Closed and numbered anew: who comes now is too late.
        shared.gate.fetch_add(NEXT - OPEN, Ordering::AcqRel);
        let mut looks = 0u32;
        while shared.gate.load(Ordering::Acquire) & INSIDE > 0 {
            looks += 1;
            if looks < 1 << 14 { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        let theirs = shared.panicked.swap(false, Ordering::Relaxed);
        if let Err(panic) = mine {
            std::panic::resume_unwind(panic);
        }
        assert!(!theirs, "a thread of the pool panicked");
    }
}

impl Pool {
    /// Calls `work` with each row of `width` numbers and its place, some rows at a time on each thread.
    pub fn each_row<T: Send>(&self, rows: &mut [T], width: usize, work: impl Fn(usize, &mut [T]) + Sync) {
        let count = rows.len() / width.max(1);
        let each = count.div_ceil(self.threads() * 4).max(1);
        let pieces: Vec<Mutex<&mut [T]>> = rows.chunks_mut(each * width).map(Mutex::new).collect();
        self.run(pieces.len(), &|piece| {
            let mut rows = lock(&pieces[piece]);
            rows.chunks_mut(width).enumerate().for_each(|(at, row)| work(piece * each + at, row));
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        for worker in self.workers.drain(..) {
            let thread: &Thread = worker.thread();
            thread.unpark();
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn take_part(&self, work: &(dyn Fn(usize) + Sync), pieces: usize) {
        loop {
            let piece = self.next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return;
            }
            work(piece);
        }
    }

    fn serve(&self, place: usize) {
        let mut done = None;
        while let Some(gate) = self.wait(place, done) {
            if self.gate.compare_exchange(gate, gate + 1, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                continue;
            }
            let job = *lock(&self.work);
            if let Some(Job { work, pieces }) = job {
                // SAFETY: this thread is inside the gate, and the work is there while anybody is.
                let work = unsafe { &*work };
                if catch_unwind(AssertUnwindSafe(|| self.take_part(work, pieces))).is_err() {
                    self.panicked.store(true, Ordering::Relaxed);
                    self.next.store(pieces, Ordering::Relaxed);
                }
            }
            done = Some(gate / NEXT);
            self.gate.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// The open gate of work that this thread has not done; `None` when the pool ends.
    fn wait(&self, place: usize, done: Option<u64>) -> Option<u64> {
        let mut since = None;
        loop {
            for _ in 0..256 {
                let gate = self.gate.load(Ordering::Acquire);
                if gate & OPEN > 0 && done != Some(gate / NEXT) {
                    return Some(gate);
                }
                std::hint::spin_loop();
            }
            if self.ended.load(Ordering::Acquire) {
                return None;
            }
            if since.get_or_insert_with(Instant::now).elapsed() < AWAKE {
                continue;
            }
            self.sleeping[place].store(true, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            let gate = self.gate.load(Ordering::Relaxed);
            let nothing = gate & OPEN == 0 || done == Some(gate / NEXT);
            if nothing && !self.ended.load(Ordering::Acquire) {
                std::thread::park();
            }
            self.sleeping[place].store(false, Ordering::Relaxed);
            since = None;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_is_done_once() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(threads);
            for pieces in [0, 1, 2, 3, 100] {
                for _ in 0..200 {
                    let counts: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
                    pool.run(pieces, &|piece| {
                        counts[piece].fetch_add(1, Ordering::Relaxed);
                    });
                    assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
                }
            }
        }
    }

    #[test]
    fn a_thread_that_sleeps_is_woken() {
        let pool = Pool::new(2);
        for _ in 0..5 {
            std::thread::sleep(AWAKE * 10);
            // Each piece waits for the other, so both threads must take part.
            let met = AtomicUsize::new(0);
            pool.run(2, &|_| {
                met.fetch_add(1, Ordering::SeqCst);
                while met.load(Ordering::SeqCst) < 2 {
                    std::thread::yield_now();
                }
            });
        }
    }

    #[test]
    fn a_panic_reaches_who_asked_and_the_pool_goes_on() {
        let pool = Pool::new(3);
        for at in 0..50 {
            let asked = catch_unwind(AssertUnwindSafe(|| {
                pool.run(50, &|piece| assert_ne!(piece, at, "meant to fail"));
            }));
            assert!(asked.is_err());
            let done = AtomicUsize::new(0);
            pool.run(50, &|_| {
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.load(Ordering::Relaxed), 50);
        }
    }
}
