//! Ops of alarms: what their event asks of the object's storage, and its answer.

use std::rc::Rc;

use deno_core::{OpState, op2};
use lopata_bridges::Attachments;
use lopata_protocol::{AlarmOutcome, Answer, EventId, EventOutcome};

use crate::error::GuestError;
use crate::objects::alarms;
use crate::state::GuestState;

/// How an alarm ends, as the scripts number it.
const DONE: u32 = 0;
const FAILED: u32 = 1;
const CANCELED: u32 = 3;

fn guest_of(state: &OpState) -> Rc<GuestState> {
    state.borrow::<Rc<GuestState>>().clone()
}

/// An alarm rings: whether its handler is to run. It is not when the object has another alarm by now, or none.
#[op2(fast)]
pub fn op_object_alarm_arm(state: &mut OpState, #[number] event: u64, scheduled_time: f64) -> Result<bool, GuestError> {
    let guest = guest_of(state);
    let event = EventId(event);
    let number = guest.objects.number_of(event);
    let Some(bell) = guest.objects.bell(number) else { return Ok(false) };
    let armed = guest.objects.with_store(number, |store| alarms::arm(store, &bell, scheduled_time));
    match armed {
        Some(Ok(true)) => {
            guest.events.runs_alarm(event);
            Ok(true)
        }
        // A class that stores nothing has no alarms.
        Some(Ok(false)) | None => Ok(false),
        Some(Err(error)) => Err(GuestError::Storage(error.to_string())),
    }
}

/// The event of an alarm is over but for its waitUntils: answers it, once what it has written is committed.
#[op2(fast)]
pub fn op_object_alarm_over(state: &mut OpState, #[number] event: u64, scheduled_time: f64, #[smi] ended: u32) {
    let guest = guest_of(state);
    let event = EventId(event);
    let number = guest.objects.number_of(event);
    if ended != CANCELED
        && let Some(bell) = guest.objects.bell(number)
    {
        // A store that fails here is broken, which the end of the turn finds out.
        let done = ended != FAILED;
        guest.objects.with_store(number, |store| drop(alarms::finish(store, &bell, scheduled_time, done)));
        guest.objects.wrote(number, false);
    }
    let outcome = match ended {
        DONE => EventOutcome::Ok,
        CANCELED => EventOutcome::Canceled,
        _ => EventOutcome::Exception,
    };
    let failed = ended == FAILED;
    let answer = Answer::Alarm(AlarmOutcome { outcome, retry: failed, counts: failed });
    guest.answer(event, answer, Attachments::none(), None);
}

/// The object that `event` belongs to is about to be reset by its script, which does not want its alarm to be retried.
#[op2(fast)]
pub fn op_object_alarm_drop(state: &mut OpState, #[smi] number: u32) {
    let guest = guest_of(state);
    guest.events.drop_alarms(&guest.objects.events_of(number));
}
