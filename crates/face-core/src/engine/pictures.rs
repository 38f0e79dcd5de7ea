//! Picture files to embeddings: of one face, of all faces of a picture, and of many pictures.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use embedding::ModelId;
use image::RgbImage;

use super::FaceEngine;
use crate::decode::{Decoded, decode_reduced};
use crate::embed::Embedded;
use crate::select::select;
use crate::turns::Searched;
use crate::{
    Detection, DetectorChoice, EmbeddedFace, EmbeddedFaces, Embedder, Face, FaceError, FacePolicy,
    InferenceError, PictureError, Purpose, RgbView, SmallestFace, Stage,
};

/// Longest side, in pixels, to which a picture may be reduced while it is decoded: twice that of the
/// largest copy which is searched, so that a copy is still averaged.
const LONGEST_SEARCHED: u32 = 1280;

/// Distance between the eyes, in pixels, from which a face in a reduced picture has all that its chip can
/// show: that of the mean face in dlib's chip is 56, in SFace's 35.
const ENOUGH: f32 = 60.0;

/// A picture that was searched, and what its faces are embedded from.
struct Source<'a> {
    file: &'a [u8],
    /// Width and height of the whole picture, upright.
    size: (u32, u32),
    /// How many pixels of the whole picture one of those searched stands for, across and down.
    reduction: [f32; 2],
    searched: Searched,
    /// The whole picture, turned as it was searched, once a face needed it.
    whole: Option<RgbImage>,
}

impl FaceEngine {
    /// Embeds the one face that `policy` chooses from a picture, by [`model`](Self::model) and as a face to
    /// enrol: decode, detect, select, align, embed.
    ///
    /// # Errors
    /// [`FaceError`]: the picture cannot be used, or shows no face or several, or a model failed.
    pub fn embed_one(&self, picture: &[u8], policy: FacePolicy) -> Result<EmbeddedFace, FaceError> {
        self.embed_as(picture, policy, self.model(), Purpose::Enrolment)
    }

