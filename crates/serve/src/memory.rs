//! Memory that the allocator keeps.

/// Gives back to the operating system what is free. The C library's allocator keeps what loading a model, or a burst
/// of predictions, has freed in between pieces that are still in use; left alone that doubles what a server holds.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the only way to ask the C library's allocator")]
pub(crate) fn give_back() {
    // SAFETY: `malloc_trim` takes a number of bytes to keep, touches only memory that is free, takes the allocator's own
    // locks, and may be called by any thread at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other allocators see to it themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
