//! The one writer: a thread that puts all writes that wait into one transaction and commits it.
//!
//! Syncing the file is what a write costs; sharing it is what lets many callers write at once. Nobody
//! is made to wait for company: the first write of a pause is committed at once, and those that come in
//! the meantime share the next commit.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use redb::{Database, Durability};
use tokio::sync::{mpsc, oneshot};

use super::applied::Applied;
use super::commands::{Command, open_tables};
use super::failure::{Breakage, Failure};
use super::handle::Handle;
use crate::{Keyring, StoreError};

/// How many writes wait at most, and how many share a commit: enough to keep the disk busy, few enough
/// that neither memory nor a commit grows without bound. Who comes then waits for room.
const MAX_BATCH: usize = 1024;

type Answer = Result<Applied, StoreError>;

struct Write {
    command: Command,
    reply: oneshot::Sender<Answer>,
}

pub(super) struct Writer {
    /// `None` once finished.
    queue: Option<mpsc::Sender<Write>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(handle: Arc<Handle>, keyring: Keyring) -> Result<Self, StoreError> {
        let (queue, writes) = mpsc::channel(MAX_BATCH);
        // A thread of its own and no task of a runtime: what was accepted is still written when
        // the runtime of the callers is gone, and dropping the file can wait for it by joining.
        let thread = thread::Builder::new().name("face-store-writer".to_owned());
        let thread = thread.spawn(move || run(&handle, &keyring, writes)).map_err(|e: io::Error| {
            StoreError::Unavailable {
                retryable: true,
                reason: "the system gives no thread for the writer".to_owned(),
                source: Some(e.into()),
            }
        })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Hands a write over and waits until it is on the disk.
    pub(super) async fn submit(&self, command: Command) -> Answer {
        let stopped = || StoreError::unavailable(false, "the writer of the file has stopped");
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        // Waits for room when the queue is full. A caller who is dropped before this returns
        // has written nothing; for one who is dropped later the write is carried out whole.
        queue.send(Write { command, reply }).await.map_err(|_| stopped())?;
        // Without an answer the thread has ended with the write in
        // hand: the error's kind leaves open whether it was made.
        answer.await.map_err(|_| stopped())?
    }

    /// Does what has been handed over, and ends.
    pub(super) fn finish(&mut self) {
        // The loop of the thread ends when the channel is
        // closed and drained, so what was accepted comes first.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It ends by a panic only if answering does; there is nobody left to tell then.
            drop(thread.join());
        }
    }
}

fn run(handle: &Handle, keyring: &Keyring, mut writes: mpsc::Receiver<Write>) {
    let mut batch = Vec::new();
    while writes.blocking_recv_many(&mut batch, MAX_BATCH) > 0 {
        // The replies stay outside of what may panic, so that
        // every caller of the batch gets an answer even then.
        let (commands, replies): (Vec<_>, Vec<_>) = batch.drain(..).map(|w| (w.command, w.reply)).unzip();
        let answers = write(handle, keyring, &commands);
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller who no longer waits has dropped the other end.
            drop(reply.send(answer));
        }
    }
}

/// Commits the commands together and answers each. When the commit fails it fails them all, also those
/// that were refused: what they were refused for may not have come to be.
fn write(handle: &Handle, keyring: &Keyring, commands: &[Command]) -> Vec<Answer> {
    let committed = handle.run(|database| commit(database, keyring, commands));
    // After the commit too: into a file that was removed in between, it succeeds.
    let breakage = match committed.and_then(|answers| handle.check_place().map(|()| answers)) {
        Ok(answers) => {
            if answers.iter().flatten().any(|applied| applied.changed) {
                handle.note_room();
            }
            return answers;
        }
        Err(Failure::Broken(breakage)) => breakage,
        // Refusals are answered one by one in `commit`, so none comes this far.
        Err(Failure::Refused(error)) => Breakage::NotOpen(error),
    };
    let breakage = Arc::new(breakage);
    commands.iter().map(|_| Err(breakage.to_error(handle.path()))).collect()
}

