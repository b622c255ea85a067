//! Signals that end `lopata dev` in order.

/// The signals. Made before anybody is told that the server is ready: a signal that comes
/// while it is made is lost or deadly.
pub struct Signals {
    #[cfg(unix)]
    listening: std::io::Result<[tokio::signal::unix::Signal; 2]>,
}

impl Signals {
    /// Starts to listen.
    pub fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let both = || Ok([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]);
            Self { listening: both() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Resolves when one has come, also one that came before this was called.
    pub async fn received(&mut self) {
        #[cfg(unix)]
        if let Ok([interrupt, terminate]) = &mut self.listening {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_ok() {
            return;
        }
        std::future::pending().await
    }
}
