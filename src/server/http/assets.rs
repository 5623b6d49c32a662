//! Files of the site folder: the browser build, styles, fonts, icons. Sent compressed where a `.br` or `.gz`
//! stands beside the file; checked again by ETag each time, except fonts, which never change under one name.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::path::{Component, Path, PathBuf};

/// The reply for the file that a request names; `None` if there is no such file.
pub async fn find(root: &Path, method: &Method, url_path: &str, request: &HeaderMap) -> Option<Response> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let path = resolve(root, url_path)?;
    let path = existing(path).await?;
    let (file, encoding) = best_encoding(&path, request).await;
    let metadata = tokio::fs::metadata(&file).await.ok()?;
    let etag = etag(&metadata, encoding);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&path)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(&path)));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    if matches(request, &etag) {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(metadata.len()));
    if *method == Method::HEAD {
        return Some((headers, Body::empty()).into_response());
    }
    let content = tokio::fs::read(&file).await.ok()?;
    Some((headers, content).into_response())
}

/// The file below `root`, never above it.
fn resolve(root: &Path, url_path: &str) -> Option<PathBuf> {
    // No file of ours has a name that needs escapes.
    if url_path.contains('%') || url_path.contains('\\') || url_path.contains('\0') {
        return None;
    }
    let relative = Path::new(url_path.trim_start_matches('/'));
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && relative.file_name().is_some()).then(|| root.join(relative))
}

/// The file, or the other name that build tools give the WASM module.
async fn existing(path: PathBuf) -> Option<PathBuf> {
    if is_file(&path).await {
        return Some(path);
    }
    if path.extension()? != "wasm" {
        return None;
    }
    let other = path.with_file_name(format!("{}_bg.wasm", path.file_stem()?.to_str()?));
    is_file(&other).await.then_some(other)
}

async fn is_file(path: &Path) -> bool {
    tokio::fs::metadata(path).await.is_ok_and(|m| m.is_file())
}

async fn best_encoding(path: &Path, headers: &HeaderMap) -> (PathBuf, Option<&'static str>) {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    for (encoding, suffix) in [("br", "br"), ("gzip", "gz")] {
        let wanted = accepted.split(',').any(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            parts.next() == Some(encoding) && !parts.any(|p| p == "q=0")
        });
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(suffix);
        let beside = PathBuf::from(name);
        if wanted && is_fresh(&beside, path).await {
            return (beside, Some(encoding));
        }
    }
    (path.to_path_buf(), None)
}

/// Whether the compressed copy was made after the file it stands for.
async fn is_fresh(copy: &Path, original: &Path) -> bool {
    let (Ok(copy), Ok(original)) = (tokio::fs::metadata(copy).await, tokio::fs::metadata(original).await)
    else {
        return false;
    };
    match (copy.modified(), original.modified()) {
        (Ok(copy), Ok(original)) => copy >= original,
        _ => true,
    }
}

fn etag(metadata: &std::fs::Metadata, encoding: Option<&str>) -> String {
    let modified = metadata
        .modified()
        .ok()
        .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_millis());
    format!("\"{:x}-{modified:x}-{}\"", metadata.len(), encoding.unwrap_or("id"))
}

fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let Some(sent) = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()) else { return false };
    sent.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

fn cache_control(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()) {
        Some("woff2") => "public, max-age=31536000, immutable",
        _ => "no-cache",
    }
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{find, resolve};
    use axum::{
        body::to_bytes,
        http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    };
    use std::{fs, path::Path};

    /// Status, encoding, ETag and content of the reply.
    async fn ask(
        root: &Path,
        path: &str,
        sent: &[(header::HeaderName, &str)],
    ) -> (StatusCode, String, String, String) {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.insert(name, HeaderValue::from_str(value).expect("a header"));
        }
        let reply = find(root, &Method::GET, path, &headers).await.expect("the file");
        let text = |name| reply.headers().get(name).map_or("", |v| v.to_str().expect("text")).to_owned();
        let (status, encoding, etag) = (reply.status(), text(header::CONTENT_ENCODING), text(header::ETAG));
        assert_eq!(
            (text(header::CONTENT_TYPE).as_str(), text(header::VARY).as_str()),
            ("text/css; charset=utf-8", "accept-encoding")
        );
        let body = to_bytes(reply.into_body(), 1 << 16).await.expect("a body");
        (status, encoding, etag, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn the_best_copy_that_the_browser_takes() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for (name, content) in [("a.css", "plain"), ("a.css.gz", "zipped"), ("a.css.br", "brotli")] {
            fs::write(root.join(name), content).expect("writes");
        }
        let accept = header::ACCEPT_ENCODING;
        for (sent, encoding, content) in [
            ("gzip, deflate, br", "br", "brotli"),
            ("gzip", "gzip", "zipped"),
            ("br;q=0, gzip;q=0.5", "gzip", "zipped"),
            ("identity", "", "plain"),
            ("", "", "plain"),
        ] {
            let (status, got, _, body) = ask(root, "/a.css", &[(accept.clone(), sent)]).await;
            assert_eq!((status, got.as_str(), body.as_str()), (StatusCode::OK, encoding, content), "{sent}");
        }
        // A copy older than its file is of an earlier build.
        let old = fs::File::options().write(true).open(root.join("a.css.br")).expect("opens");
        old.set_modified(std::time::UNIX_EPOCH).expect("sets the time");
        assert_eq!(ask(root, "/a.css", &[(accept, "br, gzip")]).await.3, "zipped");
    }

    #[tokio::test]
    async fn what_the_browser_has_is_not_sent_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::write(root.join("a.css"), "one").expect("writes");
        let (_, _, tag, _) = ask(root, "/a.css", &[]).await;
        for sent in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let (status, _, _, body) = ask(root, "/a.css", &[(header::IF_NONE_MATCH, &sent)]).await;
            assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{sent}");
        }
        fs::write(root.join("a.css"), "another").expect("writes");
        let (status, _, _, body) = ask(root, "/a.css", &[(header::IF_NONE_MATCH, &tag)]).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "another"));
        fs::write(root.join("a.css.br"), "packed").expect("writes");
        let packed = ask(root, "/a.css", &[(header::ACCEPT_ENCODING, "br")]).await;
        assert_ne!(packed.2, ask(root, "/a.css", &[]).await.2, "each copy has its own tag");
        assert!(find(root, &Method::POST, "/a.css", &HeaderMap::new()).await.is_none());
    }

    #[test]
    fn never_leaves_the_site_folder() {
        let root = Path::new("site");
        for path in ["/../secret", "/pkg/../../secret", "/%2e%2e/secret", "/..\\secret", "/", "//"] {
            assert_eq!(resolve(root, path), None, "{path}");
        }
        assert_eq!(resolve(root, "/pkg/a.js"), Some(root.join("pkg/a.js")));
    }
}
