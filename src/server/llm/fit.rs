//! Makes a conversation fit into a model's context, or says by how much it does not.

use super::chat_model::ChatModel;
use super::{ChatMessage, ChatRequest, LlmError, ToolTalk, Truncate};

/// Stands where text was taken out.
const GAP: &str = "…";
/// More characters than this per token are not tried: reading a book to keep a page of it takes longer than the answer.
const CHARACTERS_PER_TOKEN: usize = 12;

/// The prompt of a request, ready for the model.
pub struct Prompt {
    pub tokens: Vec<u32>,
    /// Tokens that were taken out.
    pub cut: usize,
}

/// The tokens of the conversation, shortened if the request allows it.
///
/// # Errors
/// `prompt_too_long` with both numbers; what the template says.
pub fn prompt(model: &dyn ChatModel, request: &ChatRequest) -> Result<Prompt, LlmError> {
    let tokens = model.encode(&request.messages)?;
    let limit = model.context_length();
    if let Some(side) = request.truncate {
        // Half of the context at the least is for the prompt, however long an answer may become.
        let room = limit - (request.max_tokens as usize).min(limit / 2).max(1);
        if tokens.len() > room {
            return shortened(model, &request.messages, side, room)?
                .map(|kept| Prompt { cut: tokens.len().saturating_sub(kept.len()), tokens: kept })
                .ok_or_else(|| too_long(tokens.len(), limit, true));
        }
    }
    if tokens.len() >= limit {
        return Err(too_long(tokens.len(), limit, request.truncate.is_some()));
    }
    Ok(Prompt { tokens, cut: 0 })
}

/// The tokens of a conversation with tools, its longest results shortened until there is room; `None` for a model that
/// has no form for tools.
pub fn talk(model: &dyn ChatModel, talk: &ToolTalk, max_tokens: u32) -> Option<Result<Prompt, LlmError>> {
    let limit = model.context_length();
    let room = limit - (max_tokens as usize).min(limit / 2).max(1);
    let whole = match model.encode_talk(talk)? {
        Ok(tokens) => tokens,
        Err(error) => return Some(Err(error)),
    };
    let length = whole.len();
    let (mut tokens, mut talk) = (whole, talk.clone());
    while tokens.len() > room {
        let Some(shorter) = talk.shorter() else { return Some(Err(too_long(length, limit, true))) };
        talk = shorter;
        tokens = match model.encode_talk(&talk)? {
            Ok(tokens) => tokens,
            Err(error) => return Some(Err(error)),
        };
    }
    Some(Ok(Prompt { cut: length.saturating_sub(tokens.len()), tokens }))
}

fn too_long(length: usize, limit: usize, tried: bool) -> LlmError {
    let remedy = if tried {
        "Too little of it is in one message to cut it there; shorten the prompt."
    } else {
        "Shorten the prompt, or set `truncate` to have its start or its middle left out."
    };
    let most = limit.saturating_sub(1);
    LlmError::new(
        "prompt_too_long",
        format!(
            "The prompt has {length} tokens; the model takes at most {most} and needs room to answer. {remedy}"
        ),
    )
}

/// The conversation with as much of its longest message as fits into `room` tokens.
fn shortened(
    model: &dyn ChatModel,
    messages: &[ChatMessage],
    side: Truncate,
    room: usize,
) -> Result<Option<Vec<u32>>, LlmError> {
    let Some(longest) = (0..messages.len()).max_by_key(|at| messages[*at].content.len()) else {
        return Ok(None);
    };
    let content: Vec<char> = messages[longest].content.chars().collect();
    let keeping = |kept: usize| {
        let mut messages = messages.to_vec();
        messages[longest].content = cut(&content, kept, side);
        model.encode(&messages)
    };
    let mut best = None;
    let (mut fits, mut fails) = (0, content.len().min(room.saturating_mul(CHARACTERS_PER_TOKEN)) + 1);
    while fits < fails {
        let kept = fits + (fails - fits) / 2;
        let tokens = keeping(kept)?;
        if tokens.len() <= room {
            best = Some(tokens);
            fits = kept + 1;
        } else {
            fails = kept;
        }
    }
    Ok(best)
}

/// So many characters of a text, without its start or its middle.
pub fn cut(content: &[char], kept: usize, side: Truncate) -> String {
    let before = match side {
        Truncate::Start => 0,
        Truncate::Middle => kept / 2,
    };
    let after = &content[content.len() - (kept - before).min(content.len())..];
    content[..before].iter().chain(GAP.chars().collect::<Vec<_>>().iter()).chain(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::llm::testing::{ScriptedModel, request, vocabulary};

    /// Each character is a token.
    fn model(context: usize) -> ScriptedModel {
        let mut model = ScriptedModel::new(vocabulary(&["a"]), |_| vec![1.0, 0.0]);
        model.context = context;
        model
    }

    fn asked(text: &str, truncate: Option<Truncate>) -> ChatRequest {
        ChatRequest { truncate, max_tokens: 4, ..request(text) }
    }

    #[test]
    fn says_both_numbers_and_the_way_out() {
        let error = prompt(&model(10), &asked(&"x".repeat(30), None)).err().unwrap();
        assert_eq!(error.code, "prompt_too_long");
        assert!(error.message.contains("30 tokens") && error.message.contains("at most 9"), "{error}");
        assert!(error.message.contains("`truncate`"), "{error}");
    }

    #[test]
    fn leaves_out_the_start_or_the_middle() {
        let text = "0123456789ABCDEFGHIJ";
        for (side, kept) in [(Truncate::Start, "…FGHIJ"), (Truncate::Middle, "01…HIJ")] {
            let characters: Vec<char> = text.chars().collect();
            assert_eq!(cut(&characters, 5, side), kept);
            let prompt = prompt(&model(10), &asked(text, Some(side))).unwrap();
            assert_eq!((prompt.tokens.len(), prompt.cut), (6, 14), "{side:?}");
        }
        let whole = prompt(&model(40), &asked(text, Some(Truncate::Middle))).unwrap();
        assert_eq!((whole.tokens.len(), whole.cut), (20, 0));
    }

    #[test]
    fn many_short_messages_cannot_be_cut() {
        let messages = vec![ChatMessage::user("abcd"); 10];
        let asked = ChatRequest { messages, ..asked("", Some(Truncate::Start)) };
        let error = prompt(&model(10), &asked).err().unwrap();
        assert!(error.code == "prompt_too_long" && error.message.contains("40 tokens"), "{error}");
    }
}
