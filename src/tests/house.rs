//! The rules of the house: which part of the crate may use which other.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folder or file below `src`, and the modules that it may use besides its own.
/// What `server` has at its root (`state`, `error`, `config`, `telemetry`) is open to the outer parts; [`LEAVES`] to all of it.
/// The bodies of server functions use `server::services`, with imports inside the body, which do not count here.
const RULES: &[(&str, &[&str])] = &[
    ("workflow", &[]),
    ("api", &["workflow"]),
    // `ui::browser` and `ui::preferences` are what components stand on; neither calls the server.
    ("ui/components", &["api", "ui::browser", "ui::preferences"]),
    ("ui/canvas", &["workflow", "api", "ui::components", "ui::browser"]),
    ("ui/pages", &["ui", "api", "workflow"]),
    ("ui/server_fns", &["api", "workflow", "ui::browser"]),
    ("server/store", &["api", "workflow", "server::store"]),
    ("server/outbound", &["server::outbound"]),
    ("server/secrets", &["api", "workflow", "server::secrets", "server::store"]),
    (
        "server/llm",
        &["api", "workflow", "server::llm", "server::outbound", "server::secrets", "server::config"],
    ),
    ("server/search", &["api", "workflow", "server::search", "server::store", "server::llm"]),
    (
        "server/nodes",
        &[
            "workflow",
            "server::nodes",
            "server::llm",
            "server::search",
            "server::outbound",
            "server::secrets",
            "server::store",
        ],
    ),
    ("server/engine", &["api", "workflow", "server::engine", "server::store", "server::nodes"]),
    (
        "server/services",
        &[
            "api",
            "workflow",
            "server::services",
            "server::store",
            "server::engine",
            "server::llm",
            "server::search",
            "server::secrets",
            "server::outbound",
            "server::error",
            "server::state",
            "server::config",
        ],
    ),
    (
        "server/http",
        &[
            "api",
            "workflow",
            "ui",
            "server::http",
            "server::services",
            "server::error",
            "server::state",
            "server::telemetry",
        ],
    ),
];

/// Small modules that stand on nothing.
const LEAVES: [&str; 3] = ["server::clock", "server::hex", "server::locked"];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder").map(|e| e.expect("an entry").path()) {
            files(&entry, found);
        }
    }
}

/// The modules that a text names with `use crate::`, groups taken apart, two levels deep below `server` and `ui`.
fn used(text: &str) -> Vec<String> {
    let without_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut modules = Vec::new();
    for statement in
        format!("\n{without_tests}").replace("\npub use ", "\nuse ").split("\nuse crate::").skip(1)
    {
        let statement: String =
            statement.split(';').next().unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
        expand("", &statement, &mut modules);
    }
    modules
}

fn expand(prefix: &str, tree: &str, out: &mut Vec<String>) {
    match tree.find('{') {
        Some(open) if !tree[..open].contains(',') => {
            let inner = tree[open + 1..].strip_suffix('}').unwrap_or(&tree[open + 1..]);
            let (mut depth, mut start) = (0, 0);
            for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        if at > start {
                            expand(&format!("{prefix}{}", &tree[..open]), &inner[start..at], out);
                        }
                        start = at + 1;
                    }
                    _ => {}
                }
            }
        }
        _ => out.push(format!("{prefix}{tree}")),
    }
}

#[test]
fn every_part_uses_only_what_it_may() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut breaches = Vec::new();
    for (part, allowed) in RULES {
        let mut found = Vec::new();
        files(&source.join(part), &mut found);
        files(&source.join(format!("{part}.rs")), &mut found);
        for file in found {
            if file.file_stem().is_some_and(|stem| stem == "tests")
                || file.components().any(|c| c.as_os_str() == "tests")
            {
                continue;
            }
            let own = part.replace('/', "::");
            for module in used(&fs::read_to_string(&file).expect("a source file")) {
                let may = allowed
                    .iter()
                    .copied()
                    .chain([own.as_str()])
                    .chain(LEAVES.into_iter().filter(|_| part.starts_with("server/")))
                    .any(|a| module == a || module.starts_with(&format!("{a}::")));
                if !may {
                    breaches.push(format!(
                        "{} uses crate::{module}",
                        file.strip_prefix(&source).unwrap_or(&file).display()
                    ));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn reads_groups_of_imports() {
    let found = used("use crate::{api::{page::Page, runs}, server::error::AppError};\nuse crate::ui;");
    assert_eq!(found, ["api::page::Page", "api::runs", "server::error::AppError", "ui"]);
}

#[test]
fn every_module_says_what_it_is() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.retain(|file| file.extension().is_some_and(|e| e == "rs"));
    let silent: Vec<_> = found
        .iter()
        .filter(|file| !fs::read_to_string(file).expect("a source file").starts_with("//!"))
        .map(|file| file.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no `//!` in {silent:?}");
}
