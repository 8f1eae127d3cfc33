//! A pseudo-random generator with a fixed seed, so that sample data is the same in every installation.

pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new() -> Self {
        Self(0x4c69_6e6e_6574)
    }

    /// A number from 0 to `limit` - 1 (SplitMix64).
    pub(super) fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed % limit.max(1).unsigned_abs()) as i64
    }

    pub(super) fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    /// A random item of `all`, which is not empty.
    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as i64) as usize]
    }

    /// A random item; its probability is its weight divided by the sum of weights.
    pub(super) fn weighted<'a, T>(&mut self, all: &'a [(T, i64)]) -> &'a T {
        let mut throw = self.below(all.iter().map(|(_, weight)| weight).sum());
        for (one, weight) in all {
            if throw < *weight {
                return one;
            }
            throw -= weight;
        }
        &all[0].0
    }
}
