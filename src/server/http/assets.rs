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
    use super::resolve;
    use std::path::Path;

    #[test]
    fn never_leaves_the_site_folder() {
        let root = Path::new("site");
        for path in ["/../secret", "/pkg/../../secret", "/%2e%2e/secret", "/..\\secret", "/", "//"] {
            assert_eq!(resolve(root, path), None, "{path}");
        }
        assert_eq!(resolve(root, "/pkg/a.js"), Some(root.join("pkg/a.js")));
    }
}
