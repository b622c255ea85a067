//! From a path to what is served at it: `html_handling` and `not_found_handling`, as production decides them.
//!
//! Pure: what exists is asked of a closure, paths are decoded and have a leading slash. Every mode gives a file one
//! canonical path and redirects the others to it. A redirect is made only when its destination is served with the
//! very file that the path means, so that no redirect leads to another, or to nothing.
//!
//! Source of the order of questions: production's asset worker. It is kept to the letter, because which of `x.html`,
//! `x/index.html` and `x` wins is nothing but that order.

/// `html_handling`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HtmlHandling {
    /// `x.html` is at `/x`, `x/index.html` at `/x/`.
    #[default]
    Auto,
    /// Both are at `/x/`.
    Force,
    /// Both are at `/x`.
    Drop,
    /// Each is at its own name.
    None,
}

impl HtmlHandling {
    /// The mode of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "auto-trailing-slash" => Self::Auto,
            "force-trailing-slash" => Self::Force,
            "drop-trailing-slash" => Self::Drop,
            "none" => Self::None,
            _ => return None,
        })
    }
}

/// `not_found_handling`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotFound {
    /// Nothing is served.
    #[default]
    None,
    /// The nearest `404.html`, upwards from the path, with status 404.
    Page,
    /// `/index.html`, with status 200.
    SinglePage,
}

impl NotFound {
    /// The mode of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "none" => Self::None,
            "404-page" => Self::Page,
            "single-page-application" => Self::SinglePage,
            _ => return None,
        })
    }
}

/// What a path is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent<F> {
    /// This file.
    Serve(F),
    /// This file, because there is none for the path; with status 404 when `missing`.
    Instead {
        /// The file.
        file: F,
        /// True for a 404 page.
        missing: bool,
    },
    /// A redirect to this path.
    Redirect(String),
}

/// What is at `path`; `None` when there is nothing.
pub fn intent<F: PartialEq>(
    path: &str,
    html: HtmlHandling,
    not_found: NotFound,
    exists: &mut dyn FnMut(&str) -> Option<F>,
) -> Option<Intent<F>> {
    Asking { html, not_found, exists, redirects: true }.intent(path)
}

struct Asking<'a, F> {
    html: HtmlHandling,
    not_found: NotFound,
    exists: &'a mut dyn FnMut(&str) -> Option<F>,
    /// False while the destination of a redirect is looked at: it must not be a redirect itself.
    redirects: bool,
}

