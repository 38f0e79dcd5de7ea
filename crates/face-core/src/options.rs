//! How an engine is to work: limits, crops, threads, and what to do about several faces.

use embedding::ModelId;

use crate::StageObserver;

/// Settings of a [`FaceEngine`](crate::FaceEngine); the defaults are those of the service.
///
/// ```
/// use face_core::{DetectorChoice, EngineOptions};
///
/// let options = EngineOptions::default().with_sessions(4).with_detector(DetectorChoice::Auto);
/// assert_eq!(options.threads, 1);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// What pictures are let in.
    pub limits: PictureLimits,
    /// Crops a face is embedded from, enrolled or probe; `None` leaves both to the embedder, as the
    /// manifest has it.
    pub crops: Option<Crops>,
    /// How many pictures can be worked on at once; each has a session of its own of every network that was
    /// loaded, beside what decoding takes ([`PictureLimits::max_memory`]). `docs/BENCHMARKS.md` has the
    /// memory of each.
    pub sessions: usize,
    /// Threads that one model run may use. One is best for throughput.
    pub threads: usize,
    /// YuNet's detections scored lower are dropped, 0 to 1. dlib's detectors have thresholds of their
    /// own.
    pub min_score: f32,
    /// What finds the faces.
    pub detector: DetectorChoice,
    /// Whether to load dlib's predictor of 68 landmarks for
    /// [`FaceEngine::landmarks68`](crate::FaceEngine::landmarks68), about 70 MB. It was trained on iBUG
    /// 300-W, whose licence excludes commercial use; so the set-up makes its file only when asked to.
    pub landmarks_68: bool,
    /// How small a face may be that YuNet finds.
    pub smallest_face: SmallestFace,
    /// The embedder that [`FaceEngine::embed_one`](crate::FaceEngine::embed_one) uses, by its id in the models
    /// folder's manifest; `None` is the first one there, SFace. Others of the manifest are loaded when they are
    /// asked for.
    pub embedder: Option<ModelId>,
    /// Whether [`Quality::recognisability`](crate::Quality::recognisability) is measured also where another
    /// embedder than the one that tells it is used, which then is loaded and run too.
    pub recognisability: bool,
    /// What is told how long each stage took; nothing unless set.
    pub stages: Option<StageObserver>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            limits: PictureLimits::default(),
            crops: None,
            sessions: 1,
            threads: 1,
            min_score: 0.6,
            detector: DetectorChoice::default(),
            landmarks_68: false,
            smallest_face: SmallestFace::default(),
            embedder: None,
            recognisability: false,
            stages: None,
        }
    }
}

impl EngineOptions {
    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub fn with_limits(self, limits: PictureLimits) -> Self {
        Self { limits, ..self }
    }

    /// Sets [`crops`](Self::crops).
    #[must_use]
    pub fn with_crops(self, crops: impl Into<Option<Crops>>) -> Self {
        Self { crops: crops.into(), ..self }
    }

    /// Sets [`sessions`](Self::sessions).
    #[must_use]
    pub fn with_sessions(self, sessions: usize) -> Self {
        Self { sessions, ..self }
    }

    /// Sets [`threads`](Self::threads).
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Sets [`min_score`](Self::min_score).
    #[must_use]
    pub fn with_min_score(self, min_score: f32) -> Self {
        Self { min_score, ..self }
    }

    /// Sets [`detector`](Self::detector).
    #[must_use]
    pub fn with_detector(self, detector: DetectorChoice) -> Self {
        Self { detector, ..self }
    }

    /// Sets [`landmarks_68`](Self::landmarks_68).
    #[must_use]
    pub fn with_landmarks_68(self, landmarks_68: bool) -> Self {
        Self { landmarks_68, ..self }
    }

    /// Sets [`smallest_face`](Self::smallest_face).
    #[must_use]
    pub fn with_smallest_face(self, smallest_face: SmallestFace) -> Self {
        Self { smallest_face, ..self }
    }

    /// Sets [`embedder`](Self::embedder).
    #[must_use]
    pub fn with_embedder(self, embedder: impl Into<Option<ModelId>>) -> Self {
        Self { embedder: embedder.into(), ..self }
    }

    /// Sets [`recognisability`](Self::recognisability).
    #[must_use]
    pub fn with_recognisability(self, recognisability: bool) -> Self {
        Self { recognisability, ..self }
    }

    /// Sets [`stages`](Self::stages).
    #[must_use]
    pub fn with_stages(self, stages: impl Into<Option<StageObserver>>) -> Self {
        Self { stages: stages.into(), ..self }
    }
}

