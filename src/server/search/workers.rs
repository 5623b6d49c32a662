//! The threads that search and build indexes, so that tokio's never do. FAISS would start threads of its own on each of
//! them; here every search has one.

use super::SearchError;
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError},
};
use tokio::sync::oneshot;

/// Jobs that may wait; the next is refused.
const QUEUE: usize = 1024;

type Job = Box<dyn FnOnce() + Send>;

/// What takes the number of FAISS's threads: the OpenMP library that is linked with it has no other door.
#[expect(
    unsafe_code,
    reason = "a function of the OpenMP library, which takes any number and is safe to call"
)]
mod openmp {
    unsafe extern "C" {
        pub safe fn omp_set_num_threads(threads: std::ffi::c_int);
    }
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

/// A pool of threads, which end with it.
pub struct Workers(Arc<Shared>);

impl Workers {
    /// Starts as many threads as `threads` says, each with that name.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(name: &str, threads: usize) -> std::io::Result<Self> {
        let workers = Self(Arc::default());
        for _ in 0..threads.max(1) {
            let shared = Arc::clone(&workers.0);
            std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&shared))?;
        }
        Ok(workers)
    }

    /// Runs `job` on one of the threads. A job that nobody waits for any more when its turn comes is not run.
    ///
    /// # Errors
    /// `Busy` when too many wait, `Index` when the job panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, SearchError> + Send + 'static,
    ) -> Result<T, SearchError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !reply.is_closed() {
                let _ = reply.send(job());
            }
        });
        {
            let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.waiting.len() >= QUEUE {
                return Err(SearchError::Busy);
            }
            queue.waiting.push_back(job);
        }
        self.0.wake.notify_one();
        answer
            .await
            .unwrap_or_else(|_| Err(SearchError::Index("its thread stopped in the middle".to_owned())))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.0.wake.notify_all();
    }
}

fn work(shared: &Shared) {
    openmp::omp_set_num_threads(1);
    loop {
        let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let job = loop {
            if let Some(job) = queue.waiting.pop_front() {
                break job;
            }
            if queue.closed {
                return;
            }
            queue = shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        };
        drop(queue);
        // The reply is dropped with the job, which its caller sees.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_costs_one_job() {
        let workers = Workers::start("test", 1).unwrap();
        let failed = workers.run(|| -> Result<(), _> { panic!("as asked") }).await;
        assert_eq!(failed.unwrap_err().code(), "index_failed");
        assert_eq!(workers.run(|| Ok(7)).await.unwrap(), 7);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_job_nobody_waits_for_is_not_run() {
        let workers = Arc::new(Workers::start("test", 1).unwrap());
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let (seen, ran) = std::sync::mpsc::channel::<&str>();
        let ask = |word: &'static str, wait: Option<std::sync::mpsc::Receiver<()>>| {
            let (workers, seen) = (Arc::clone(&workers), seen.clone());
            tokio::spawn(async move {
                let job = move || {
                    seen.send(word).unwrap();
                    if let Some(wait) = wait {
                        wait.recv().unwrap();
                    }
                    Ok(())
                };
                workers.run(job).await
            })
        };
        let first = ask("first", Some(wait));
        assert_eq!(ran.recv(), Ok("first"));
        let abandoned = ask("abandoned", None);
        while workers.0.queue.lock().unwrap().waiting.is_empty() {
            tokio::task::yield_now().await;
        }
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        let last = ask("last", None);
        go.send(()).unwrap();
        first.await.unwrap().unwrap();
        last.await.unwrap().unwrap();
        assert_eq!(ran.recv(), Ok("last"));
    }
}
