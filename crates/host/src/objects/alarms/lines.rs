//! What the terminal says of alarms that have run.

use lopata_protocol::EventOutcome;

use super::{Next, Ran};

/// The line of an alarm that has run, much as `wrangler tail` has it.
pub fn line(ran: &Ran) -> String {
    let Ran { definition, object, name, outcome, next, elapsed, .. } = ran;
    let class = &definition.class;
    let object = name.as_ref().map_or_else(|| object.to_string(), |name| format!("{name:?}"));
    let word = match outcome {
        Ok(EventOutcome::Ok) => "Ok",
        Ok(EventOutcome::Exception) => "Exception Thrown",
        Ok(EventOutcome::Canceled) => "Canceled",
        Ok(EventOutcome::ExceededCpu) => "Exceeded CPU Limit",
        Ok(EventOutcome::ExceededMemory) => "Exceeded Memory",
        Ok(EventOutcome::InternalError) => "Unknown",
        Err(reason) => reason,
    };
    let then = match next {
        Next::Retried { pause_ms } => format!(", retried in {} s", (pause_ms + 500) / 1000),
        Next::GivenUp => ", not retried".to_string(),
        Next::Over | Next::Superseded | Next::Unknown => String::new(),
    };
    format!("Alarm of {class} {object} - {word} ({}ms){then}", elapsed.as_millis())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use lopata_protocol::{NamespaceDefinition, ObjectId, ObjectStorage};

    use super::*;

    #[test]
    fn lines_name_the_object_and_say_what_comes_next() {
        let definition = Arc::new(NamespaceDefinition {
            unique_key: "w-Room".into(),
            worker: "w".into(),
            class: "Room".into(),
            storage: ObjectStorage::Nowhere,
            evicts: true,
            ephemeral: false,
        });
        let ran = |name: Option<&str>, outcome, next| Ran {
            definition: definition.clone(),
            object: ObjectId([0xab; 32]),
            name: name.map(Arc::from),
            scheduled_ms: 0,
            outcome,
            next,
            elapsed: Duration::from_micros(3_400),
            spans: Vec::new(),
        };
        assert_eq!(line(&ran(Some("a"), Ok(EventOutcome::Ok), Next::Over)), "Alarm of Room \"a\" - Ok (3ms)");
        let failed = ran(None, Ok(EventOutcome::Exception), Next::Retried { pause_ms: 2_400 });
        let expected = format!("Alarm of Room {} - Exception Thrown (3ms), retried in 2 s", "ab".repeat(32));
        assert_eq!(line(&failed), expected);
        let died = ran(Some("a"), Err("the worker ended before its handler did".to_string()), Next::GivenUp);
        assert_eq!(line(&died), "Alarm of Room \"a\" - the worker ended before its handler did (3ms), not retried");
    }
}
