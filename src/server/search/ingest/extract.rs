//! A file's sections, read with all due caution: plain text in this process, everything with a structure in a child.

use super::{
    child::Line,
    error::IngestError,
    kind::Kind,
    read::{Found, ReadOptions, Rows, read},
    section::Section,
};
use std::os::unix::process::ExitStatusExt as _;
use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::Semaphore,
};

/// Of what a child says on standard error, this much is looked at.
const STDERR_BYTES: u64 = 8 << 10;
/// The numbers of signals that tell why a child ended.
const SIGXCPU: i32 = 24;
const SIGKILL: i32 = 9;

/// What reading a file may take.
#[derive(Debug, Clone)]
pub struct ExtractorOptions {
    /// The program with the subcommand `extract`; `None`: this one.
    pub program: Option<PathBuf>,
    pub memory_bytes: u64,
    pub time: Duration,
    /// Of text that comes out of one file, as JSON.
    pub text_bytes: u64,
    /// Sections that come out of one file.
    pub max_sections: usize,
    /// Files that are read at once; the others wait.
    pub parallel: usize,
}

/// Reads files. Cheap to clone; clones share the places.
#[derive(Clone)]
pub struct Extractor {
    options: Arc<ExtractorOptions>,
    places: Arc<Semaphore>,
}

/// What a file has in it.
#[derive(Debug, Default, PartialEq)]
pub struct Extracted {
    pub sections: Vec<Section>,
    /// What was left out, in words for people.
    pub warnings: Vec<String>,
}

impl Extracted {
    fn take(&mut self, found: Found) {
        match found {
            Found::Section(section) => self.sections.push(section),
            Found::Warning(text) => self.warnings.push(text),
        }
    }
}

impl Extractor {
    #[must_use]
    pub fn new(options: ExtractorOptions) -> Self {
        let places = Arc::new(Semaphore::new(options.parallel.max(1)));
        Self { options: Arc::new(options), places }
    }

    /// The sections of a file. Dropping the future ends the child.
    ///
    /// # Errors
    /// Why this file cannot be read; nothing else is touched.
    pub async fn extract(
        &self,
        name: &str,
        content_type: Option<&str>,
        bytes: Vec<u8>,
        rows: Rows,
    ) -> Result<Extracted, IngestError> {
        let kind = Kind::detect(name, content_type, &bytes)?;
        let options = ReadOptions { rows, max_sections: self.options.max_sections };
        let _place = self.places.acquire().await.map_err(internal)?;
        match kind {
            Kind::Text | Kind::Markdown => tokio::task::spawn_blocking(move || {
                let mut extracted = Extracted::default();
                read(kind, &bytes, &options, &mut |found| {
                    extracted.take(found);
                    Ok(())
                })?;
                Ok(extracted)
            })
            .await
            .map_err(internal)?,
            _ => self.in_child(kind, &bytes, rows).await,
        }
    }

    async fn in_child(&self, kind: Kind, bytes: &[u8], rows: Rows) -> Result<Extracted, IngestError> {
        let mut child = self.start(kind, rows).map_err(internal)?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(internal("the child has no pipes"));
        };
        let limit = self.options.text_bytes;
        let talk = async { tokio::join!(feed(stdin, bytes), listen(stdout, limit), complaint(stderr)) };
        // Waiting for a processor is not the file's fault; standing still is.
        let time = self.options.time * 3;
        let Ok(((), heard, complaint)) = tokio::time::timeout(time, talk).await else {
            return Err(took_too_long(self.options.time));
        };
        if let Some(extracted) = heard? {
            return Ok(extracted);
        }
        Err(self.harm(child, &complaint).await)
    }

    fn start(&self, kind: Kind, rows: Rows) -> std::io::Result<Child> {
        let program = match &self.options.program {
            Some(program) => program.clone(),
            None => own_program()?,
        };
        let mut command = Command::new(program);
        command
            .args(["extract", kind.word()])
            .args(["--memory", &self.options.memory_bytes.to_string()])
            .args(["--seconds", &self.options.time.as_secs().max(1).to_string()])
            .args(["--sections", &self.options.max_sections.to_string()])
            .args((rows == Rows::Grouped).then_some("--grouped"))
            // It needs no settings and no secrets; one thread is enough for it.
            .env_clear()
            .env("OPENBLAS_NUM_THREADS", "1")
            .env("OMP_NUM_THREADS", "1")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(folders) = std::env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", folders);
        }
        command.spawn()
    }

    /// Why a child has ended before it was done.
    async fn harm(&self, mut child: Child, complaint: &str) -> IngestError {
        let status = child.wait().await.map_err(internal);
        let signal = match status {
            Ok(status) => status.signal(),
            Err(error) => return error,
        };
        tracing::warn!(?signal, complaint, "a file could not be read: its reader ended early");
        if complaint.contains("memory allocation") || complaint.contains("Cannot allocate memory") {
            let megabytes = self.options.memory_bytes >> 20;
            return IngestError::too_complex(format!(
                "needs more than {megabytes} MB of memory to be read (MILLRACE_EXTRACT_MEMORY_BYTES)"
            ));
        }
        if complaint.contains("stack overflow") || complaint.contains("overflowed its stack") {
            return IngestError::too_complex("is nested too deeply");
        }
        match signal {
            Some(SIGXCPU | SIGKILL) => took_too_long(self.options.time),
            _ => IngestError::damaged("text", "its structure is broken"),
        }
    }
}

fn took_too_long(time: Duration) -> IngestError {
    IngestError::new(
        "took_too_long",
        format!(
            "Reading the file took longer than {} seconds (MILLRACE_EXTRACT_SECONDS). Send a smaller or simpler file.",
            time.as_secs()
        ),
    )
}

fn internal(error: impl std::fmt::Display) -> IngestError {
    tracing::error!(%error, "a file could not be read: {error}");
    IngestError::new(
        "internal",
        "The file could not be read because of a mistake in Millrace. The log has the details.",
    )
}

/// This program, also when its file has been replaced by a newer one meanwhile.
fn own_program() -> std::io::Result<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { Ok(running) } else { std::env::current_exe() }
}

async fn feed(mut stdin: ChildStdin, bytes: &[u8]) {
    // A child that ended early does not read on; what it said tells why.
    let _ = stdin.write_all(bytes).await;
    let _ = stdin.shutdown().await;
}

/// `None` when the child ended without its last word.
async fn listen(stdout: ChildStdout, limit: u64) -> Result<Option<Extracted>, IngestError> {
    let mut reader = BufReader::new(stdout.take(limit));
    let (mut extracted, mut heard, mut line) = (Extracted::default(), 0_u64, Vec::new());
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).await.map_err(internal)?;
        heard += read as u64;
        if read == 0 || line.last() != Some(&b'\n') {
            return if heard >= limit {
                Err(IngestError::too_complex(format!("has more than {} MB of text", limit >> 20)))
            } else {
                Ok(None)
            };
        }
        match serde_json::from_slice(&line).map_err(internal)? {
            Line::Section(section) => extracted.take(Found::Section(section)),
            Line::Warning(text) => extracted.take(Found::Warning(text)),
            Line::Failed(error) => return Err(error),
            Line::End => return Ok(Some(extracted)),
        }
    }
}

async fn complaint(mut stderr: ChildStderr) -> String {
    let mut bytes = Vec::new();
    let _ = (&mut stderr).take(STDERR_BYTES).read_to_end(&mut bytes).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}
