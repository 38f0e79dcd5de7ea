//! The few elements of SVG that the drawings need.

use std::fmt::Write;

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: &'static str,
    pub(super) width: f64,
    /// As `stroke-dasharray` has it; empty for a line without gaps.
    pub(super) dashes: &'static str,
}

/// Colour of texts and axes.
pub(super) const INK: &str = "#1f2328";
/// Colour of texts of less weight.
pub(super) const FAINT_INK: &str = "#57606a";

/// A drawing that is being made. Coordinates are pixels, from the top left.
#[derive(Debug)]
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// An empty drawing on white; `description` is for those who cannot see it.
    pub(super) fn new(width: f64, height: f64, description: &str) -> Self {
        let description = escaped(description);
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-label=\"{description}\" \
             font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"13\">\n\
             <title>{description}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
        );
        Self { text }
    }

    /// Writing to a string does not fail, so nothing is lost where it says that it might.
    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(element);
        self.text.push('\n');
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.path(&[from, to], stroke, "none");
    }

    /// A line through the points, and what is between it and the line from end to start filled.
    pub(super) fn path(&mut self, points: &[(f64, f64)], stroke: Stroke, fill: &str) {
        let mut places = String::new();
        for (x, y) in points {
            let _ = write!(places, "{x:.1},{y:.1} ");
        }
        let Stroke { colour, width, dashes } = stroke;
        let dashes =
            if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
        self.add(format_args!(
            "<polyline points=\"{}\" fill=\"{fill}\" fill-opacity=\"0.18\" stroke=\"{colour}\" \
             stroke-width=\"{width}\" stroke-linejoin=\"round\"{dashes}/>",
            places.trim_end()
        ));
    }

    /// A text beside a place, which `anchor` says is its `start`, `middle` or `end`.
    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: &str, colour: &str, text: &str) {
        let text = escaped(text);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>"
        ));
    }

    pub(super) fn heading(&mut self, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{INK}\" font-size=\"16\" font-weight=\"600\">{text}</text>"
        ));
    }

    /// A text that is read from below.
    pub(super) fn upward_text(&mut self, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        self.add(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\" \
             fill=\"{INK}\">{text}</text>"
        ));
    }

    pub(super) fn finish(self) -> String {
        self.text + "</svg>\n"
    }
}

/// A text with the signs that XML keeps for itself written as it wants them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 allows most control characters not even as escapes; one in a data set's name would
            // make the file unreadable.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
