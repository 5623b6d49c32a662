//! The file of a big part: a cache that saves reading and clustering at the next start. It is believed only if header,
//! length and checksum are right; otherwise the part is made from the database.
//!
//! Header (128 bytes, little-endian), numbers of the documents, their ids, then what FAISS writes. FAISS reads and writes
//! named files only, so its part takes a detour through a temporary one.

use super::{Base, Flat, Ivf};
use crate::api::vectors::Metric;
use sha2::{Digest as _, Sha256};
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
};
use uuid::Uuid;

const MAGIC: &[u8; 8] = b"MLRVIDX1";
const HEADER: usize = 128;
const FLAT: u32 = 1;
const IVF: u32 = 2;

/// Where the big part of one collection is kept.
#[derive(Debug, Clone)]
pub struct IndexFile {
    pub folder: PathBuf,
    pub collection: Uuid,
    pub metric: Metric,
    pub dimension: usize,
}

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("there is none")]
    Absent,
    #[error("it cannot be read or written: {0}")]
    Io(io::Error),
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    #[error("FAISS refuses it: {0}")]
    Faiss(#[from] faiss::error::Error),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Absent } else { Self::Io(error) }
    }
}

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    kind: u32,
    dimension: u32,
    metric: u32,
    probes: u32,
    count: u64,
    trained_on: u64,
    generation: i64,
    collection: Uuid,
    /// Bytes after the header.
    length: u64,
}

impl Header {
    fn bytes(&self, checksum: &[u8; 32]) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        let words = [self.kind, self.dimension, self.metric, self.probes];
        for (at, word) in (8..).step_by(4).zip(words) {
            bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        let longs = [self.count, self.trained_on, self.generation.cast_unsigned(), self.length];
        for (at, long) in (24..).step_by(8).zip(longs) {
            bytes[at..at + 8].copy_from_slice(&long.to_le_bytes());
        }
        bytes[56..72].copy_from_slice(self.collection.as_bytes());
        bytes[96..128].copy_from_slice(checksum);
        bytes
    }

    fn parse(bytes: &[u8; HEADER]) -> Option<(Self, [u8; 32])> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let long = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        if &bytes[..8] != MAGIC {
            return None;
        }
        let header = Self {
            kind: word(8)?,
            dimension: word(12)?,
            metric: word(16)?,
            probes: word(20)?,
            count: long(24)?,
            trained_on: long(32)?,
            generation: long(40)?.cast_signed(),
            length: long(48)?,
            collection: Uuid::from_slice(&bytes[56..72]).ok()?,
        };
        Some((header, bytes[96..128].try_into().ok()?))
    }
}

fn number_of(metric: Metric) -> u32 {
    match metric {
        Metric::Cosine => 1,
        Metric::Dot => 2,
        Metric::Euclidean => 3,
    }
}