impl<F: PartialEq> Asking<'_, F> {
    fn intent(&mut self, path: &str) -> Option<Intent<F>> {
        let exact = (self.exists)(path);
        let by_html = match self.html {
            HtmlHandling::Auto => self.auto(path, exact),
            HtmlHandling::Force => self.force(path, exact),
            HtmlHandling::Drop => self.drop(path, exact),
            HtmlHandling::None => exact.map(Intent::Serve),
        };
        by_html.or_else(|| self.instead(path))
    }

    fn auto(&mut self, path: &str, exact: Option<F>) -> Option<Intent<F>> {
        if let Some(parent) = path.strip_suffix("/index") {
            if exact.is_none() {
                let found = self.redirect(&join(path, ".html"), &join(parent, "/"));
                if let Some(found) = found.or_else(|| self.redirect(&join(parent, ".html"), parent)) {
                    return Some(found);
                }
            }
        } else if let Some(parent) = path.strip_suffix("/index.html") {
            let found = self.redirect(path, &join(parent, "/"));
            if let Some(found) = found.or_else(|| self.redirect(&join(parent, ".html"), parent)) {
                return Some(found);
            }
        } else if let Some(parent) = path.strip_suffix('/') {
            if let Some(file) = (self.exists)(&join(path, "index.html")) {
                return Some(Intent::Serve(file));
            }
            if let Some(found) = self.redirect(&join(parent, ".html"), parent) {
                return Some(found);
            }
        } else if let Some(stem) = path.strip_suffix(".html") {
            let found = self.redirect(path, stem);
            if let Some(found) = found.or_else(|| self.redirect(&join(stem, "/index.html"), &join(stem, "/"))) {
                return Some(found);
            }
        }
        if let Some(file) = exact.or_else(|| (self.exists)(&join(path, ".html"))) {
            return Some(Intent::Serve(file));
        }
        self.redirect(&join(path, "/index.html"), &join(path, "/"))
    }

    fn force(&mut self, path: &str, exact: Option<F>) -> Option<Intent<F>> {
        if let Some(parent) = path.strip_suffix("/index") {
            if exact.is_none() {
                let canonical = join(parent, "/");
                let found = self.redirect(&join(path, ".html"), &canonical);
                if let Some(found) = found.or_else(|| self.redirect(&join(parent, ".html"), &canonical)) {
                    return Some(found);
                }
            }
        } else if let Some(parent) = path.strip_suffix("/index.html") {
            let canonical = join(parent, "/");
            let found = self.redirect(path, &canonical);
            if let Some(found) = found.or_else(|| self.redirect(&join(parent, ".html"), &canonical)) {
                return Some(found);
            }
        } else if let Some(parent) = path.strip_suffix('/') {
            let file = (self.exists)(&join(path, "index.html"));
            if let Some(file) = file.or_else(|| (self.exists)(&join(parent, ".html"))) {
                return Some(Intent::Serve(file));
            }
        } else if let Some(stem) = path.strip_suffix(".html") {
            let canonical = join(stem, "/");
            if let Some(found) = self.redirect(path, &canonical) {
                return Some(found);
            }
            // With `x/index.html` beside it, `x.html` is at its own name only.
            if exact.is_none()
                && let Some(found) = self.redirect(&join(stem, "/index.html"), &canonical)
            {
                return Some(found);
            }
        }
        if let Some(file) = exact {
            return Some(Intent::Serve(file));
        }
        let canonical = join(path, "/");
        let found = self.redirect(&join(path, ".html"), &canonical);
        found.or_else(|| self.redirect(&join(path, "/index.html"), &canonical))
    }

    fn drop(&mut self, path: &str, exact: Option<F>) -> Option<Intent<F>> {
        if path == "/index" || path == "/index.html" {
            // The root keeps its slash.
            if (path == "/index.html" || exact.is_none())
                && let Some(found) = self.redirect("/index.html", "/")
            {
                return Some(found);
            }
        } else if let Some(parent) = path.strip_suffix("/index") {
            if exact.is_none() {
                let found = self.redirect(&join(parent, ".html"), parent);
                if let Some(found) = found.or_else(|| self.redirect(&join(path, ".html"), parent)) {
                    return Some(found);
                }
            }
        } else if let Some(parent) = path.strip_suffix("/index.html") {
            if let Some(found) = self.redirect(path, parent) {
                return Some(found);
            }
            // With `x.html` beside it, `x/index.html` is at its own name only.
            if exact.is_none()
                && let Some(found) = self.redirect(&join(parent, ".html"), parent)
            {
                return Some(found);
            }
        } else if path == "/" {
            if let Some(file) = (self.exists)("/index.html") {
                return Some(Intent::Serve(file));
            }
        } else if let Some(parent) = path.strip_suffix('/') {
            let found = self.redirect(&join(parent, ".html"), parent);
            if let Some(found) = found.or_else(|| self.redirect(&join(parent, "/index.html"), parent)) {
                return Some(found);
            }
        } else if let Some(stem) = path.strip_suffix(".html") {
            let found = self.redirect(path, stem);
            if let Some(found) = found.or_else(|| self.redirect(&join(stem, "/index.html"), stem)) {
                return Some(found);
            }
        }
        let file = exact.or_else(|| (self.exists)(&join(path, ".html")));
        file.or_else(|| (self.exists)(&join(path, "/index.html"))).map(Intent::Serve)
    }

    /// A redirect to `destination`, when that is served with `file` and is not itself the name of one.
    fn redirect(&mut self, file: &str, destination: &str) -> Option<Intent<F>> {
        if !self.redirects || (self.exists)(destination).is_some() {
            return None;
        }
        // Asked first, because it usually says no.
        let wanted = (self.exists)(file)?;
        self.redirects = false;
        let there = self.intent(destination);
        self.redirects = true;
        let served = match there? {
            Intent::Serve(found) | Intent::Instead { file: found, .. } => found,
            Intent::Redirect(_) => unreachable!("redirects are switched off"),
        };
        (served == wanted).then(|| Intent::Redirect(destination.to_string()))
    }

    fn instead(&mut self, path: &str) -> Option<Intent<F>> {
        match self.not_found {
            NotFound::None => None,
            NotFound::SinglePage => (self.exists)("/index.html").map(|file| Intent::Instead { file, missing: false }),
            NotFound::Page => {
                let mut folder = path;
                while let Some(end) = folder.rfind('/') {
                    folder = &folder[..end];
                    if let Some(file) = (self.exists)(&join(folder, "/404.html")) {
                        return Some(Intent::Instead { file, missing: true });
                    }
                }
                None
            }
        }
    }
}

fn join(start: &str, end: &str) -> String {
    let mut joined = String::with_capacity(start.len() + end.len());
    joined.push_str(start);
    joined.push_str(end);
    joined
}
