//! A list of what was met, written without a branch.

/// Features by number, in the order in which they were met, and as often. The number of a feature is its column and 1.
#[derive(Debug, Default)]
pub(crate) struct Met {
    numbers: Vec<u32>,
    length: usize,
}

/// A list that is being written.
pub(crate) struct Open<'m> {
    numbers: &'m mut [u32],
    at: usize,
    length: &'m mut usize,
}

impl Met {
    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    /// What was met.
    pub(crate) fn numbers(&self) -> &[u32] {
        &self.numbers[..self.length]
    }

    /// Adds a feature; 0 is none.
    pub(crate) fn push(&mut self, number: u32) {
        let mut open = self.open(1);
        open.push(number, number != 0);
        open.close();
    }

    /// Makes room for so many more.
    pub(crate) fn open(&mut self, more: usize) -> Open<'_> {
        let room = self.length + more + 1;
        if self.numbers.len() < room {
            self.numbers.resize(2 * room, 0);
        }
        Open { numbers: &mut self.numbers, at: self.length, length: &mut self.length }
    }
}

impl Open<'_> {
    /// Adds a number, if `is` says so; without a branch, since no one can guess what is a feature.
    #[inline(always)]
    pub(crate) fn push(&mut self, number: u32, is: bool) {
        self.numbers[self.at] = number;
        self.at += usize::from(is);
    }

    /// Keeps what was added.
    pub(crate) fn close(self) {
        *self.length = self.at;
    }
}