impl IndexFile {
    /// The name within the folder.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.index", self.collection)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(self.name())
    }

    fn temporary(&self, what: &str) -> Temporary {
        Temporary(self.folder.join(format!(".{}.{}.{what}", self.collection, Uuid::now_v7())))
    }

    /// Writes the part: to a temporary name, synced, renamed.
    ///
    /// # Errors
    /// When the disk or FAISS refuses; the file that was there stays.
    pub fn write(&self, base: &Base, generation: i64) -> Result<(), Unusable> {
        std::fs::create_dir_all(&self.folder)?;
        let native = self.temporary("faiss");
        let (kind, probes, trained_on) = match base {
            Base::Flat(flat) => {
                faiss::write_index(&flat.index, native.text()?)?;
                (FLAT, 0, 0)
            }
            Base::Ivf(ivf) => {
                faiss::write_index(&ivf.index, native.text()?)?;
                (IVF, ivf.probes(), ivf.trained_on as u64)
            }
        };
        let whole = self.temporary("part");
        let mut file = Checked::new(BufWriter::with_capacity(1 << 20, File::create(&whole.0)?));
        file.inner.write_all(&[0; HEADER])?;
        for seq in base.seqs() {
            file.write_all(&seq.to_le_bytes())?;
        }
        for id in base.ids() {
            file.write_all(id.as_bytes())?;
        }
        io::copy(&mut File::open(&native.0)?, &mut file)?;
        let header = Header {
            kind,
            dimension: u32::try_from(self.dimension).unwrap_or(u32::MAX),
            metric: number_of(self.metric),
            probes,
            count: base.seqs().len() as u64,
            trained_on,
            generation,
            collection: self.collection,
            length: file.length,
        };
        let checksum = file.checksum(&header.bytes(&[0; 32]));
        let mut out = file.inner.into_inner().map_err(io::IntoInnerError::into_error)?;
        out.seek(SeekFrom::Start(0))?;
        out.write_all(&header.bytes(&checksum))?;
        out.sync_all()?;
        std::fs::rename(&whole.0, self.path())?;
        // The rename itself is durable when the folder is.
        Ok(File::open(&self.folder)?.sync_all()?)
    }

    /// Reads the part and the generation it was written at.
    ///
    /// # Errors
    /// Why it is not to be used; never a part in doubt.
    pub fn read(&self) -> Result<(Base, i64), Unusable> {
        let mut file = BufReader::with_capacity(1 << 20, File::open(self.path())?);
        let size = file.get_ref().metadata()?.len();
        let mut head = [0; HEADER];
        file.read_exact(&mut head).map_err(|_| Unusable::Damaged("it ends within its header"))?;
        let (header, checksum) = Header::parse(&head).ok_or(Unusable::Damaged("it has no header of ours"))?;
        if header.collection != self.collection
            || header.metric != number_of(self.metric)
            || usize::try_from(header.dimension) != Ok(self.dimension)
        {
            return Err(Unusable::Damaged("it is another collection's"));
        }
        let count = usize::try_from(header.count).unwrap_or(usize::MAX);
        let names = header.count.saturating_mul(24);
        if size != header.length.saturating_add(HEADER as u64) || names > header.length {
            return Err(Unusable::Damaged("its length is wrong"));
        }
        let mut file = Checked::new(file);
        let seqs = file.numbers::<8>(count)?.into_iter().map(i64::from_le_bytes).collect::<Vec<_>>();
        let ids = file.numbers::<16>(count)?.into_iter().map(Uuid::from_bytes).collect();
        let native = self.temporary("faiss");
        io::copy(&mut file, &mut File::create(&native.0)?)?;
        if file.checksum(&head) != checksum {
            return Err(Unusable::Damaged("its checksum is wrong"));
        }
        if !seqs.is_sorted() {
            return Err(Unusable::Damaged("its documents are not in order"));
        }
        let index = faiss::read_index(native.text()?)?;
        let base = match header.kind {
            FLAT => {
                Flat::from_parts(self.metric, self.dimension, index.into_flat()?, seqs, ids).map(Base::Flat)
            }
            IVF => {
                let trained_on = usize::try_from(header.trained_on).unwrap_or(usize::MAX);
                let index = index.into_ivf_flat()?;
                let tuning = (trained_on, header.probes);
                Ivf::from_parts(self.metric, self.dimension, index, (seqs, ids), tuning).map(Base::Ivf)
            }
            _ => None,
        };
        let base = base.ok_or(Unusable::Damaged("its parts do not fit together"))?;
        Ok((base, header.generation))
    }

    /// Removes the file, if there is one.
    pub fn remove(&self) {
        // What cannot be removed is not believed either: its collection's id never comes again.
        let _ = std::fs::remove_file(self.path());
    }
}

/// A file that goes away with this.
struct Temporary(PathBuf);

impl Temporary {
    fn text(&self) -> Result<&str, Unusable> {
        Path::to_str(&self.0).ok_or(Unusable::Damaged("the folder's name is not UTF-8, which FAISS needs"))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Renamed files are not there any more.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Counts and digests what passes.
struct Checked<T> {
    inner: T,
    digest: Sha256,
    length: u64,
}

impl<T> Checked<T> {
    fn new(inner: T) -> Self {
        Self { inner, digest: Sha256::new(), length: 0 }
    }

    /// Over what has passed and the header, but for the checksum in it.
    fn checksum(&self, header: &[u8; HEADER]) -> [u8; 32] {
        self.digest.clone().chain_update(&header[..HEADER - 32]).finalize().into()
    }
}

impl<T: Write> Write for Checked<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Checked<T> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.digest.update(&bytes[..read]);
        self.length += read as u64;
        Ok(read)
    }
}

impl<T: Read> Checked<T> {
    /// So many values of `N` bytes.
    fn numbers<const N: usize>(&mut self, count: usize) -> Result<Vec<[u8; N]>, Unusable> {
        let mut bytes = vec![0; count.saturating_mul(N)];
        self.read_exact(&mut bytes).map_err(|_| Unusable::Damaged("it ends too early"))?;
        Ok(bytes.as_chunks::<N>().0.to_vec())
    }
}
