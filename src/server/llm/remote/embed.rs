//! Vectors of texts by embedding models elsewhere, in batches.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::{self, Failure, Place};
use super::wire::Usage;
use super::{ANSWER_BYTES, ATTEMPTS, REFUSAL_BYTES, RemoteModel, Remotes, key};
use crate::server::llm::LlmError;
use crate::server::outbound::{Attached, Request};
use crate::server::secrets::Redactor;
use crate::workflow::ids::UserId;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

/// Texts of one request,
const BATCH_TEXTS: usize = 96;
/// and their bytes, unless a single text has more.
const BATCH_BYTES: usize = 192 * 1024;

/// What an embedding model elsewhere gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One for each text, in their order; finite, and all as long as the model's vectors are.
    pub vectors: Vec<Vec<f32>>,
    /// As the service counted; 0 if it does not.
    pub tokens: u64,
}

/// `POST /embeddings`.
#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    input: &'a [String],
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    data: Vec<Item>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    index: Option<usize>,
    embedding: Given,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Vector(Vec<f32>),
    /// One for each token, as llama.cpp gives them of models that do not pool.
    Tokens(Vec<Vec<f32>>),
}

impl Given {
    /// The vector of the text; of its tokens' the mean.
    fn vector(self) -> Vec<f32> {
        let tokens = match self {
            Self::Vector(vector) => return vector,
            Self::Tokens(tokens) => tokens,
        };
        let count = tokens.len() as f32;
        let width = tokens.first().map_or(0, Vec::len);
        if tokens.iter().any(|token| token.len() != width) {
            return Vec::new();
        }
        (0..width).map(|place| tokens.iter().map(|token| token[place]).sum::<f32>() / count).collect()
    }
}

impl Remotes {
    /// Asks an embedding model of `owner` for the vectors of texts. Dropping the future ends it. Where the model's
    /// dimension is known, the vectors have it.
    ///
    /// # Errors
    /// As [`Remotes::chat`], and `embedding_dimension_changed`. None of them holds the credential.
    pub async fn embed(
        &self,
        owner: UserId,
        model: &RemoteModel,
        texts: &[String],
    ) -> Result<Embedded, LlmError> {
        let redactor = Redactor::default();
        let embedded = self.embed_all(owner, model, texts, &redactor).await;
        // A service may repeat what it was sent.
        embedded.map_err(|error| LlmError { message: redactor.text(&error.message).into_owned(), ..error })
    }

    async fn embed_all(
        &self,
        owner: UserId,
        model: &RemoteModel,
        texts: &[String],
        redactor: &Redactor,
    ) -> Result<Embedded, LlmError> {
        let place = Place::of(model, "embeddings");
        let url = self.outbound.check(&place.endpoint).map_err(|error| place.unreachable(&error).error)?;
        let credential = match &model.credential {
            Some(id) => Some(key::of(&self.secrets, owner, id, &url, redactor, &place).await?),
            None => None,
        };
        let mut all = Embedded { vectors: Vec::with_capacity(texts.len()), tokens: 0 };
        let mut rest = texts;
        let mut most = BATCH_TEXTS;
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(batch_of(rest, most));
            let (made, is_pooled) = self.embed_batch(&place, model, credential.as_ref(), batch).await?;
            if !is_pooled && batch.len() > 1 {
                // A service that leaves the pooling to others may mix up the tokens of several texts, as llama-cpp-python
                // does; those of one it gives right.
                most = 1;
                continue;
            }
            all.vectors.extend(made.vectors);
            all.tokens += made.tokens;
            rest = later;
        }
        let expected = model.dimension.map(|numbers| numbers as usize);
        let expected = expected.or_else(|| all.vectors.first().map(Vec::len)).unwrap_or_default();
        match all.vectors.iter().find(|vector| vector.len() != expected) {
            Some(odd) => Err(dimension_changed(model, odd.len(), expected)),
            None => Ok(all),
        }
    }

    /// The vectors of a batch, and whether the service made them whole.
    async fn embed_batch(
        &self,
        place: &Place,
        model: &RemoteModel,
        credential: Option<&Attached>,
        batch: &[String],
    ) -> Result<(Embedded, bool), LlmError> {
        let question = Question { model: &model.model, input: batch };
        let body = serde_json::to_vec(&question).map_err(LlmError::generation)?;
        let mut attempt = 1;
        loop {
            let request = place.request(body.clone(), credential.cloned(), self.patience.first);
            let failure = match self.embed_once(place, request, batch.len()).await {
                Ok(made) => return Ok(made),
                Err(failure) => failure,
            };
            match failure.rest(attempt) {
                Some(rest) if attempt < ATTEMPTS => tokio::time::sleep(rest).await,
                _ => return Err(failure.error),
            }
            attempt += 1;
        }
    }

    async fn embed_once(
        &self,
        place: &Place,
        request: Request,
        count: usize,
    ) -> Result<(Embedded, bool), Failure> {
        let mut reply = self.outbound.open(request).await.map_err(|error| place.unreachable(&error))?;
        if !(200..300).contains(&reply.status) {
            let wait = refusal::wait(reply.headers.get(RETRY_AFTER));
            let said = self.read(place, &mut reply, REFUSAL_BYTES).await.unwrap_or_default();
            return Err(place.refused(reply.status, &said, wait));
        }
        let kind = reply.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") {
            return Err(place.web_page());
        }
        let body = self.read(place, &mut reply, ANSWER_BYTES).await?;
        let reply: Reply = serde_json::from_str(&body)
            .map_err(|error| place.broken(&format!("it is not the JSON of vectors ({error})")))?;
        if let Some(error) = reply.error.filter(|error| !error.is_null()) {
            return Err(place.told(&error));
        }
        let is_pooled = reply.data.iter().all(|item| matches!(item.embedding, Given::Vector(_)));
        let vectors = in_order(reply.data, count).map_err(|why| place.broken(&why))?;
        let tokens = reply.usage.map_or(0, |usage| u64::from(usage.prompt_tokens));
        Ok((Embedded { vectors, tokens }, is_pooled))
    }
}