    /// The same by any model, for a purpose.
    ///
    /// # Errors
    /// As for [`embed_one`](Self::embed_one).
    pub fn embed_as(
        &self,
        picture: &[u8],
        policy: FacePolicy,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, FaceError> {
        let embedder = self.embedders.get(model).map_err(InferenceError::from)?;
        let mut source = self.source(picture)?;
        let (detection, bystanders) = select(&source.searched.people, policy)?;
        self.embed_chosen(&mut source, detection, bystanders, embedder, purpose)
    }

    /// Embeds all faces of a picture, of the largest at most `most`; there may be none.
    ///
    /// # Errors
    /// As for [`embed_one`](Self::embed_one), never for want of a face.
    pub fn embed_all(
        &self,
        picture: &[u8],
        most: usize,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFaces, FaceError> {
        let embedder = self.embedders.get(model).map_err(InferenceError::from)?;
        let mut source = self.source(picture)?;
        let mut detections = std::mem::take(&mut source.searched.people);
        let found = detections.len();
        let area = |at: &Detection| at.bounding_box.area();
        detections.sort_by(|a, b| area(b).total_cmp(&area(a)));
        detections.truncate(most);
        let faces = detections.into_iter().map(|detection| {
            // Runs for a face that was found, so there is one to subtract.
            self.embed_chosen(&mut source, detection, found - 1, embedder, purpose)
        });
        let faces: Vec<_> = faces.collect::<Result<_, FaceError>>()?;
        Ok(EmbeddedFaces { size: source.size, omitted: found - faces.len(), faces })
    }

    /// Embeds one face of each of many pictures, by the [`EngineOptions::sessions`](crate::EngineOptions::sessions)
    /// at once. Each result comes with the key that its picture was given with (a name, a path), in the order of the
    /// pictures, so that nobody's face can be taken for another's; a picture that cannot be used stops no other.
    /// Pictures are taken from the iterator when a session is free for them, so they need not all be in memory.
    ///
    /// # Panics
    /// When the iterator does.
    pub fn embed_batch<K: Send, P: AsRef<[u8]>>(
        &self,
        pictures: impl IntoIterator<Item = (K, P), IntoIter: Send>,
        policy: FacePolicy,
        model: &ModelId,
        purpose: Purpose,
    ) -> Vec<(K, Result<EmbeddedFace, FaceError>)> {
        let pictures = Mutex::new(pictures.into_iter().enumerate());
        let work = || {
            let mut done = Vec::new();
            loop {
                // Of its own statement: a lock in the condition of a loop would be held while the body runs.
                let next = pictures.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((place, (key, picture))) = next else { return done };
                done.push((place, (key, self.embed_as(picture.as_ref(), policy, model, purpose))));
            }
        };
        let mut results: Vec<_> = thread::scope(|scope| {
            // Collected before the first join: a lazy iterator would start each thread only when the one before
            // it has ended.
            let workers: Vec<_> = (0..self.options.sessions.max(1)).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        });
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Decodes and searches a picture, which is how every embedding begins.
    fn source<'a>(&self, file: &'a [u8]) -> Result<Source<'a>, FaceError> {
        let decoded = self.decode_to_search(file)?;
        let (size, reduction) = (decoded.whole_size(), decoded.reduction);
        Ok(Source { file, size, reduction, searched: self.search(decoded.pixels)?, whole: None })
    }

    /// Embeds one face of those found, from the whole picture where the reduced one has too few pixels of it.
    fn embed_chosen(
        &self,
        source: &mut Source<'_>,
        detection: Detection,
        bystanders: usize,
        embedder: &Embedder,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, FaceError> {
        let Source { file, reduction: [x, y], searched: Searched { pixels, turn, .. }, whole, .. } = source;
        let view = RgbView::from_image(pixels)?;
        let face = self.face(view, detection);
        if (*x, *y) == (1.0, 1.0) || face.landmarks.eye_distance() >= ENOUGH {
            let face = self.steadied(view, face)?;
            let face = self.embed_face(view, face, bystanders, embedder, purpose)?;
            return Ok(turn.back(face, pixels.dimensions()).scaled(*x, *y));
        }
        let whole = match whole {
            Some(whole) => whole,
            None => whole.insert(turn.apply(self.decode(file)?)),
        };
        let view = RgbView::from_image(whole)?;
        // The face is carried over to the whole picture: a second search would cost as much as the first, and
        // could find another one.
        let [x, y] = turn.axes([*x, *y]);
        let face = self.face_to_embed(view, detection.scaled(x, y))?;
        Ok(turn.back(self.embed_face(view, face, bystanders, embedder, purpose)?, whole.dimensions()))
    }

    fn embed_face(
        &self,
        picture: RgbView<'_>,
        face: Face,
        bystanders: usize,
        embedder: &Embedder,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, InferenceError> {
        let mut quality = self.quality(picture, &face);
        let Embedded { embedding, first_length } = embedder.run(&embedder.crops(picture, &face, purpose))?;
        quality.recognisability = if embedder.info().measures_recognisability() {
            Some(first_length)
        } else {
            self.recognisability(picture, &face)?
        };
        Ok(EmbeddedFace { face, quality, embedding, bystanders })
    }

    /// The [`Quality::recognisability`](crate::Quality::recognisability) of a face, by one run of the embedder
    /// that measures it; `None` without [`EngineOptions::recognisability`](crate::EngineOptions::recognisability).
    ///
    /// # Errors
    /// [`InferenceError`] when the embedder cannot be loaded or fails to run.
    pub fn recognisability(&self, picture: RgbView<'_>, face: &Face) -> Result<Option<f32>, InferenceError> {
        if !self.options.recognisability {
            return Ok(None);
        }
        // Of its own plain chip, so that the length means the same whichever model embeds the face.
        let Some(recogniser) = self.embedders.recogniser()? else { return Ok(None) };
        Ok(Some(recogniser.run(&[recogniser.align(picture, face)])?.first_length))
    }

    /// The picture, at a part of its size where no face is missed for that: YuNet searches copies of 640
    /// pixels and fewer. dlib's detectors search the picture itself.
    fn decode_to_search(&self, picture: &[u8]) -> Result<Decoded, PictureError> {
        let _step = tracing::debug_span!("decode").entered();
        let _timed = self.timed(Stage::Decode);
        let longest = match (self.options.detector, self.options.smallest_face) {
            (DetectorChoice::Yunet | DetectorChoice::Auto, SmallestFace::OfPicture) => LONGEST_SEARCHED,
            _ => u32::MAX,
        };
        decode_reduced(picture, &self.options.limits, longest)
    }
}
