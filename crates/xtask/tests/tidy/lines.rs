//! How much code there is: `cargo test -p xtask --test tidy lines -- --nocapture` prints the table.

use crate::{assert_none, files, product};

/// Longest file of product code, in lines.
const LONGEST: usize = 350;

/// Lines of product code, of comments that give reasons, and of documentation; blank ones are not counted.
#[derive(Default)]
struct Lines {
    code: usize,
    comments: usize,
    documentation: usize,
}

impl Lines {
    fn add(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let of_documentation = line.starts_with("///") || line.starts_with("//!");
            let count = match line.starts_with("//") {
                false => &mut self.code,
                true if of_documentation => &mut self.documentation,
                true => &mut self.comments,
            };
            *count += 1;
        }
    }

    fn row(&self, name: &str) -> String {
        let Self { code, comments, documentation } = self;
        let share = 100 * comments * 10 / (code + comments).max(1);
        format!("{name:30} {code:7} {comments:9} {:5}.{} % {documentation:9}", share / 10, share % 10)
    }
}

#[test]
fn no_file_of_product_code_is_long() {
    let (mut delivered, mut lengths) = (Lines::default(), Vec::new());
    println!("{:30} {:>7} {:>9} {:>9} {:>9}", "crate", "code", "comments", "share", "documents");
    for (package, files) in product::crates() {
        let mut lines = Lines::default();
        for (file, text) in files {
            lines.add(&text);
            if product::is_delivered(&package) {
                delivered.add(&text);
            }
            // With its inline tests: they stand before a reader too.
            lengths.push((files::read(&file).lines().count(), file));
        }
        println!("{}", lines.row(&package));
    }
    println!("{}\nlongest file: {:?}", delivered.row("delivered"), lengths.iter().max());
    lengths.retain(|(lines, _)| *lines > LONGEST);
    let found: Vec<_> = lengths.iter().map(|(lines, file)| format!("{file}: {lines} lines")).collect();
    assert_none(&format!("a file of product code has at most {LONGEST} lines"), &found);
}

#[test]
fn comments_documentation_and_blank_lines_are_no_code() {
    let mut lines = Lines::default();
    lines.add("//! A.\n\n/// B.\nfn b() {} // c\n    // d\n");
    assert_eq!((lines.code, lines.comments, lines.documentation), (1, 1, 2));
}
