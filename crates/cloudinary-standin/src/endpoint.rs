//! The calls that are known, told apart by method and path.

use hyper::Method;
use percent_encoding::percent_decode_str;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `POST {resource_type}/upload`
    Upload,
    /// `POST {resource_type}/explicit`
    Explicit,
    /// `POST {resource_type}/destroy`
    Destroy,
    /// `POST {resource_type}/rename`
    Rename,
    /// `POST {resource_type}/tags`
    Tags,
    /// `POST {resource_type}/context`
    Context,
    /// `GET {resource_type}/download`
    Download,
    /// `GET {resource_type}/generate_archive`
    Archive,
    /// `GET resources/{resource_type}...` that lists.
    AdminList,
    /// `GET resources/...` of one asset.
    AdminGet,
    /// `DELETE resources/...`
    AdminDelete,
    /// `GET folders`
    AdminFolders,
    /// `GET usage`
    AdminUsage,
    /// `GET ping`
    AdminPing,
    /// A read through the delivery network.
    Delivery,
    /// Anything else.
    Unknown,
}

/// One call, as it may be printed: no parameters, no signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedCall {
    /// What was called.
    pub endpoint: Endpoint,
    /// The path without the query; the signature of a delivery is replaced by `s--...--`.
    pub path: String,
}

impl LoggedCall {
    // Before it is stored: tests print the log when they fail, and a delivery signature never expires.
    pub(crate) fn new(endpoint: Endpoint, path: &str) -> Self {
        let is_signature = |part: &str| part.starts_with("s--") && part.ends_with("--");
        let parts = path.split('/').map(|part| if is_signature(part) { "s--...--" } else { part });
        Self { endpoint, path: parts.collect::<Vec<_>>().join("/") }
    }
}

/// Where a call goes: its kind, the cloud, and the rest of the path, parts still percent-encoded.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) endpoint: Endpoint,
    pub(crate) cloud: String,
    /// Of the Upload and Admin APIs what follows the cloud; of a delivery likewise.
    pub(crate) parts: Vec<String>,
}

impl Route {
    pub(crate) fn parse(method: &Method, path: &str) -> Self {
        let mut parts = path.trim_start_matches('/').split('/').map(str::to_owned);
        let first = parts.next().unwrap_or_default();
        if first == "v1_1" {
            let cloud = parts.next().unwrap_or_default();
            let parts: Vec<_> = parts.collect();
            return Self { endpoint: api(method, &parts), cloud, parts };
        }
        let parts: Vec<_> = parts.collect();
        // At least a kind, a type and an id. Pictures and videos are not delivered here.
        let is_raw = parts.first().is_some_and(|kind| kind == "raw");
        let delivers = *method == Method::GET && parts.len() >= 3 && is_raw;
        Self { endpoint: if delivers { Endpoint::Delivery } else { Endpoint::Unknown }, cloud: first, parts }
    }

    /// The part of the path at an index, decoded; blank where there is none.
    pub(crate) fn part(&self, index: usize) -> String {
        let part = self.parts.get(index).map(String::as_str).unwrap_or_default();
        percent_decode_str(part).decode_utf8_lossy().into_owned()
    }

    /// All of the path from an index on, decoded: `/` and `%2F` are the same.
    pub(crate) fn rest(&self, from: usize) -> String {
        let rest = self.parts.get(from..).unwrap_or_default().join("/");
        percent_decode_str(&rest).decode_utf8_lossy().into_owned()
    }
}

fn api(method: &Method, parts: &[String]) -> Endpoint {
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    let (get, post, delete) = (*method == Method::GET, *method == Method::POST, *method == Method::DELETE);
    match parts.as_slice() {
        ["ping"] if get => Endpoint::AdminPing,
        ["usage"] if get => Endpoint::AdminUsage,
        ["folders"] if get => Endpoint::AdminFolders,
        ["resources", "raw", _] if delete => Endpoint::AdminDelete,
        // Before the arm for one asset, whose pattern fits `tags/TAG` as well.
        ["resources", "raw", _] | ["resources", "raw", "tags", _] if get => Endpoint::AdminList,
        ["resources", "raw", _, _, ..] if get => Endpoint::AdminGet,
        // Pictures too, so that they are refused as the service refuses what is none.
        ["raw" | "image", "upload"] if post => Endpoint::Upload,
        ["raw", "explicit"] if post => Endpoint::Explicit,
        ["raw", "destroy"] if post => Endpoint::Destroy,
        ["raw", "rename"] if post => Endpoint::Rename,
        ["raw", "tags"] if post => Endpoint::Tags,
        ["raw", "context"] if post => Endpoint::Context,
        ["raw", "download"] if get => Endpoint::Download,
        ["raw", "generate_archive"] if get => Endpoint::Archive,
        _ => Endpoint::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_the_path_is_the_same_with_its_slashes_written_out_or_encoded() {
        for path in ["fr/u%201%20%C3%A9.json", "fr%2Fu%201%20%C3%A9.json"] {
            let path = format!("/v1_1/testcloud/resources/raw/authenticated/{path}");
            let route = Route::parse(&Method::GET, &path);
            assert_eq!((route.endpoint, route.cloud.as_str()), (Endpoint::AdminGet, "testcloud"));
            assert_eq!(route.rest(3), "fr/u 1 é.json");
        }
    }

    #[test]
    fn calls_are_told_apart_by_method_and_path() {
        for (method, path, endpoint) in [
            (Method::POST, "/v1_1/c/raw/upload", Endpoint::Upload),
            (Method::GET, "/v1_1/c/raw/upload", Endpoint::Unknown),
            (Method::GET, "/v1_1/c/raw/download", Endpoint::Download),
            (Method::GET, "/v1_1/c/resources/raw/upload", Endpoint::AdminList),
            (Method::GET, "/v1_1/c/resources/raw/tags/fr", Endpoint::AdminList),
            (Method::DELETE, "/v1_1/c/resources/raw/upload", Endpoint::AdminDelete),
            (Method::GET, "/v1_1/c/ping", Endpoint::AdminPing),
            (Method::GET, "/c/raw/upload/a.json", Endpoint::Delivery),
            (Method::POST, "/c/raw/upload/a.json", Endpoint::Unknown),
        ] {
            assert_eq!(Route::parse(&method, path).endpoint, endpoint, "{method} {path}");
        }
    }
}
