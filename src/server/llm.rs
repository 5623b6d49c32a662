//! Language models: the trait, local models on candle, the scheduler.
