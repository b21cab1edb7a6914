//! Margins of all rows, written by several tree branches at once.

use std::marker::PhantomData;

/// Shared write access to margins; each row may be touched by one holder at a time.
#[derive(Clone, Copy)]
pub(crate) struct SharedMargins<'a> {
    first: *mut f32,
    len: usize,
    margins: PhantomData<&'a mut [f32]>,
}

// SAFETY: the pointer comes from an exclusive borrow of a slice of f32 that outlives it, and `add`'s contract keeps
// threads on different elements.
#[expect(unsafe_code, reason = "rows of a tree are disjoint; see the comment")]
unsafe impl Send for SharedMargins<'_> {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "rows of a tree are disjoint; see the comment")]
unsafe impl Sync for SharedMargins<'_> {}

impl<'a> SharedMargins<'a> {
    pub(crate) fn new(margins: &'a mut [f32]) -> Self {
        Self { first: margins.as_mut_ptr(), len: margins.len(), margins: PhantomData }
    }

    /// Adds to one margin.
    ///
    /// # Safety
    /// No other thread may touch the margin of the same row at the same time. A row number past the end panics.
    #[inline]
    #[expect(unsafe_code, reason = "the caller keeps rows apart")]
    pub(crate) unsafe fn add(&self, row: usize, value: f32) {
        assert!(row < self.len, "row {row} is past the margins");
        // SAFETY: in bounds by the assertion; exclusive by this function's contract.
        unsafe { *self.first.add(row) += value }
    }
}
