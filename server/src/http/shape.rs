//! In which form a path answers when something is wrong.

/// The form of an error's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{"status":"error","message":...}`, as the replaced service had it.
    Status,
    /// `{"verified":false,"username":null,"message":...}`, as the replaced service had it on `/verify/`.
    Verdict,
    /// RFC 9457 problem details.
    Problem,
}

impl Shape {
    /// The form that clients of a path expect, whether or not the request reached its handler.
    pub(crate) fn for_path(path: &str) -> Self {
        // Of the path as it was sent: this is asked outside the layer that merges
        // slashes, so `//verify` has empty parts.
        let first_two: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).take(2).collect();
        match first_two.as_slice() {
            ["verify"] => Self::Verdict,
            ["addUser" | "get_transaction_details"]
            | ["api", "events" | "all_user" | "delete_user" | "debug"] => Self::Status,
            _ => Self::Problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_paths_keep_their_form_and_all_others_are_problems() {
        assert_eq!(Shape::for_path("/verify/"), Shape::Verdict);
        assert_eq!(Shape::for_path("//verify"), Shape::Verdict);
        for path in [
            "/addUser",
            "/addUser/",
            "/get_transaction_details/",
            "/api/debug/cloudinary-data",
            "/api/events",
            "/api/events/a%2Fb",
            "/api/events/x/y",
            "/api/all_user",
        ] {
            assert_eq!(Shape::for_path(path), Shape::Status, "{path}");
        }
        for path in
            ["/", "/api", "/api/other", "/verify/x", "/health/ready", "/addUsers", "/v1/events", "/v1"]
        {
            assert_eq!(Shape::for_path(path), Shape::Problem, "{path}");
        }
    }
}
