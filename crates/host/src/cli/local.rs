//! The flags of every command about local state: `--local`, `--remote` and `--persist-to`.
//!
//! lopata has nothing but local state, so `--local` says what is so anyway and `--remote` is refused in words.

use std::path::PathBuf;

use clap::{ArgAction, Args};

/// Where the data is.
#[derive(Clone, Debug, Default, Args)]
pub struct LocalFlags {
    /// Interact with local storage, which is all there is
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, hide_possible_values = true)]
    pub local: Option<bool>,
    /// Not available: lopata works on local data only
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, hide_possible_values = true)]
    pub remote: Option<bool>,
    /// Directory for local persistence (default: .lopata/state)
    #[arg(long, value_name = "DIR")]
    pub persist_to: Option<PathBuf>,
}

/// Why the flags do not mean local data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLocal {
    /// `--remote`, or `--local=false`.
    #[error(
        "lopata works on local data only, so \"--remote\" is not available. Use wrangler to access the remote instance."
    )]
    Remote,
}

impl LocalFlags {
    /// Refuses what would mean data that is not here. As in wrangler, `--remote=false` is as good as `--local`.
    pub fn check(&self) -> Result<(), NotLocal> {
        match (self.local, self.remote) {
            (_, Some(true)) | (Some(false), None) => Err(NotLocal::Remote),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_data_is_meant() {
        let check = |local, remote| LocalFlags { local, remote, persist_to: None }.check();
        for (local, remote) in [(None, None), (Some(true), None), (None, Some(false)), (Some(false), Some(false))] {
            assert_eq!(check(local, remote), Ok(()));
        }
        for (local, remote) in [(None, Some(true)), (Some(false), None), (Some(true), Some(true))] {
            assert_eq!(check(local, remote), Err(NotLocal::Remote));
        }
    }
}
