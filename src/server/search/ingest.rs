//! From files to texts that can be embedded: what kind of file it is, its text with metadata, and the parts it is split
//! into. What reads structured formats runs in a child process with limits, so that a hostile file harms nothing but
//! itself. Embedding and storing the parts is the business of whoever asked.

pub mod child;
mod decode;
mod error;
mod extract;
mod kind;
mod read;
mod section;
mod split;

pub use error::IngestError;
pub use extract::{Extracted, Extractor, ExtractorOptions};
pub use kind::Kind;
pub use read::{ReadOptions, Rows};
pub use section::{Section, file_name};
pub use split::{ChunkOptions, MAX_CHUNK_TOKENS, Splitter};
