//! What shows of a name: the name without the characters that nobody sees.

use std::borrow::Cow;

use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic, JoiningType,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;

/// Zero width non-joiner.
const NON_JOINER: char = '\u{200C}';

/// Zero width joiner.
const JOINER: char = '\u{200D}';

/// The name without what Unicode calls default ignorable (zero-width characters, soft hyphens, variation selectors,
/// fillers, tags and the like), but for the joiners that change how their neighbours look: as IDNA allows them (RFC 5892,
/// appendix A.1 and A.2), and within emoji (UAX 29, rule GB11). In NFC and trimmed; empty where nothing shows.
pub(crate) fn visible_form(name: &str) -> Cow<'_, str> {
    if name.is_ascii() || !name.chars().any(is_ignorable) {
        return Cow::Borrowed(name);
    }
    let mut shown = String::with_capacity(name.len());
    for (at, character) in name.char_indices() {
        let after = name.get(at + character.len_utf8()..).unwrap_or_default();
        if !is_ignorable(character) || is_needed(character, &shown, after) {
            shown.push(character);
        }
    }
    Cow::Owned(shown.nfc().collect::<String>().trim().to_owned())
}

/// Whether an ignorable character changes how those look that are shown before it and come after it.
fn is_needed(character: char, before: &str, after: &str) -> bool {
    match character {
        NON_JOINER => follows_virama(before) || is_between_joining_letters(before, after),
        JOINER => follows_virama(before) || is_between_emoji(before, after),
        _ => false,
    }
}

/// In the scripts of India, a joiner after the sign that takes a consonant's vowel away chooses how it is written.
fn follows_virama(before: &str) -> bool {
    let class = CodePointMapData::<CanonicalCombiningClass>::new();
    before.chars().next_back().is_some_and(|last| class.get(last) == CanonicalCombiningClass::Virama)
}

/// In Persian and other languages of the Arabic script, a non-joiner keeps two letters apart that would join.
fn is_between_joining_letters(before: &str, after: &str) -> bool {
    let joining = CodePointMapData::<JoiningType>::new();
    let joins = |letter: Option<char>, to: JoiningType| {
        letter.map(|letter| joining.get(letter)).is_some_and(|of| of == JoiningType::DualJoining || of == to)
    };
    let is_letter = |of: &char| joining.get(*of) != JoiningType::Transparent;
    joins(before.chars().rfind(is_letter), JoiningType::LeftJoining)
        && joins(after.chars().filter(|c| !is_ignorable(*c)).find(is_letter), JoiningType::RightJoining)
}

/// Families, professions and the like are several emoji, joined.
fn is_between_emoji(before: &str, after: &str) -> bool {
    let emoji = CodePointSetData::new::<ExtendedPictographic>();
    let skin = CodePointSetData::new::<EmojiModifier>();
    let is_emoji = |character: Option<char>| character.is_some_and(|one| emoji.contains(one));
    is_emoji(before.chars().rfind(|one| !skin.contains(*one)))
        && is_emoji(after.chars().find(|one| !is_ignorable(*one)))
}

fn is_ignorable(character: char) -> bool {
    !character.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_nobody_sees_is_no_part_of_what_shows() {
        for invisible in [
            "\u{AD}",
            "\u{34F}",
            "\u{115F}",
            "\u{180B}",
            "\u{180E}",
            "\u{200B}",
            "\u{200C}",
            "\u{200D}",
            "\u{2060}",
            "\u{2064}",
            "\u{206A}",
            "\u{3164}",
            "\u{FE00}",
            "\u{FE0F}",
            "\u{FEFF}",
            "\u{FFA0}",
            "\u{E0001}",
            "\u{E0041}",
            "\u{E0100}",
        ] {
            for name in ["obama", "Zoë", "語文", "Ольга", "محمد", "👩"] {
                let first = name.chars().next().unwrap().len_utf8();
                let (start, end) = name.split_at(first);
                for hidden in [
                    format!("{invisible}{name}"),
                    format!("{name}{invisible}"),
                    format!("{start}{invisible}{invisible}{end}"),
                ] {
                    // Between two letters of the Arabic script a non-joiner is seen.
                    if !(name == "محمد" && hidden.starts_with(start) && invisible == "\u{200C}")
                        || end.is_empty()
                    {
                        assert_eq!(visible_form(&hidden), name, "{:?} in {name}", invisible);
                    }
                }
            }
        }
        assert_eq!(visible_form("\u{3164}\u{AD}"), "");
        assert_eq!(visible_form("obama \u{AD}"), "obama", "what is at the end then is trimmed");
        assert_eq!(visible_form("e\u{34F}\u{301}"), "é", "what meets then is composed");
    }

    #[test]
    fn joiners_that_are_seen_are_a_part_of_the_name() {
        for name in
            ["می\u{200C}خواهم", "क्\u{200D}ष", "ശ്രീ ക്\u{200C}ഷ", "👩\u{200D}👩\u{200D}👧", "👩🏽\u{200D}🚀"]
        {
            assert_eq!(visible_form(name), name);
            let more = name.replace(JOINER, "\u{200D}\u{200D}").replace(NON_JOINER, "\u{200C}\u{200C}");
            assert_eq!(visible_form(&more), name, "one shows as many do");
        }
        assert_eq!(visible_form("👩\u{FE0F}\u{200D}🚀"), "👩\u{200D}🚀");
    }

    proptest! {
        #[test]
        fn what_shows_has_nothing_invisible_but_joiners_and_is_no_longer_than_the_name(name in any::<String>()) {
            let shown = visible_form(&name);
            prop_assert!(shown.chars().all(|one| matches!(one, NON_JOINER | JOINER) || !is_ignorable(one)));
            prop_assert!(matches!(shown, Cow::Borrowed(_)) || shown.chars().count() <= name.nfd().count());
        }
    }
}
