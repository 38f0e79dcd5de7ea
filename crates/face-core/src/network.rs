//! One ONNX network: as many sessions as pictures may be worked on at once, shared by all threads.

use std::sync::{Condvar, Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::TensorRef;

use crate::manifest::ModelEntry;
use crate::{EngineOptions, InferenceError, OpenError};

/// A loaded network. A session runs one input at a time, so each thread borrows one while it runs.
pub(crate) struct Network {
    model: String,
    input: String,
    idle: Mutex<Vec<Session>>,
    returned: Condvar,
}

impl Network {
    /// Loads `options.sessions` sessions of a model.
    pub(crate) fn open(
        environment: &Environment,
        model: &ModelEntry,
        bytes: &[u8],
        options: &EngineOptions,
    ) -> Result<Self, OpenError> {
        let input = &model.input()?.name;
        // Without a session every caller would wait for ever.
        let sessions: Result<Vec<Session>, OpenError> = (0..options.sessions.max(1))
            .map(|_| session(environment, bytes, options.threads).map_err(|e| model.unusable(e)))
            .collect();
        let sessions = sessions?;
        // Seen when the engine is opened, rather than by the first picture.
        if sessions.iter().any(|s| !s.inputs().iter().any(|i| i.name() == input)) {
            return Err(model.unusable(format!("it has no input '{input}'")));
        }
        Ok(Self {
            model: model.id.clone(),
            input: input.clone(),
            idle: Mutex::new(sessions),
            returned: Condvar::new(),
        })
    }

    /// The model's id, for messages.
    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    /// Runs one input of shape `[batch, channels, height, width]`, waiting while all sessions are busy,
    /// and reads the outputs named: `read` gets each one's values, in the order of `outputs`.
    pub(crate) fn run<T>(
        &self,
        shape: [usize; 4],
        values: &[f32],
        outputs: &[String],
        read: impl FnOnce(&[&[f32]]) -> T,
    ) -> Result<T, InferenceError> {
        // Kept to the end of the call: `run` takes it mutably, and the outputs borrow from it.
        let mut session = self.borrow();
        let failed = |e: ort::Error| InferenceError::Run { model: self.model.clone(), source: Box::new(e) };
        let tensor = TensorRef::from_array_view((shape, values)).map_err(failed)?;
        let produced = session.session()?.run(ort::inputs![self.input.as_str() => tensor]).map_err(failed)?;
        let mut slices = Vec::with_capacity(outputs.len());
        for name in outputs {
            let value = produced.get(name).ok_or_else(|| self.misshapen(format!("there is no '{name}'")))?;
            slices.push(value.try_extract_tensor::<f32>().map_err(failed)?.1);
        }
        Ok(read(&slices))
    }

    /// The error for an output that is not as the model's description promises.
    pub(crate) fn misshapen(&self, detail: String) -> InferenceError {
        InferenceError::Shape { model: self.model.clone(), detail }
    }

    fn borrow(&self) -> Borrowed<'_> {
        // Poison means nothing here: a push or a pop leaves the list whole.
        // No time limit: whoever has a session is running it, and gives it back even when it panics.
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(session) = idle.pop() {
                return Borrowed { network: self, session: Some(session) };
            }
            // In a loop: waking may be spurious, and another caller may have taken the session first.
            idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A session on loan; dropping it, also while unwinding, gives it back.
struct Borrowed<'a> {
    network: &'a Network,
    session: Option<Session>,
}

impl Borrowed<'_> {
    fn session(&mut self) -> Result<&mut Session, InferenceError> {
        self.session.as_mut().ok_or_else(|| self.network.misshapen("its session is gone".into()))
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            self.network.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
            // The guard of the line above is gone, so whoever wakes does not have to wait for the lock.
            self.network.returned.notify_one();
        }
    }
}

/// One session with all graph optimisations, whose threads sleep when there is nothing to do.
fn session(environment: &Environment, bytes: &[u8], threads: usize) -> Result<Session, String> {
    let refused = |e: ort::Error<SessionBuilder>| e.to_string();
    Session::builder(environment)
        .map_err(|e| e.to_string())?
        .with_optimization_level(GraphOptimizationLevel::All)
        .map_err(refused)?
        // 0 would let ONNX Runtime take a thread for each core.
        .with_intra_threads(threads.max(1))
        .map_err(refused)?
        // By default the threads of an idle session spin, on cores that the other sessions need.
        .with_intra_op_spinning(false)
        .map_err(refused)?
        // The bytes that were hashed: a path would be read again, and could lead to another file by then.
        .commit_from_memory(bytes)
        .map_err(|e| e.to_string())
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network({})", self.model)
    }
}
