//! The JSON of the old document, read so that nothing of it is lost: a key that comes twice is there twice,
//! and what has the wrong shape is noted where it stands.

use std::fmt;
use std::marker::PhantomData;

use embedding::DIMENSIONS;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// A value of the shape that its place asks for, or the name of what stands there.
pub(super) enum Shape<T> {
    Right(T),
    Wrong(&'static str),
}

/// The entries of an object in their order.
pub(super) struct Entries<T>(pub(super) Vec<(String, T)>);

/// The items of a list.
pub(super) struct Items<T>(pub(super) Vec<T>);

/// A list of numbers.
pub(super) struct Numbers {
    /// The first 128, rounded to the nearest f32; what is no number is left out.
    pub(super) values: Zeroizing<Vec<f32>>,
    /// How many items the list has.
    pub(super) length: usize,
    /// The first item that is no number.
    pub(super) not_a_number: Option<usize>,
}

/// What a JSON value may be besides the two that hold others.
macro_rules! wrong_scalars {
    () => {
        wrong_scalars!(visit_bool: bool, "true or false");
        wrong_scalars!(visit_str: &str, "a text");
        wrong_scalars!(visit_unit:, "null");

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON")
        }
    };
    ($method:ident: $($value:ty)?, $name:literal) => {
        fn $method<E>(self $(, _: $value)?) -> Result<Self::Value, E> {
            Ok(Shape::Wrong($name))
        }
    };
}

macro_rules! wrong_numbers {
    () => {
        wrong_scalars!(visit_i64: i64, "a number");
        wrong_scalars!(visit_u64: u64, "a number");
        wrong_scalars!(visit_f64: f64, "a number");
    };
}

macro_rules! wrong_list {
    () => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            // Read to its end: the parser goes on only behind it.
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Shape::Wrong("a list"))
        }
    };
}

macro_rules! wrong_object {
    () => {
        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Shape::Wrong("an object"))
        }
    };
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Shape<Entries<T>>;

    wrong_scalars!();
    wrong_numbers!();
    wrong_list!();

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = object.next_entry()? {
            entries.push(entry);
        }
        Ok(Shape::Right(Entries(entries)))
    }
}

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
    type Value = Shape<Items<T>>;

    wrong_scalars!();
    wrong_numbers!();
    wrong_object!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Shape::Right(Items(items)))
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Shape<Numbers>;

    wrong_scalars!();
    wrong_numbers!();
    wrong_object!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut numbers =
            Numbers { values: Zeroizing::new(Vec::with_capacity(DIMENSIONS)), length: 0, not_a_number: None };
        while let Some(item) = list.next_element::<Shape<f32>>()? {
            match item {
                Shape::Right(value) if numbers.values.len() < DIMENSIONS => numbers.values.push(value),
                // Counted and not kept, so that a list without end takes no memory.
                Shape::Right(_) => {}
                Shape::Wrong(_) => {
                    numbers.not_a_number.get_or_insert(numbers.length);
                }
            }
            numbers.length += 1;
        }
        Ok(Shape::Right(numbers))
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Shape<f32>;

    wrong_scalars!();
    wrong_list!();
    wrong_object!();

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Shape::Right(value as f32))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Shape::Right(value as f32))
    }

    // A number beyond the range of f32 becomes infinite, and no embedding is made of it.
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Shape::Right(value as f32))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shape<Entries<T>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Of any shape, so that a wrong one is noted in its place and does not end the reading.
        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shape<Items<T>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemsVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Shape<Numbers> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumbersVisitor)
    }
}

impl<'de> Deserialize<'de> for Shape<f32> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}
