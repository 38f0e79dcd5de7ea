//! The address of a collector, made of a setting.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// Where a collector takes OTLP over HTTP: `http` or `https`, a host, and a path that its proxy may want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CollectorUrl(Url);

impl CollectorUrl {
    /// Where it takes traces.
    pub(super) fn of_traces(&self) -> String {
        format!("{}/v1/traces", self.0.as_str().trim_end_matches('/'))
    }

    /// Whether it is reached by TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for CollectorUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Never quoted: it may be a URL with a password.
        let expected =
            || "give an address such as http://127.0.0.1:4318, without user, password or ?".to_owned();
        let url = Url::parse(text).map_err(|_| expected())?;
        let is_one = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if is_one { Ok(Self(url)) } else { Err(expected()) }
    }
}

impl fmt::Display for CollectorUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}
