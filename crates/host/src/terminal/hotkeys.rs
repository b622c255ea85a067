//! Keys while the server runs, as wrangler has them.
//!
//! Only on a terminal and not in CI. Raw mode is left when the guard is dropped, and by the panic hook, so that
//! no exit leaves the user's terminal unusable.

use std::io::IsTerminal;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use tokio::sync::mpsc;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hotkey {
    /// `b`: open the worker in a browser.
    Browser,
    /// `c`: clear the screen.
    Clear,
    /// `r`: rebuild.
    Reload,
    /// `x`, `q`, Ctrl-C, Ctrl-D: end.
    Exit,
}

/// Leaves raw mode when dropped.
pub struct RawMode(());

impl Drop for RawMode {
    fn drop(&mut self) {
        // At exit there is nobody left to tell.
        let _ = terminal::disable_raw_mode();
    }
}

/// Listens for keys; `None` where there are none to listen for.
pub fn hotkeys(allowed: bool) -> Option<(RawMode, mpsc::UnboundedReceiver<Hotkey>)> {
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    if !allowed || ci || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return None;
    }
    terminal::enable_raw_mode().ok()?;
    restore_output_processing();
    let guard = RawMode(());
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let _ = terminal::disable_raw_mode();
        previous(info);
    }));
    // A person's typing bounds the channel.
    let (keys, receiver) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("lopata-keys".to_string())
        .spawn(move || {
            while let Ok(event) = crossterm::event::read() {
                if let Some(key) = hotkey_of(&event)
                    && keys.send(key).is_err()
                {
                    return;
                }
            }
        })
        .ok()?;
    Some((guard, receiver))
}

/// Raw mode also stops the terminal from turning `\n` into a new line; everything we print relies on it.
fn restore_output_processing() {
    #[cfg(unix)]
    {
        // SAFETY: `termios` is plain data that tcgetattr fills before it is read, on a descriptor that is open
        // for the life of the process.
        unsafe {
            let mut settings: libc::termios = std::mem::zeroed();
            if libc::tcgetattr(libc::STDIN_FILENO, &mut settings) == 0 {
                settings.c_oflag |= libc::OPOST | libc::ONLCR;
                libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &settings);
            }
        }
    }
}

fn hotkey_of(event: &Event) -> Option<Hotkey> {
    let Event::Key(key) = event else { return None };
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c' | 'd') if control => Some(Hotkey::Exit),
        _ if control => None,
        KeyCode::Char('b' | 'B') => Some(Hotkey::Browser),
        KeyCode::Char('c' | 'C') => Some(Hotkey::Clear),
        KeyCode::Char('r' | 'R') => Some(Hotkey::Reload),
        KeyCode::Char('x' | 'X' | 'q' | 'Q') => Some(Hotkey::Exit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyEvent;

    #[test]
    fn keys_mean_what_wrangler_says() {
        let plain = |c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        let control = |c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
        assert_eq!(hotkey_of(&plain('b')), Some(Hotkey::Browser));
        assert_eq!(hotkey_of(&plain('c')), Some(Hotkey::Clear));
        assert_eq!(hotkey_of(&control('c')), Some(Hotkey::Exit));
        assert_eq!(hotkey_of(&plain('x')), Some(Hotkey::Exit));
        assert_eq!(hotkey_of(&control('b')), None);
        assert_eq!(hotkey_of(&plain('z')), None);
    }
}
