//! all-MiniLM-L6-v2, the real files, against vectors that sentence-transformers made of the same texts
//! (scripts/reference/embeddings.py): one token to more than the model reads, a dozen languages.

use super::*;
use crate::server::llm::ModelsOptions;
use std::path::{Path, PathBuf};

fn models() -> Models {
    let dir = std::env::var_os("MILLRACE_MODELS_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("data/models"), PathBuf::from);
    let models = Models::open(ModelsOptions::new(&dir));
    assert!(
        models.embedding_folder(MODEL).is_ok(),
        "This test needs the model {MODEL} in {}: run `make test`, which fetches it, or `millrace models pull {MODEL}`, \
         or name another folder in MILLRACE_MODELS_DIR.",
        dir.display()
    );
    models
}

fn network() -> network::Network {
    network::Network::load(&models().embedding_folder(MODEL).unwrap()).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/search").join(name)).unwrap()
}

#[test]
fn vectors_are_those_of_sentence_transformers() {
    let texts: Vec<String> = serde_json::from_slice(&fixture("minilm_texts.json")).unwrap();
    let recorded: Vec<f32> = fixture("minilm_vectors.f16")
        .as_chunks::<2>()
        .0
        .iter()
        .map(|bytes| half_to_single(u16::from_le_bytes(*bytes)))
        .collect();
    assert_eq!((texts.len(), recorded.len()), (200, 200 * DIMENSION as usize));
    let network = network();
    let tokens = network.tokens(&texts).unwrap();
    let longest = tokens.iter().map(Vec::len).max();
    assert_eq!((longest, tokens.iter().map(Vec::len).min()), (Some(LONGEST), Some(2)));
    let mut worst = 1.0_f64;
    for (batch, recorded) in tokens.chunks(20).zip(recorded.chunks(20 * DIMENSION as usize)) {
        let made = network.embed(batch).unwrap();
        for (made, recorded) in made.iter().zip(recorded.chunks(DIMENSION as usize)) {
            assert!((made.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
            worst = worst.min(cosine(made, recorded));
        }
    }
    assert!(worst >= 0.9999, "the worst cosine is {worst}");
}

/// IEEE 754 binary16.
fn half_to_single(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    let size = if exponent == 0 {
        fraction / 1024.0 * 2.0_f32.powi(-14)
    } else {
        (1.0 + fraction / 1024.0) * 2.0_f32.powi(exponent - 15)
    };
    sign * size
}

#[test]
fn a_batch_equals_its_singles() {
    let network = network();
    let texts = ["short", "a text that is somewhat longer than the others are", "Grüße aus München!"]
        .map(str::to_owned);
    let tokens = network.tokens(&texts).unwrap();
    let together = network.embed(&tokens).unwrap();
    for (tokens, together) in tokens.into_iter().zip(together) {
        let alone = network.embed(&[tokens]).unwrap().remove(0);
        let apart = alone.iter().zip(&together).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-5, "{apart}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_ask_at_once_and_each_gets_its_own() {
    let embedder = Arc::new(MiniLm::start(models()).unwrap());
    assert!(!embedder.state().loaded);
    assert_eq!(embedder.embed(Vec::new()).await.unwrap(), Vec::<Vec<f32>>::new());
    let asking: Vec<_> = (0..6)
        .map(|i| {
            let embedder = Arc::clone(&embedder);
            let texts: Vec<String> =
                (0..=i).map(|j| format!("text {j} is about {}", "rain ".repeat(j))).collect();
            tokio::spawn(async move { embedder.embed(texts).await })
        })
        .collect();
    let mut all = Vec::new();
    for (i, asked) in asking.into_iter().enumerate() {
        let vectors = asked.await.unwrap().unwrap();
        assert_eq!(vectors.len(), i + 1);
        all.push(vectors);
    }
    for vectors in &all {
        for (one, longest) in vectors.iter().zip(&all[5]) {
            assert!(cosine(one, longest) > 0.99999);
        }
    }
    assert!(cosine(&all[5][0], &all[5][5]) < 0.99);
    let state = embedder.state();
    assert!(state.loaded && state.queue_length == 0 && state.tokens_per_second.is_some());
    assert_eq!(embedder.tokenizer().unwrap().encode("two words", false).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_not_computed_and_a_full_queue_refuses() {
    let (go, held) = std::sync::mpsc::channel::<()>();
    let loader = models();
    let owner = Owner::start(
        MODEL,
        2,
        Box::new(move || {
            held.recv().unwrap();
            network::Network::load(&loader.embedding_folder(MODEL).unwrap())
        }),
    )
    .unwrap();
    let owner = Arc::new(owner);
    let ask = |text: &str| {
        let (owner, texts) = (Arc::clone(&owner), vec![text.to_owned()]);
        tokio::spawn(async move { owner.ask(texts).await })
    };
    let until = async |waiting: u32| {
        while owner.state().queue_length != waiting {
            tokio::task::yield_now().await;
        }
    };
    let first = ask("first");
    until(1).await;
    let second = ask("second");
    until(2).await;
    let refused = owner.ask(vec!["third".to_owned()]).await.unwrap_err();
    assert_eq!((refused.code, refused.retryable), ("model_busy", true));
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    let third = ask("third");
    until(2).await;
    go.send(()).unwrap();
    assert_eq!(first.await.unwrap().unwrap().len(), 1);
    assert_eq!(third.await.unwrap().unwrap()[0].len(), DIMENSION as usize);
}

#[tokio::test]
async fn without_the_model_it_says_how_to_get_it() {
    let dir = tempfile::tempdir().unwrap();
    let embedder = MiniLm::start(Models::open(ModelsOptions::new(dir.path()))).unwrap();
    let error = embedder.embed(vec!["x".to_owned()]).await.unwrap_err();
    assert_eq!(error.code, "model_not_installed");
    assert!(error.message.contains("millrace models pull all-minilm-l6-v2"), "{}", error.message);
    assert_eq!(embedder.tokenizer().unwrap_err().code, "model_not_installed");
}

#[test]
fn a_damaged_folder_is_an_error() {
    let real = models().embedding_folder(MODEL).unwrap();
    let read = |name: &str| std::fs::read(real.join(name)).unwrap();
    let weights = read("model.safetensors");
    let half = &weights[..weights.len() / 2];
    let other = br#"{"hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12, "hidden_act": "gelu", "layer_norm_eps": 1e-12}"#;
    for (name, content) in [
        ("model.safetensors", half),
        ("model.safetensors", b"".as_slice()),
        ("config.json", b"{}"),
        ("config.json", other),
        ("tokenizer.json", b"{\"version\": 1}"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        for part in ["config.json", "tokenizer.json", "model.safetensors"] {
            if part == name {
                std::fs::write(dir.path().join(part), content).unwrap();
            } else {
                std::os::unix::fs::symlink(real.join(part), dir.path().join(part)).unwrap();
            }
        }
        let error = network::Network::load(dir.path()).err().unwrap();
        assert_eq!(error.code, "model_file_damaged", "{name}: {}", error.message);
    }
}
