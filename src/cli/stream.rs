//! Rows in and out, many at a time: batches of lines, and what came of them written in order.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::records::{Fields, Rows};

/// How much input a thread takes at a time: enough that taking it costs little, little enough that what goes in and out stays near
/// the processor.
pub(super) const BATCH: usize = 1 << 17;

/// How many batches, for each thread, may be done before their turn.
const AHEAD: u64 = 4;

/// Bad rows that are reported one by one.
pub(super) const SHOWN: u64 = 20;

/// What came of a task: the rows written and the ones that failed, each with what is wrong.
pub(super) type Done = (Vec<u8>, Vec<String>);

/// Where rows go.
pub(super) struct Output<'o> {
    pub(super) out: &'o mut (dyn Write + Send),
    /// Whether what stands above the rows is written.
    pub(super) begun: bool,
    /// Bytes of rows that were written.
    pub(super) written: u64,
    pub(super) failed: u64,
}

impl Output<'_> {
    pub(super) fn fail(&mut self, problem: &str) {
        self.failed += 1;
        if self.failed <= SHOWN {
            eprintln!("error: {problem}");
        }
    }

    pub(super) fn begin(&mut self, rows: &Rows, first: &Fields) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            rows.begin(self.out, first)?;
        }
        Ok(())
    }

    /// Writes what came of tasks, in order, and leaves them empty.
    pub(super) fn take_all(&mut self, done: &mut [Done]) -> io::Result<()> {
        done.iter_mut().try_for_each(|done| self.take(done))
    }

    fn take(&mut self, (bytes, problems): &mut Done) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        bytes.clear();
        problems.drain(..).for_each(|problem| self.fail(&problem));
        Ok(())
    }
}

/// Writes what came of batches in the order of their numbers. Any thread may come at any time.
pub(super) struct InOrder<'w, 'o> {
    state: Mutex<State<'w, 'o>>,
    /// Something was written, or nothing will be any more.
    turn: Condvar,
    /// How many batches may be done before their turn.
    ahead: u64,
}

struct State<'w, 'o> {
    output: &'w mut Output<'o>,
    /// The number of the batch that is to be written next.
    next: u64,
    /// What is done before its turn.
    early: BTreeMap<u64, Done>,
    /// What was written, to be used again.
    spare: Vec<Done>,
    /// Whether nothing is written any more.
    stopped: bool,
}

impl<'w, 'o> InOrder<'w, 'o> {
    /// For so many threads.
    pub(super) fn new(output: &'w mut Output<'o>, threads: usize) -> Self {
        let state = State { output, next: 0, early: BTreeMap::new(), spare: Vec::new(), stopped: false };
        InOrder { state: Mutex::new(state), turn: Condvar::new(), ahead: AHEAD * threads as u64 }
    }

    /// Writes what stands above the rows, if that is still to be done and there is a first row.
    pub(super) fn begin<'r>(&self, rows: &Rows, first: impl FnOnce() -> Option<Fields<'r>>) -> io::Result<()> {
        let mut state = lock(&self.state);
        let Some(first) = (!state.output.begun).then(first).flatten() else { return Ok(()) };
        let begun = state.output.begin(rows, &first);
        state.stopped |= begun.is_err();
        begun
    }

    /// Something empty to write to.
    pub(super) fn spare(&self) -> Done {
        lock(&self.state).spare.pop().unwrap_or_default()
    }

    /// Takes what came of a batch. If earlier ones are far behind, it waits for them. False if nothing is written any more.
    pub(super) fn put(&self, number: u64, done: Done) -> io::Result<bool> {
        let mut state = lock(&self.state);
        while !state.stopped && number >= state.next + self.ahead {
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let written = state.put(number, done);
        self.turn.notify_all();
        written.map(|()| !state.stopped)
    }

    /// Nothing more is written, and nobody waits.
    fn stop(&self) {
        lock(&self.state).stopped = true;
        self.turn.notify_all();
    }

    /// To be kept while at work: if a thread breaks down, the others do not wait for what it had.
    pub(super) fn at_work(&self) -> impl Drop {
        AtWork(self)
    }
}

impl State<'_, '_> {
    fn put(&mut self, number: u64, done: Done) -> io::Result<()> {
        self.early.insert(number, done);
        while !self.stopped
            && let Some(mut done) = self.early.remove(&self.next)
        {
            self.next += 1;
            self.output.take(&mut done).inspect_err(|_| self.stopped = true)?;
            self.spare.push(done);
        }
        Ok(())
    }
}

