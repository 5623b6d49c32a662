//! `millrace collections add`.

use super::models_folder;
use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

fn millrace(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millrace"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|n| n.starts_with("MILLRACE_") || n == "DATABASE_URL") {
            command.env_remove(name);
        }
    }
    command.env("MILLRACE_DATA_DIR", folder).env("MILLRACE_MODELS_DIR", models_folder()).current_dir(folder);
    command
}

/// Exit code, standard output, standard error.
fn add(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let done =
        millrace(folder).args(["collections", "add"]).args(arguments).output().expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

#[test]
fn files_are_added_without_a_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    std::fs::write(here.join("mill.md"), "# The mill\n\nIt stands at the weir.").expect("writes");
    std::fs::write(here.join("rows.csv"), "name,price\nRye,3\nSpelt,4\n").expect("writes");
    std::fs::write(here.join("empty.txt"), "").expect("writes");
    let (code, _, err) = add(here, &["grain", "mill.md", "--as", "ada"]);
    assert!(code == Some(2) && err.contains("millrace user create"), "{err}");
    let mut child = millrace(here)
        .args(["user", "create", "ada", "--email", "ada@example.org", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("stdin").write_all(b"correct horse\n").expect("writes");
    assert!(child.wait().expect("ends").success());

    let (code, out, err) = add(here, &["grain", "mill.md", "rows.csv", "--as", "ada"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Added 3 documents to the collection \"grain\"."), "{out}");
    assert!(err.contains("mill.md: 1 added") && err.contains("rows.csv: 2 added"), "{err}");
    let (code, out, err) = add(here, &["grain", "mill.md", "empty.txt", "--as", "ada@example.org"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(err.contains("mill.md: 0 added, 1 were there already"), "{err}");
    assert!(
        err.contains("empty.txt: The file is empty.") && err.contains("one file was not taken in"),
        "{err}"
    );
    for (arguments, word) in [
        (&["grain", "none.txt", "--as", "ada"][..], "none.txt"),
        (&["grain", "mill.md", "--as", "ada", "--chunk-size", "1"], "chunk_size"),
        (&["a/b", "mill.md", "--as", "ada"], "name"),
        (&["grain", "--as", "ada"], "FILES"),
    ] {
        let (code, _, err) = add(here, arguments);
        assert!(code == Some(2) && err.contains(word), "{arguments:?}: {err}");
    }
}
