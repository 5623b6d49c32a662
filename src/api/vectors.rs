//! Collections of documents with vectors, and searching them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// How the nearness of two vectors is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The cosine of the angle, -1 to 1.
    #[default]
    Cosine,
    /// The inner product; long vectors win.
    Dot,
    /// By distance: the score is `1 / (1 + distance)`, 0 to 1.
    Euclidean,
}

impl Metric {
    /// The word for it on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Dot => "dot",
            Self::Euclidean => "euclidean",
        }
    }

    /// The metric of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Cosine, Self::Dot, Self::Euclidean].into_iter().find(|metric| metric.as_str() == word)
    }
}

/// What finds a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SearchMode {
    /// Meaning: the nearness of vectors.
    #[default]
    Vector,
    /// Words (BM25).
    Lexical,
    /// Both, put together by reciprocal rank fusion.
    Hybrid,
}

/// A collection to make.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CollectionBody {
    /// Letters, digits, spaces, `_` and `-`, up to 100 characters; unique in the account.
    pub name: String,
    /// Numbers in each vector, 1 to 4096; those of `embedding_model` if that is given. Without it, texts are embedded by
    /// all-MiniLM-L6-v2 with 384 (the default), and with any other number the caller supplies the vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimension: Option<u32>,
    /// What makes vectors of texts: `all-minilm-l6-v2`, or an embedding model of another service by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_model: Option<String>,
    /// `cosine` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CollectionView {
    pub id: Uuid,
    pub name: String,
    pub dimension: u32,
    pub metric: Metric,
    /// `flat` (every vector is compared) or `ivf` (those of the nearest clusters; beyond 20,000 documents).
    pub index_kind: String,
    pub document_count: u64,
    /// Texts can be added and searched without supplying vectors.
    pub embeds_text: bool,
    /// What makes vectors of them; null: the caller supplies the vectors.
    #[serde(default)]
    pub embedding_model: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Documents to add: a text each, or a vector each, or both.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DocumentsBody {
    /// May be left out where vectors are given.
    #[serde(default)]
    pub texts: Vec<String>,
    /// A JSON object for each text, or null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadatas: Option<Vec<Value>>,
    /// A vector for each text; needed where the collection has no embedding model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<Vec<Vec<f64>>>,
    /// A document that is there already (same text, metadata and given vector) is not added again.
    #[serde(default)]
    pub skip_duplicates: bool,
}

/// What became of added documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DocumentsAdded {
    /// One for each text, in order; of a skipped one the id of the document that was there.
    pub ids: Vec<Uuid>,
    pub added: u64,
    pub skipped: u64,
}

/// A document of a collection; its vector stays in the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DocumentView {
    pub id: Uuid,
    pub content: String,
    pub metadata: Map<String, Value>,
    pub created_at: DateTime<Utc>,
}

/// What to find.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchBody {
    /// A text; either this or `vector`, in the mode `hybrid` also both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<Vec<f64>>,
    /// Results, 1 to 1,000; 5 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<i64>,
    /// Leaves out what scores less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_score: Option<f64>,
    /// `{"field": value}` or `{"field": {"gt": value}}` over the metadata (eq, ne, gt, gte, lt, lte, in, contains).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Value>,
    #[serde(default)]
    pub mode: SearchMode,
}

/// A found document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SearchHit {
    pub id: Uuid,
    pub content: String,
    pub metadata: Map<String, Value>,
    /// Higher is better: the collection's metric, BM25, or the sum of reciprocal ranks, by mode.
    pub score: f64,
    pub why: Why,
}

/// Why a document was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Why {
    /// Words of the query as they stand in the text.
    pub words: Vec<String>,
    /// Place among the nearest by vector, 1 for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector_rank: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector_score: Option<f64>,
    /// Place among the best by words, 1 for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical_rank: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical_score: Option<f64>,
}

/// What was found, best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SearchReply {
    pub results: Vec<SearchHit>,
}
