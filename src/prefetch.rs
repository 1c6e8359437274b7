//! Asking for memory before it is needed.
//!
//! The only unsafe code of the program. It is worth it: most of the time of classifying is waiting for far memory, and asking for the
//! lines of a whole text ahead takes away a good part of the waiting (`docs/performance.md` has the figures). It is sound because
//! the address is that of an element that the slice has, and because a prefetch reads nothing and cannot fault.

/// Asks for the element at `at`, if there is one.
#[inline(always)]
pub(crate) fn prefetch<T>(slice: &[T], at: usize) {
    if let Some(element) = slice.get(at) {
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        // SAFETY: the pointer comes from a reference, and the instruction is a hint without any effect that can be seen.
        #[allow(unsafe_code)]
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(element).cast());
        }
        #[cfg(not(all(target_arch = "x86_64", not(miri))))]
        let _ = element;
    }
}
