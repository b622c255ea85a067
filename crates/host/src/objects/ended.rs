//! What is said in the terminal when an object thread has ended on its own.

use lopata_protocol::limits;
use lopata_protocol::message::Death;

/// The sentence for a thread of the objects of `class`.
pub fn ended_text(class: &str, death: &Death) -> String {
    let what = match death {
        Death::Memory => "exceeded their memory limit".to_string(),
        Death::Cpu => "exceeded their CPU time limit".to_string(),
        Death::Aborted(reason) if reason.is_empty() => "were ended: one called abortIsolate()".to_string(),
        Death::Aborted(reason) => format!("were ended: one called abortIsolate(): {reason}"),
        Death::Grace => {
            let seconds = limits::DRAIN_GRACE_MS / 1000;
            return format!(
                "Durable Objects of {class} were still busy {seconds} s after their code was updated and were reset."
            );
        }
        Death::Panic(text) => format!("hit a bug of lopata: {text}"),
    };
    format!("The Durable Objects of {class} {what}. They start afresh when they are called.")
}
