//! How many files and sockets the process may have open: as many as the system lets it.
//!
//! Every connection takes a descriptor and every object that is in use takes three, and what a shell allows by default
//! is a few hundred on some systems. The soft limit exists for programs that use `select`, which is not used here.

/// Raises the limit as far as it goes without asking anybody.
pub fn raise_limit() {
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: both calls get a pointer to a valid `rlimit` that outlives them.
        unsafe {
            if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
                // macOS refuses what is above its own maximum, also when the hard limit is infinite.
                #[cfg(target_os = "macos")]
                let most = limit.rlim_max.min(libc::OPEN_MAX as libc::rlim_t);
                #[cfg(not(target_os = "macos"))]
                let most = limit.rlim_max;
                limit.rlim_cur = limit.rlim_cur.max(most);
                // What is refused leaves things as they were.
                let _ = libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
            }
        }
    }
}
