//! How much an agent may still spend: steps, and tokens of prompts and answers together.

use super::{NodeError, story::Story};
use crate::{server::store::checkpoints::given_up, workflow::catalog};

/// What a step may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    ToGoOn,
    /// Only an answer: it is the last step.
    LastStep,
    /// Only an answer: the tokens are nearly used up.
    LastTokens,
}

/// For one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub leave: Leave,
    pub max_tokens: u32,
}

impl Budget {
    /// What the next step may be after those that were made.
    pub fn of(config: &catalog::Agent, story: &Story) -> Result<Self, NodeError> {
        let steps = u32::try_from(story.turns.len()).unwrap_or(u32::MAX);
        if steps >= config.max_steps {
            return Err(NodeError::permanent(
                given_up::STEPS,
                format!(
                    "The agent has no answer after {steps} steps (max_steps). Allow more, or make the task smaller."
                ),
            ));
        }
        let mut budget = Self { leave: Leave::ToGoOn, max_tokens: config.max_tokens };
        if let Some(limit) = config.token_budget {
            let spent = story.tokens();
            let left = limit.saturating_sub(spent.all());
            if left == 0 {
                return Err(NodeError::permanent(
                    given_up::TOKENS,
                    format!(
                        "The agent has used {} tokens and has no answer; its budget is {limit} (token_budget). Allow \
                         more, or make the task smaller.",
                        spent.all()
                    ),
                ));
            }
            // Another step like this one, and the answer after it, would be too much.
            let step = spent.last_prompt + u64::from(config.max_tokens);
            if steps > 0 && left < 2 * step {
                budget.leave = Leave::LastTokens;
            }
        }
        if steps + 1 == config.max_steps {
            budget.leave = Leave::LastStep;
        }
        Ok(budget)
    }
}
