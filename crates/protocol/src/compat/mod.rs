//! Compatibility dates and flags: one table of all flags, and what a date and a list of flags come to.
//!
//! The host resolves a worker's date and flags once, tells the user what is wrong with them, and sends the set to
//! the guest, which switches what [`Status::Switch`] says before user code runs. `docs/compatibility.md` is made
//! from the same table, so what it says of a flag is what the flag does.
//!
//! Flags are known by the name that enables them, dates are texts of the form `YYYY-MM-DD`, which sort by time.

mod resolve;
mod table;

pub use resolve::{CompatSet, Problem, Resolved, resolve};
pub use table::FLAGS;

/// What one flag is.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The name that enables it.
    pub enable: &'static str,
    /// The name that disables it; without one it cannot be turned off.
    pub disable: Option<&'static str>,
    /// When it is enabled without being named.
    pub default: Default,
    /// Non-null exactly when another flag enables it.
    pub implied: Option<Implied>,
    /// Whether production refuses it outside of development.
    pub experimental: bool,
    /// What it does in lopata.
    pub status: Status,
}

/// When a flag is enabled without being named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// Only by its name, or by another flag.
    Never,
    /// For workers of this date and later.
    Since(&'static str),
    /// For every date.
    Always,
}

/// A flag that is enabled by others, for workers of a date and later.
#[derive(Clone, Copy, Debug)]
pub struct Implied {
    /// The flags, any of which enables it.
    pub by: &'static [&'static str],
    /// The date.
    pub since: &'static str,
}

/// What a flag does in lopata. The sentences are written for users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It switches behaviour, and the sentence says which.
    Switch(&'static str),
    /// It is accepted, and the behaviour is the newer one whatever it says.
    NewestOnly(&'static str),
    /// It is accepted, and nothing it is about depends on it here.
    Inert(&'static str),
    /// Naming it is an error.
    Rejected(&'static str),
}

impl Flag {
    /// Where `name` stands in the table of enabling names.
    fn index(name: &str) -> Option<usize> {
        FLAGS.iter().position(|flag| flag.enable == name)
    }
}

/// Starts a row of the table.
const fn flag(enable: &'static str) -> Flag {
    let status = Status::Inert("");
    Flag { enable, disable: None, default: Default::Never, implied: None, experimental: false, status }
}

/// The rest of a row.
impl Flag {
    const fn or(mut self, disable: &'static str) -> Self {
        self.disable = Some(disable);
        self
    }

    const fn since(mut self, date: &'static str) -> Self {
        self.default = Default::Since(date);
        self
    }

    const fn always(mut self) -> Self {
        self.default = Default::Always;
        self
    }

    const fn implied(mut self, by: &'static [&'static str], since: &'static str) -> Self {
        self.implied = Some(Implied { by, since });
        self
    }

    const fn experimental(mut self) -> Self {
        self.experimental = true;
        self
    }

    const fn switch(mut self, sentence: &'static str) -> Self {
        self.status = Status::Switch(sentence);
        self
    }

    const fn newest(mut self, sentence: &'static str) -> Self {
        self.status = Status::NewestOnly(sentence);
        self
    }

    const fn inert(mut self, sentence: &'static str) -> Self {
        self.status = Status::Inert(sentence);
        self
    }

    const fn rejected(mut self, sentence: &'static str) -> Self {
        self.status = Status::Rejected(sentence);
        self
    }
}