fn commit(database: &Database, keyring: &Keyring, commands: &[Command]) -> Result<Vec<Answer>, Failure> {
    let mut transaction = database.begin_write()?;
    // The engine's default, but the contract hangs on it. Others are refused only in modes not used here.
    transaction.set_durability(Durability::Immediate).map_err(redb::Error::from)?;
    // Costs a second sync, and is worth it: of a commit in one phase the engine cannot know afterwards whether
    // it was made, so that after a crash it takes a damaged page for an unfinished commit and silently goes
    // back to the one before, to the loss of what was acknowledged. In two phases that is an error.
    transaction.set_two_phase_commit(true);
    let mut tables = open_tables(&transaction, keyring)?;
    let mut changed = false;
    let mut answers = Vec::with_capacity(commands.len());
    for command in commands {
        match command.apply(&transaction, &mut tables) {
            Ok(applied) => {
                changed |= applied.changed;
                answers.push(Ok(applied));
            }
            Err(Failure::Refused(error)) => answers.push(Err(error)),
            // The transaction is dropped without a commit, so
            // nothing of the batch is kept, also not what went well.
            Err(broken @ Failure::Broken(_)) => return Err(broken),
        }
    }
    drop(tables);
    // Without a change there is nothing to sync: refusals and repetitions
    // are answered from what an earlier commit has made durable.
    if changed {
        transaction.commit()?
    } else {
        transaction.abort()?
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use embedding::{DIMENSIONS, Embedding, ModelId};
    use time::OffsetDateTime;

    use super::super::file;
    use super::super::queries::Query;
    use super::*;
    use crate::{EventName, EventRecord, FaceSample, UserRecord, Username};

    fn event(model: &str) -> EventRecord {
        let (name, model) = (EventName::new("conference").unwrap(), ModelId::new(model).unwrap());
        EventRecord::new(name, model, OffsetDateTime::UNIX_EPOCH)
    }

    fn sample(model: &str, user: &str) -> FaceSample {
        let embedding = Embedding::new(ModelId::new(model).unwrap(), [0.5; DIMENSIONS]).unwrap();
        let (event, user) = (event(model).name, Username::new(user).unwrap());
        FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_refused_write_neither_undoes_nor_leaves_anything_in_its_batch() {
        let folder = tempfile::tempdir().unwrap();
        let database = file::open_or_create(&folder.path().join("faces.redb"), &Keyring::plain()).unwrap();
        let ada = sample("a", "ada");
        let nobody = UserRecord::new(ada.event().clone(), Username::new("nobody").unwrap(), ada.created());
        let batch = [
            Command::CreateEvent(event("a")),
            Command::CreateEvent(event("b")),
            Command::AppendSample(ada.clone()),
            Command::AppendSample(sample("b", "eve")),
            Command::UpdateUser(nobody.clone()),
            Command::AppendSample(ada.clone()),
            Command::UpdateEvent(event("b")),
            Command::DeleteUser(nobody.event.clone(), nobody.name.clone()),
            Command::AppendSample(sample("a", "ada")),
        ];
        let answers = commit(&database, &Keyring::plain(), &batch).unwrap();
        let shown: Vec<_> = answers
            .iter()
            .map(|answer| answer.as_ref().map(|a| a.count).map_err(ToString::to_string))
            .collect();
        let is_refused: Vec<_> = shown.iter().map(Result::is_err).collect();
        assert_eq!(is_refused, [false, true, false, true, true, false, true, true, false], "{shown:?}");
        assert_eq!((&shown[2], &shown[5], &shown[8]), (&Ok(1), &Ok(1), &Ok(2)));

        let snapshot = Query::begin(&database, &Keyring::plain()).unwrap().load_event(ada.event()).unwrap();
        assert_eq!(snapshot.event, event("a"));
        let users: Vec<_> = snapshot.users.iter().map(|u| (u.user.name.as_str(), u.samples.len())).collect();
        assert_eq!(users, [("ada", 2)]);
    }
}
