//! Finding places in a double array.

/// Which places, and which bases, are taken: a bit each.
#[derive(Default)]
pub(super) struct Placer {
    places: Vec<u64>,
    bases: Vec<u64>,
    /// Where to look from, by the binary logarithm of the number of children: before that there is hardly any room.
    from: [usize; 17],
}

/// After so many words of bits in vain, what lies before is given up for families of that size.
const PATIENCE: usize = 400;
/// How much is then given up, in places.
const GIVEN_UP: usize = 64 * 20;

/// 64 bits from any one on.
fn bits(words: &[u64], at: usize) -> u64 {
    let (word, shift) = (at / 64, at % 64);
    let low = words.get(word).copied().unwrap_or(0) >> shift;
    if shift == 0 { low } else { low | words.get(word + 1).copied().unwrap_or(0) << (64 - shift) }
}

fn set(words: &mut Vec<u64>, at: usize) {
    if words.len() <= at / 64 {
        words.resize(at / 64 + 1, 0);
    }
    words[at / 64] |= 1 << (at % 64);
}

impl Placer {
    /// Takes the first `count` places away.
    pub(super) fn reserve(&mut self, count: usize) {
        (0..count).for_each(|at| set(&mut self.places, at));
        self.from = [count; 17];
    }

    /// A base that no other family has, not 0, at which the places of all `codes` are free; they are then taken. 64 bases are tried
    /// at once.
    pub(super) fn place(&mut self, codes: &[u16]) -> usize {
        let size = codes.len().max(1).ilog2() as usize;
        let lowest = codes.iter().copied().min().map_or(0, usize::from);
        let first_word = self.from[size].saturating_sub(lowest) / 64;
        let mut word = first_word;
        loop {
            let mut free = !bits(&self.bases, word * 64) & if word == 0 { !1 } else { !0 };
            for &code in codes {
                free &= !bits(&self.places, word * 64 + usize::from(code));
                if free == 0 {
                    break;
                }
            }
            if free != 0 {
                let base = word * 64 + free.trailing_zeros() as usize;
                set(&mut self.bases, base);
                codes.iter().for_each(|&code| set(&mut self.places, base + usize::from(code)));
                if word - first_word > PATIENCE {
                    self.from[size] = (self.from[size] + GIVEN_UP).min(base + lowest);
                }
                return base;
            }
            word += 1;
        }
    }
}
