//! Multipart forms as clients write them.

const BOUNDARY: &str = "a-boundary-of-the-tests";

/// A form with text fields and files.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<u8>);

impl Form {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// One with pictures in the field `file`, and text fields.
    pub(super) fn of_pictures(pictures: &[&[u8]], fields: &[(&str, &str)]) -> Self {
        let form = pictures.iter().fold(Self::new(), |form, picture| form.file("file", picture));
        fields.iter().fold(form, |form, (name, value)| form.text(name, value))
    }

    /// Adds a text field.
    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.field(&format!("name=\"{name}\""), value.as_bytes())
    }

    /// Adds a text field whose bytes need not be text.
    pub(super) fn bytes(self, name: &str, value: &[u8]) -> Self {
        self.field(&format!("name=\"{name}\""), value)
    }

    /// Adds a picture.
    pub(super) fn file(self, name: &str, picture: &[u8]) -> Self {
        self.field(&format!("name=\"{name}\"; filename=\"picture.jpg\""), picture)
    }

    fn field(mut self, disposition: &str, value: &[u8]) -> Self {
        let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; {disposition}\r\n\r\n");
        self.0.extend([head.as_bytes(), value, b"\r\n"].concat());
        self
    }

    /// Its media type, and its bytes.
    pub(super) fn finish(mut self) -> (String, Vec<u8>) {
        self.0.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={BOUNDARY}"), self.0)
    }
}
