//! The durable engine: plan, step, journal, executor, recovery, events.