/// What finds the faces of a picture. An engine loads only the models that its choice needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DetectorChoice {
    /// YuNet, and where it finds nothing MMOD, on a copy of at most 640 pixels a side, so that a picture
    /// without a face does not cost much more than another.
    Auto,
    /// YuNet alone, on copies of at most 640 and 320 pixels a side.
    #[default]
    Yunet,
    /// dlib's detector by convolution (`cnn_face_detection_model_v1`), with dlib's boxes and scores. It
    /// finds faces of about 80 pixels and more. A picture of more than 4 million pixels is shrunk to
    /// that number first, which bounds the memory; dlib would search it as it is.
    Mmod,
    /// dlib's frontal face detector (`get_frontal_face_detector`), with dlib's boxes and scores. It finds
    /// upright faces of about 80 pixels and more in the up-sampled picture. A picture that would have more
    /// than 16 million pixels after up-sampling is shrunk first, which bounds memory and time; dlib would
    /// search it as it is.
    Hog {
        /// How often the picture is doubled first.
        upsampling: Upsampling,
    },
}

/// How often dlib's frontal face detector doubles the sides of a picture before it searches; each time
/// halves the smallest face found and costs four times as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Upsampling {
    /// The picture as it is: faces of about 80 pixels and more.
    None,
    /// Once, as the `face_recognition` library does it: faces of about 40 pixels and more.
    #[default]
    Once,
    /// Twice: faces of about 20 pixels and more.
    Twice,
}

impl Upsampling {
    /// 0, 1 or 2.
    #[must_use]
    pub fn times(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Once => 1,
            Self::Twice => 2,
        }
    }
}

/// How far YuNet searches. It finds a face once it is 12 pixels wide in the copy that is searched
/// (999 in 1,000 of them; of faces 10 pixels wide 984), and one that fills the frame in the smallest copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SmallestFace {
    /// Whoever stands at the camera, and bystanders: faces from about 2 % of the picture's longest side.
    /// Every picture costs the same, however large it is.
    #[default]
    OfPicture,
    /// Everyone in a group: faces at least so many pixels wide. Twelve and fewer search the picture in
    /// its own size. The time grows with the pixels that are searched, up to those of the picture:
    /// `docs/BENCHMARKS.md` has the measurements.
    Pixels(u32),
}

/// What a picture may be, checked from its header before anything is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct PictureLimits {
    /// Longest file, in bytes.
    pub max_bytes: usize,
    /// Most pixels, width times height.
    pub max_pixels: u64,
    /// Longest side, in pixels.
    pub max_side: u32,
    /// Most memory that decoding one picture may take, in bytes, beside the file itself. As many
    /// pictures as are decoded at once may each take it.
    pub max_memory: u64,
}

impl Default for PictureLimits {
    /// 20 MiB, 52 million pixels, 16,384 pixels a side, 320 MiB of memory: what phones call 50 megapixels,
    /// 8160 x 6144 or 8192 x 6144 pixels of JPEG, passes also when it was held upright (302 MB while it is
    /// turned), an RGBA picture of 16 bits a channel up to 30 megapixels.
    fn default() -> Self {
        Self { max_bytes: 20 << 20, max_pixels: 52_000_000, max_side: 16_384, max_memory: 320 << 20 }
    }
}

impl PictureLimits {
    /// Sets [`max_bytes`](Self::max_bytes).
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// Sets [`max_pixels`](Self::max_pixels).
    #[must_use]
    pub fn with_max_pixels(self, max_pixels: u64) -> Self {
        Self { max_pixels, ..self }
    }

    /// Sets [`max_side`](Self::max_side).
    #[must_use]
    pub fn with_max_side(self, max_side: u32) -> Self {
        Self { max_side, ..self }
    }

    /// Sets [`max_memory`](Self::max_memory).
    #[must_use]
    pub fn with_max_memory(self, max_memory: u64) -> Self {
        Self { max_memory, ..self }
    }
}

/// How many crops of a face are embedded and averaged; more cost time and lower the error rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crops {
    /// The aligned chip alone, as the reference does it.
    One,
    /// The chip and its mirror image.
    Two,
    /// Those two at scale 1.00 and 1.08.
    Four,
}

/// What an embedding is made for: embedders may average more crops of a face that is enrolled, once, than of
/// the many probes that are compared with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Purpose {
    /// It is enrolled, as a sample of a person.
    Enrolment,
    /// It is compared with enrolled ones.
    Probe,
}

impl Crops {
    /// The crops of that count: 1, 2 or 4.
    #[must_use]
    pub fn from_count(count: usize) -> Option<Self> {
        [Self::One, Self::Two, Self::Four].into_iter().find(|crops| crops.count() == count)
    }

    /// How many chips are embedded for one face.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }
}

/// What to do when a picture shows several faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum FacePolicy {
    /// Exactly one prominent face. A face with less than a quarter of the largest one's area is a
    /// bystander: counted, not refused.
    #[default]
    Single,
    /// Exactly one face at all.
    Strict,
    /// The largest face, whoever else is there.
    Largest,
}
