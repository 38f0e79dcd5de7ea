//! Made-up people whose pictures are as far apart as measured ones.
//!
//! A picture is the unit vector of `1` along a direction that all faces share, and of what is the person's own
//! plus what is the picture's own in [`FREEDOM`] others: both normally distributed, the latter by a scale that
//! differs from picture to picture, as good and bad pictures do. [`PERSON`], [`PICTURE`] and [`UNEVENNESS`]
//! were fitted to models/calibration/sface-2021dec.toml.

use std::error::Error;
use std::f32::consts::TAU;

use embedding::{DIMENSIONS, Embedding, ModelId};

/// Directions in which people differ.
const FREEDOM: usize = 100;
/// Standard deviation of the people in each direction.
const PERSON: f32 = 0.261;
/// That of the pictures of a person.
const PICTURE: f32 = 0.17;
/// Standard deviation of the logarithm of a picture's own scale.
const UNEVENNESS: f32 = 0.361;

/// What is a person's own.
#[derive(Debug, Clone)]
pub(crate) struct Person([f32; FREEDOM]);

/// A source of people and pictures: the same ones from the same seed.
#[derive(Debug)]
pub(crate) struct Population {
    random: fastrand::Rng,
    model: ModelId,
}

impl Population {
    /// Starts at a seed; the pictures bear the name of `model`.
    #[must_use]
    pub(crate) fn new(seed: u64, model: ModelId) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), model }
    }

    /// Somebody new.
    pub(crate) fn person(&mut self) -> Person {
        Person(std::array::from_fn(|_| PERSON * self.normal()))
    }

    /// Another picture of a person.
    ///
    /// # Errors
    /// None with finite numbers, and these are.
    pub(crate) fn picture(&mut self, person: &Person) -> Result<Embedding, Box<dyn Error>> {
        let scale = PICTURE * (UNEVENNESS * self.normal()).exp();
        let mut values = [0.0; DIMENSIONS];
        let own = person.0.iter().map(|own| own + scale * self.normal());
        for (value, number) in values.iter_mut().zip(std::iter::once(1.0).chain(own)) {
            *value = number;
        }
        Ok(Embedding::new(self.model.clone(), values)?)
    }

    /// One of so many.
    pub(crate) fn index(&mut self, of: usize) -> usize {
        self.random.usize(..of)
    }

    /// Standard normal, by Box and Muller's transform.
    fn normal(&mut self) -> f32 {
        let (radius, angle) = (1.0 - self.random.f32(), TAU * self.random.f32());
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    }
}