struct AtWork<'i, 'w, 'o>(&'i InOrder<'w, 'o>);

impl Drop for AtWork<'_, '_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whole lines.
#[derive(Default)]
pub(super) struct Batch {
    /// How many batches came before.
    pub(super) number: u64,
    bytes: Vec<u8>,
    /// The lines that are not blank, without their line breaks: each with its number, from 1, and where it is.
    places: Vec<(u64, Range<usize>)>,
}

impl Batch {
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.places.iter().map(|(number, place)| (*number, self.bytes.get(place.clone()).unwrap_or_default()))
    }
}

/// Reads whole lines, many at a time.
pub(super) struct Lines {
    reader: Box<dyn Read + Send>,
    /// The beginning of a line that goes on.
    rest: Vec<u8>,
    /// How many batches and lines were handed out.
    batches: u64,
    lines: u64,
    ended: bool,
}

impl Lines {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Lines { reader, rest: Vec::new(), batches: 0, lines: 0, ended: false }
    }

    /// Fills a batch with the next lines; false if there are none.
    pub(super) fn next_batch(&mut self, batch: &mut Batch) -> io::Result<bool> {
        let Batch { number, bytes, places } = batch;
        bytes.clear();
        places.clear();
        bytes.append(&mut self.rest);
        let mut line_break = None;
        while !self.ended && (bytes.len() < BATCH || line_break.is_none()) {
            let before = bytes.len();
            let read = self.reader.by_ref().take(BATCH as u64).read_to_end(bytes).inspect_err(|_| self.ended = true)?;
            self.ended = read == 0;
            // Only what is new can hold a later line break.
            line_break = memchr::memrchr(b'\n', &bytes[before..]).map(|at| before + at).or(line_break);
        }
        if bytes.is_empty() {
            return Ok(false);
        }
        if let Some(at) = line_break.filter(|_| !self.ended) {
            self.rest.extend_from_slice(&bytes[at + 1..]);
            bytes.truncate(at);
        }
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            self.lines += 1;
            if !bytes[start..end].trim_ascii().is_empty() {
                places.push((self.lines, start..end));
            }
            start = end + 1;
        }
        *number = self.batches;
        self.batches += 1;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn output(out: &mut (dyn Write + Send)) -> Output<'_> {
        Output { out, begun: true, written: 0, failed: 0 }
    }

    fn row(number: u64) -> Done {
        (format!("{number}\n").into_bytes(), Vec::new())
    }

    #[test]
    fn what_comes_in_any_order_is_written_in_order() {
        let mut bytes = Vec::new();
        let mut output = output(&mut bytes);
        let in_order = InOrder::new(&mut output, 3);
        thread::scope(|scope| {
            for thread in 0..3 {
                let in_order = &in_order;
                // The first ones are the slowest.
                scope.spawn(move || {
                    for number in (thread..300).step_by(3) {
                        thread::sleep(std::time::Duration::from_micros(50 * (2 - thread)));
                        assert!(in_order.put(number, row(number)).unwrap());
                    }
                });
            }
        });
        assert_eq!(String::from_utf8(bytes).unwrap(), (0..300).map(|number| format!("{number}\n")).collect::<String>());
    }

    #[test]
    fn nobody_waits_for_a_thread_that_broke_down() {
        let mut bytes = Vec::new();
        let mut output = output(&mut bytes);
        let in_order = InOrder::new(&mut output, 2);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| in_order.put(2 * AHEAD, row(2 * AHEAD)));
            let broken = scope.spawn(|| {
                let _at_work = in_order.at_work();
                panic!("with batch 0 in hand");
            });
            assert!(broken.join().is_err());
            assert!(!waiting.join().unwrap().unwrap());
        });
        assert!(bytes.is_empty());
    }

    #[test]
    fn what_cannot_be_written_stops_all() {
        let mut full: &mut [u8] = &mut [0; 3];
        let mut output = output(&mut full);
        let in_order = InOrder::new(&mut output, 1);
        assert!(in_order.put(0, row(0)).unwrap());
        assert_eq!(in_order.put(1, row(1)).unwrap_err().kind(), io::ErrorKind::WriteZero);
        assert!(!in_order.put(2, row(2)).unwrap());
    }
}