/// How many of the texts go into the next request.
fn batch_of(texts: &[String], most: usize) -> usize {
    let mut bytes = 0;
    let fitting = texts.iter().take(most).take_while(|text| {
        bytes += text.len();
        bytes <= BATCH_BYTES
    });
    fitting.count().max(1)
}

/// The vectors by their numbers, which need not come in order.
fn in_order(items: Vec<Item>, count: usize) -> Result<Vec<Vec<f32>>, String> {
    if items.len() != count {
        return Err(format!("it holds {} vectors for {count} texts", items.len()));
    }
    let mut vectors = vec![Vec::new(); count];
    for (place, Item { index, embedding }) in items.into_iter().enumerate() {
        let index = index.unwrap_or(place);
        let embedding = embedding.vector();
        if embedding.is_empty() || embedding.iter().any(|number| !number.is_finite()) {
            return Err(format!("the vector {index} is empty or holds what is no finite number"));
        }
        match vectors.get_mut(index) {
            Some(free) if free.is_empty() => *free = embedding,
            _ => return Err(format!("it has a vector with the number {index} twice, or beyond its texts")),
        }
    }
    Ok(vectors)
}

fn dimension_changed(model: &RemoteModel, found: usize, expected: usize) -> LlmError {
    let RemoteModel { name, model, .. } = model;
    LlmError::new(
        "embedding_dimension_changed",
        format!(
            "The vectors of the model \"{name}\" have {found} numbers now, not {expected} as when it was added. Put \
             \"{model}\" back at the service as it was; or remove the model, add it again under a new name, and make a new \
             collection with it."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_short_and_light() {
        let texts = |count: usize, length: usize| vec!["x".repeat(length); count];
        assert_eq!(batch_of(&texts(500, 3), BATCH_TEXTS), BATCH_TEXTS);
        assert_eq!(batch_of(&texts(500, 3), 1), 1);
        assert_eq!(batch_of(&texts(10, BATCH_BYTES / 4), BATCH_TEXTS), 4);
        assert_eq!(batch_of(&texts(2, BATCH_BYTES * 2), BATCH_TEXTS), 1);
    }

    #[test]
    fn vectors_of_tokens_become_one() {
        let vector = |json: &str| serde_json::from_str::<Given>(json).unwrap().vector();
        assert_eq!(vector("[[1, 2.5], [3, -0.5]]"), [2.0, 1.0]);
        assert_eq!(vector("[1, 2.5]"), [1.0, 2.5]);
        assert!(vector("[[1], [1, 2]]").is_empty() && vector("[]").is_empty() && vector("[[]]").is_empty());
        assert!(serde_json::from_str::<Given>("[null]").is_err());
    }

    #[test]
    fn vectors_are_put_in_the_order_of_their_texts() {
        let item = |index: Option<usize>, number: f32| Item { index, embedding: Given::Vector(vec![number]) };
        let ordered = |items: Vec<Item>| in_order(items, 2);
        assert_eq!(ordered(vec![item(Some(1), 2.0), item(Some(0), 1.0)]), Ok(vec![vec![1.0], vec![2.0]]));
        assert_eq!(ordered(vec![item(None, 1.0), item(None, 2.0)]), Ok(vec![vec![1.0], vec![2.0]]));
        for wrong in [
            vec![item(None, 1.0)],
            vec![item(Some(0), 1.0), item(Some(0), 2.0)],
            vec![item(Some(0), 1.0), item(Some(2), 2.0)],
            vec![item(Some(0), 1.0), item(Some(1), f32::INFINITY)],
            vec![item(Some(0), 1.0), Item { index: Some(1), embedding: Given::Vector(Vec::new()) }],
        ] {
            assert!(ordered(wrong).is_err());
        }
    }
}
