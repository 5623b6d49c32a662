//! Fail points: the places where tests break what is about to become durable, or has just become it (feature `chaos`).
//! In the product there are none.

use super::StoreError;

/// Passes the point of that name. What happens there is said by the variable `FAILPOINTS` in the words of the crate
/// `fail`: `sleep(MS)`, `panic`, `return` (an error, as from a database that is away), `return(abort)` (the process ends
/// on the spot, as with SIGKILL).
///
/// # Errors
/// `Unavailable`, where a test wants it so.
pub fn pass(point: &str) -> Result<(), StoreError> {
    #[cfg(feature = "chaos")]
    fail::fail_point!(point, |wish| {
        if wish.as_deref() == Some("abort") {
            std::process::abort();
        }
        Err(StoreError::Unavailable(format!("the fail point {point} was told to fail")))
    });
    #[cfg(not(feature = "chaos"))]
    let _ = point;
    Ok(())
}
