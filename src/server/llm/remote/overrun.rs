//! Conversations that are longer than a service's context: what its refusal says of that, and a shorter conversation.
//! How many tokens a text has, only the service knows; its refusal gives the measure. Pure.

use super::tools::messages;
use crate::server::llm::fit::cut;
use crate::server::llm::{ChatMessage, ToolTalk, Truncate};

/// How services introduce the number of tokens that they take.
const INTRODUCTIONS: [&str; 4] = ["context length", "context window", "context size", "takes at most"];
/// Tokens are counted by the letter here, so some room stays free.
const SHARE: f64 = 0.94;

/// What a refusal says, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overrun {
    /// Of the conversation, with some services also of the longest answer.
    pub asked: usize,
    /// The context.
    pub limit: usize,
}

/// The numbers of a refusal that speaks of a context which is too small.
pub fn overrun(said: &str) -> Option<Overrun> {
    let said = said.to_lowercase();
    let at = INTRODUCTIONS.iter().find_map(|words| said.find(words))?;
    let limit = numbers(&said[at..]).next()?;
    let asked = numbers(&said).max()?;
    (limit >= 16 && asked > limit).then_some(Overrun { asked, limit })
}

fn numbers(text: &str) -> impl Iterator<Item = usize> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok())
}

/// Takes so much of the longest message that the conversation should fit and leave room for the answer; the tokens that
/// this takes out. `None` where too little is in one message.
pub fn shorter(
    messages: &mut [ChatMessage],
    side: Truncate,
    overrun: Overrun,
    max_tokens: u32,
) -> Option<usize> {
    let length = |message: &ChatMessage| message.content.chars().count();
    let all: usize = messages.iter().map(length).sum();
    let out = all.saturating_sub(overrun.fitting(all, max_tokens));
    let longest = messages.iter_mut().max_by_key(|message| length(message))?;
    let content: Vec<char> = longest.content.chars().collect();
    let kept = content.len().checked_sub(out).filter(|kept| *kept > 0)?;
    longest.content = cut(&content, kept, side);
    Some(out * overrun.asked / all.max(1))
}

/// The same for a conversation with tools: its longest results give way.
pub fn shorter_talk(talk: &mut ToolTalk, overrun: Overrun, max_tokens: u32) -> Option<usize> {
    let length =
        |talk: &ToolTalk| messages(talk).iter().map(|message| message.to_string().len()).sum::<usize>();
    let all = length(talk);
    let fitting = overrun.fitting(all, max_tokens);
    let mut short = talk.clone();
    while length(&short) > fitting {
        short = short.shorter()?;
    }
    let out = all - length(&short);
    *talk = short;
    Some(out * overrun.asked / all.max(1))
}

impl Overrun {
    /// How much of a text of that length should fit.
    fn fitting(self, all: usize, max_tokens: u32) -> usize {
        let room = self.limit - (max_tokens as usize).min(self.limit / 2);
        (all as f64 * SHARE * room as f64 / self.asked as f64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_found_in_what_services_say() {
        for (said, asked, limit) in [
            (
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
                9001,
                8192,
            ),
            (
                "This model's maximum context length is 512 tokens. However, you requested 700 tokens (600 in the messages, 100 \
                 in the completion).",
                700,
                512,
            ),
            (
                "request (9013 tokens) exceeds the available context size (4096 tokens), try increasing it",
                9013,
                4096,
            ),
            ("Requested tokens (600) exceed context window of 512", 600, 512),
            (
                "The prompt has 6012 tokens; the model takes at most 2047 and needs room to answer.",
                6012,
                2047,
            ),
        ] {
            assert_eq!(overrun(said), Some(Overrun { asked, limit }), "{said}");
        }
        for other in ["Unknown model m-4096", "The context length is 512", "", "max_tokens must be at most 4"]
        {
            assert_eq!(overrun(other), None, "{other}");
        }
    }

    #[test]
    fn the_longest_message_gives_way_and_leaves_room_for_the_answer() {
        let messages = [ChatMessage::system("Be brief."), ChatMessage::user("0123456789".repeat(100))];
        let overrun = Overrun { asked: 500, limit: 300 };
        let mut short = messages.clone();
        let out = shorter(&mut short, Truncate::Start, overrun, 100).unwrap();
        assert_eq!(short[0], messages[0]);
        let tokens = short.iter().map(|m| m.content.chars().count()).sum::<usize>() * 500 / 1009;
        assert!((150..=200).contains(&tokens), "{tokens}");
        assert!((300..=350).contains(&out), "{out}");
        assert!(short[1].content.starts_with('…') && short[1].content.ends_with('9'));
        let mut short = messages.clone();
        shorter(&mut short, Truncate::Middle, overrun, 100).unwrap();
        assert!(short[1].content.starts_with('0') && short[1].content.ends_with('9'));
        let mut many = vec![ChatMessage::user("abcd"); 40];
        assert_eq!(shorter(&mut many, Truncate::Start, overrun, 100), None);
    }

    #[test]
    fn the_results_of_tools_give_way() {
        use crate::server::llm::ToolTurn;
        let turns = vec![ToolTurn::User("Go.".into()), ToolTurn::Result("x".repeat(2000))];
        let mut talk = ToolTalk {
            tools: Vec::new(),
            turns,
            answer: serde_json::json!({ "type": "string" }),
            must_answer: false,
        };
        let overrun = Overrun { asked: 500, limit: 300 };
        let out = shorter_talk(&mut talk, overrun, 100).unwrap();
        assert!((300..=400).contains(&out), "{out}");
        assert!(matches!(&talk.turns[1], ToolTurn::Result(text) if text.ends_with('…') && text.len() < 800));
        let mut short = ToolTalk { turns: vec![ToolTurn::User("Go.".repeat(300))], ..talk };
        assert_eq!(shorter_talk(&mut short, overrun, 100), None);
    }
}
