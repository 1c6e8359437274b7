//! Many documents at once, in the order of the input, with few of them in memory.
//!
//! Some threads read sources, in order; each document they find becomes a task of rayon's pool, and its result is waited for in its
//! turn. Everything that runs ahead has its limit: sources that are read while an earlier one is not done, and documents of a source
//! (an archive may hold ten thousand) that are not yet worked on.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use policy_topics::document::Document;
use policy_topics::ingest::{IngestError, Source};

use super::read::DocumentReader;

/// How many sources and how many documents of a source may be ahead, for each thread.
const AHEAD: usize = 4;

/// A source or document, or the reason why there is none.
type Found<T> = std::result::Result<T, IngestError>;
/// The results of the documents of one source, each of which comes by itself.
type Results<T> = Receiver<Receiver<T>>;

/// Which source is next, and where its results go.
struct Queue<'s, T> {
    sources: std::slice::Iter<'s, Found<Source>>,
    /// Gone when there is no source left: then nothing more comes.
    results: Option<SyncSender<Results<T>>>,
}

/// Reads all sources, calls `work` with every document or the reason why there is none, on any thread, and `take` with the results in
/// the order of the input; `done` is called when all of a source was taken.
pub fn run<T: Send>(
    sources: &[Found<Source>],
    reader: &DocumentReader,
    work: impl Fn(Found<Document>) -> T + Sync,
    mut take: impl FnMut(T) -> Result<()>,
    mut done: impl FnMut(),
) -> Result<()> {
    let threads = rayon::current_num_threads();
    let (send, results) = sync_channel(AHEAD * threads);
    let queue = Mutex::new(Queue { sources: sources.iter(), results: Some(send) });
    let (queue, work) = (&queue, &work);
    rayon::in_place_scope(|tasks| {
        std::thread::scope(|scope| {
            for _ in 0..threads.min(sources.len()).max(1) {
                scope.spawn(move || {
                    while let Some((source, send)) = next(queue, AHEAD * threads) {
                        match source {
                            Err(error) => give(&send, || work(Err(error.clone()))),
                            Ok(source) => reader.read_raw(source, &mut |raw| {
                                let (result, later) = sync_channel(1);
                                // Nobody takes any more: what is left of the source is only read over.
                                if send.send(later).is_err() {
                                    return;
                                }
                                tasks.spawn(move |_| {
                                    let _ = result.send(work(raw.map(|raw| reader.document(&raw))));
                                });
                            }),
                        }
                    }
                });
            }
            // Dropped on the way out, early or not, so that nobody waits to be taken from.
            for of_source in results {
                for result in of_source {
                    take(result.recv().context("a document could not be worked on; please report this")?)?;
                }
                done();
            }
            Ok(())
        })
    })
}

/// A source, and where to send its results.
type Task<'s, T> = (&'s Found<Source>, SyncSender<Receiver<T>>);

/// The next source, and where to send its results; `None` when all are taken or nobody takes results any more.
fn next<'s, T>(queue: &Mutex<Queue<'s, T>>, ahead: usize) -> Option<Task<'s, T>> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(source) = queue.sources.next() else {
        queue.results = None;
        return None;
    };
    let (send, receive) = sync_channel(ahead);
    queue.results.as_ref()?.send(receive).ok()?;
    Some((source, send))
}

/// Gives a result at once.
fn give<T>(send: &SyncSender<Receiver<T>>, result: impl FnOnce() -> T) {
    let (now, later) = sync_channel(1);
    if now.send(result()).is_ok() {
        let _ = send.send(later);
    }
}
