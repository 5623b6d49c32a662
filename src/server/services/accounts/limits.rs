//! How often one may try to sign in: per account against guessing, per address against trying many accounts.

use crate::server::{config::Switch, error::AppError};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    state::keyed::DefaultKeyedStateStore,
};
use std::{hash::Hash, net::IpAddr, num::NonZeroU32, time::Duration};

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

/// Above so many keys the idle ones are dropped.
const KEEP: usize = 10_000;

pub struct SignInLimits {
    limiters: Option<(Keyed<String>, Keyed<IpAddr>)>,
}

impl SignInLimits {
    pub fn new(switch: Switch) -> Self {
        let quota = |burst: u32, every: Duration| {
            Quota::with_period(every)
                .map(|q| q.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN)))
        };
        // Ten tries at once, then ten a minute; a hundred at once from an address, then two a second.
        let limiters = match (quota(10, Duration::from_secs(6)), quota(100, Duration::from_millis(500))) {
            (Some(account), Some(address)) if switch == Switch::On => {
                Some((RateLimiter::keyed(account), RateLimiter::keyed(address)))
            }
            _ => None,
        };
        Self { limiters }
    }

    /// Counts an attempt on an account, whether or not it exists.
    pub fn count_account(&self, login: &str) -> Result<(), AppError> {
        self.limiters.as_ref().map_or(Ok(()), |(accounts, _)| count(accounts, &login.trim().to_lowercase()))
    }

    /// Counts an attempt from an address; of IPv6 the network of 64 bits.
    pub fn count_address(&self, address: IpAddr) -> Result<(), AppError> {
        let network = match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::from((u128::from(v6) >> 64 << 64).to_be_bytes()),
            v4 => v4,
        };
        self.limiters.as_ref().map_or(Ok(()), |(_, addresses)| count(addresses, &network))
    }
}

fn count<K: Hash + Eq + Clone>(limiter: &Keyed<K>, key: &K) -> Result<(), AppError> {
    if limiter.len() > KEEP {
        limiter.retain_recent();
    }
    limiter
        .check_key(key)
        .map_err(|refused| AppError::too_many(refused.wait_time_from(DefaultClock::default().now())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_try_on_an_account_has_to_wait_and_others_do_not() {
        let limits = SignInLimits::new(Switch::On);
        for _ in 0..10 {
            limits.count_account("Ada").expect("within the limit");
        }
        let refused = limits.count_account("ada ").expect_err("beyond the limit");
        assert_eq!(refused.code(), "too_many_attempts");
        limits.count_account("grace").expect("another account");
    }

    #[test]
    fn off_is_off() {
        let limits = SignInLimits::new(Switch::Off);
        assert!((0..1000).all(|_| limits.count_account("ada").is_ok()));
    }
}
