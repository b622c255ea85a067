//! The schedule by hand, and over random sequences of what objects, clocks and handlers do.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const START: Now = Now { wall_ms: 1_000_000, running_ms: 500 };

/// `ms` later on both clocks.
fn after(ms: u64) -> Now {
    Now { wall_ms: START.wall_ms + ms.cast_signed(), running_ms: START.running_ms + ms }
}

fn due(schedule: &mut Schedule<&'static str>, now: Now) -> Vec<Run<&'static str>> {
    std::iter::from_fn(|| schedule.next_due(now)).collect()
}

#[test]
fn an_alarm_runs_once_at_its_time_and_not_before() {
    let mut schedule = Schedule::default();
    schedule.set("a", Some("name".into()), START.wall_ms + 10);
    assert_eq!(schedule.until_next(START), Some(10));
    assert_eq!(due(&mut schedule, after(9)), []);
    let runs = due(&mut schedule, after(10));
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].scheduled_ms, runs[0].retry_count), (START.wall_ms + 10, 0));
    assert_eq!(runs[0].name.as_deref(), Some("name"));
    assert_eq!((schedule.get(&"a"), schedule.until_next(after(10))), (None, None));
    assert_eq!(schedule.finished(&"a", runs[0].id, Ended::Done, after(11), 0.0), Next::Over);
    assert_eq!(due(&mut schedule, after(100_000)), []);
    assert_eq!(schedule.finished(&"a", runs[0].id, Ended::Done, after(11), 0.0), Next::Unknown);
}

#[test]
fn past_times_are_due_at_once_and_earliest_first() {
    let mut schedule = Schedule::default();
    schedule.set("b", None, START.wall_ms - 1);
    schedule.set("a", None, i64::MIN);
    schedule.set("far", None, i64::MAX);
    assert_eq!(schedule.until_next(START), Some(0));
    assert_eq!(due(&mut schedule, START).iter().map(|run| run.key).collect::<Vec<_>>(), ["a", "b"]);
    assert!(schedule.until_next(START).unwrap() > 1 << 60);
}

#[test]
fn a_handler_that_fails_is_called_six_more_times() {
    let mut schedule = Schedule::default();
    schedule.set("a", None, START.wall_ms);
    let mut now = START;
    let mut pauses = Vec::new();
    for retry in 0..7 {
        let run = schedule.next_due(now).unwrap();
        assert_eq!((run.retry_count, run.scheduled_ms), (retry, START.wall_ms));
        match schedule.finished(&"a", run.id, Ended::Failed, now, 0.0) {
            Next::Retried { pause_ms } => {
                assert_eq!(schedule.get(&"a"), Some(START.wall_ms), "it is set while it waits for its retry");
                assert!(schedule.next_due(Now { running_ms: now.running_ms + pause_ms - 1, ..now }).is_none());
                now.running_ms += pause_ms;
                pauses.push(pause_ms);
            }
            next => assert_eq!((retry, next), (6, Next::GivenUp)),
        }
    }
    assert_eq!(pauses, [2_000, 4_000, 8_000, 16_000, 32_000, 64_000]);
    assert_eq!((schedule.get(&"a"), schedule.until_next(now)), (None, None));
}

#[test]
fn interruptions_do_not_count_and_the_pauses_of_failures_start_anew_after_them() {
    let mut schedule = Schedule::default();
    schedule.set("a", None, START.wall_ms);
    let mut now = START;
    let mut run = |ended| {
        let run = schedule.next_due(now).unwrap();
        match schedule.finished(&"a", run.id, ended, now, 0.0) {
            Next::Retried { pause_ms } => {
                now.running_ms += pause_ms;
                (run.retry_count, pause_ms)
            }
            next => panic!("{next:?}"),
        }
    };
    let pauses: Vec<_> = (0..12).map(|_| run(Ended::Interrupted)).collect();
    assert!(pauses.iter().all(|(count, _)| *count == 0));
    assert_eq!(
        pauses[8..].iter().map(|(_, pause)| *pause).collect::<Vec<_>>(),
        [512_000, 1_024_000, 1_024_000, 1_024_000]
    );
    assert_eq!([run(Ended::Failed), run(Ended::Failed)], [(0, 2_000), (1, 4_000)]);
    assert_eq!([run(Ended::Interrupted), run(Ended::Failed)], [(2, 8_000), (2, 2_000)]);
}

#[test]
fn pauses_are_up_to_a_quarter_longer() {
    for backoff in 0..=BACKOFF_MAX {
        let least = RETRY_START_MS << backoff;
        assert_eq!((pause_ms(backoff, 0.0), pause_ms(backoff, 1.0)), (least, least + least / 4));
    }
}

#[test]
fn what_is_set_while_it_runs_comes_after_it_instead_of_a_retry() {
    for ended in [Ended::Done, Ended::Failed, Ended::Interrupted] {
        let mut schedule = Schedule::default();
        schedule.set("a", Some("name".into()), START.wall_ms);
        let run = schedule.next_due(START).unwrap();
        schedule.set("a", None, START.wall_ms + 5);
        assert_eq!((schedule.get(&"a"), schedule.runs(&"a")), (Some(START.wall_ms + 5), true));
        assert!(schedule.next_due(after(5)).is_none(), "one run at a time");
        assert_eq!(schedule.finished(&"a", run.id, ended, after(6), 0.0), Next::Superseded);
        let next = schedule.next_due(after(6)).unwrap();
        assert_eq!((next.scheduled_ms, next.retry_count), (START.wall_ms + 5, 0));
        assert_eq!(next.name.as_deref(), Some("name"));
    }
}

#[test]
fn what_is_removed_while_it_runs_is_not_retried() {
    let mut schedule = Schedule::default();
    schedule.set("a", None, START.wall_ms);
    let run = schedule.next_due(START).unwrap();
    schedule.set("a", None, START.wall_ms + 5);
    schedule.cancel(&"a");
    assert_eq!(schedule.get(&"a"), None);
    assert_eq!(schedule.finished(&"a", run.id, Ended::Failed, after(1), 0.0), Next::Over);
    assert_eq!(due(&mut schedule, after(1 << 40)), []);
}

#[test]
fn setting_and_removing_between_retries_takes_effect_at_once() {
    let mut schedule = Schedule::default();
    for removed in [false, true] {
        schedule.set("a", None, START.wall_ms);
        let run = schedule.next_due(START).unwrap();
        schedule.finished(&"a", run.id, Ended::Failed, START, 0.0);
        if removed {
            schedule.cancel(&"a");
            assert_eq!(due(&mut schedule, after(1 << 40)), []);
        } else {
            schedule.set("a", None, START.wall_ms + 1);
            let run = schedule.next_due(after(1)).unwrap();
            assert_eq!(run.retry_count, 0);
            schedule.finished(&"a", run.id, Ended::Done, after(1), 0.0);
        }
    }
}

#[test]
fn an_alarm_that_nobody_runs_is_tried_again_soon_and_that_counts_for_nothing() {
    let mut schedule = Schedule::default();
    schedule.set("a", None, START.wall_ms);
    let mut now = START;
    for _ in 0..20 {
        let run = schedule.next_due(now).unwrap();
        assert_eq!(run.retry_count, 0);
        assert_eq!(schedule.finished(&"a", run.id, Ended::NotBegun, now, 0.9), Next::Retried { pause_ms: 1_000 });
        now.running_ms += 1_000;
    }
    let run = schedule.next_due(now).unwrap();
    assert_eq!(schedule.finished(&"a", run.id, Ended::Failed, now, 0.0), Next::Retried { pause_ms: 2_000 });
}

#[test]
fn what_its_handler_wants_dropped_is_not_retried() {
    let mut schedule = Schedule::default();
    schedule.set("a", None, START.wall_ms);
    let run = schedule.next_due(START).unwrap();
    assert_eq!(schedule.finished(&"a", run.id, Ended::Dropped, START, 0.0), Next::GivenUp);
    assert!(schedule.is_empty());
    schedule.set("a", None, START.wall_ms);
    let run = schedule.next_due(START).unwrap();
    schedule.set("a", None, START.wall_ms + 1);
    assert_eq!(schedule.finished(&"a", run.id, Ended::Dropped, START, 0.0), Next::Superseded);
    assert_eq!(schedule.all().collect::<Vec<_>>(), [(&"a", START.wall_ms + 1)]);
}

#[test]
fn clocks_that_jump() {
    let mut schedule = Schedule::default();
    schedule.set("retried", None, START.wall_ms);
    let run = schedule.next_due(START).unwrap();
    schedule.finished(&"retried", run.id, Ended::Failed, START, 0.0);
    schedule.set("waits", None, START.wall_ms + 10_000);
    // Back by a day: the alarm waits for its time, the retry does not mind.
    let back = Now { wall_ms: START.wall_ms - 86_400_000, running_ms: START.running_ms + 2_000 };
    assert_eq!(due(&mut schedule, back).iter().map(|run| run.key).collect::<Vec<_>>(), ["retried"]);
    assert_eq!(schedule.until_next(back), Some(86_410_000));
    // Forward by a day: it is due at once.
    let forward = Now { wall_ms: START.wall_ms + 86_400_000, running_ms: START.running_ms + 2_001 };
    assert_eq!(due(&mut schedule, forward).iter().map(|run| run.key).collect::<Vec<_>>(), ["waits"]);
}

#[test]
fn alarms_that_are_hurried_run_with_the_time_they_have() {
    let mut schedule = Schedule::default();
    assert!(!schedule.hurry(&"a", START));
    schedule.set("a", None, START.wall_ms + (1 << 40));
    assert!(schedule.hurry(&"a", START));
    let run = schedule.next_due(START).unwrap();
    assert_eq!(run.scheduled_ms, START.wall_ms + (1 << 40));
    assert!(!schedule.hurry(&"a", START), "it runs already");
    schedule.finished(&"a", run.id, Ended::Failed, START, 0.0);
    assert!(schedule.hurry(&"a", START));
    assert_eq!(schedule.next_due(START).unwrap().retry_count, 1, "it is a retry all the same");
}

#[test]
fn what_is_forgotten_neither_runs_nor_comes_back() {
    let mut schedule = Schedule::default();
    for key in ["a1", "a2", "b1"] {
        schedule.set(key, None, START.wall_ms);
    }
    let run = schedule.next_due(START).unwrap();
    schedule.forget(|key| key.starts_with('a'));
    assert_eq!(schedule.finished(&run.key, run.id, Ended::Failed, START, 0.0), Next::Unknown);
    assert_eq!(due(&mut schedule, after(1 << 40)).iter().map(|run| run.key).collect::<Vec<_>>(), ["b1"]);
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Set(u8, i64),
    Cancel(u8),
    Hurry(u8),
    Tick(u64, i64),
    Finish(usize, u8),
    Forget(u8),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..4u8, -5_000..50_000i64).prop_map(|(key, ms)| Op::Set(key, ms)),
        1 => (0..4u8).prop_map(Op::Cancel),
        1 => (0..4u8).prop_map(Op::Hurry),
        6 => (0..20_000u64, -3_000..3_000i64).prop_map(|(ms, jump)| Op::Tick(ms, jump)),
        5 => (0..16usize, 0..5u8).prop_map(|(run, ended)| Op::Finish(run, ended)),
        1 => (0..4u8).prop_map(Op::Forget),
    ]
}

/// What a key's alarm may do, as told by the rules in words and not by the queues.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Waits { at: i64, due: i64 },
    Retries { at: i64, from: u64 },
    Runs { id: RunId, at: i64, then: Option<Option<i64>> },
}

proptest! {
    /// Nothing runs twice at a time, nothing early, nothing that is due is forgotten, and what was asked last holds.
    #[test]
    fn every_alarm_does_what_was_asked_of_it_last(ops in prop::collection::vec(op(), 0..200)) {
        let mut schedule: Schedule<u8> = Schedule::default();
        let mut expected: HashMap<u8, Expected> = HashMap::new();
        let mut running: Vec<(u8, RunId)> = Vec::new();
        let mut now = START;
        for op in ops {
            match op {
                Op::Set(key, ms) => {
                    let at = now.wall_ms + ms;
                    schedule.set(key, None, at);
                    match expected.get_mut(&key) {
                        Some(Expected::Runs { then, .. }) => *then = Some(Some(at)),
                        _ => drop(expected.insert(key, Expected::Waits { at, due: at })),
                    }
                }
                Op::Cancel(key) => {
                    schedule.cancel(&key);
                    match expected.get_mut(&key) {
                        Some(Expected::Runs { then, .. }) => *then = Some(None),
                        _ => drop(expected.remove(&key)),
                    }
                }
                Op::Hurry(key) => {
                    let hurried = schedule.hurry(&key, now);
                    match expected.get(&key).copied() {
                        Some(Expected::Waits { at, .. } | Expected::Retries { at, .. }) => {
                            prop_assert!(hurried);
                            expected.insert(key, Expected::Waits { at, due: at.min(now.wall_ms) });
                        }
                        _ => prop_assert!(!hurried),
                    }
                }
                Op::Tick(ms, jump) => {
                    now.running_ms += ms;
                    now.wall_ms += ms.cast_signed() + jump;
                    while let Some(run) = schedule.next_due(now) {
                        let at = match expected[&run.key] {
                            Expected::Waits { at, due } => {
                                prop_assert!(due <= now.wall_ms, "early");
                                at
                            }
                            Expected::Retries { at, from } => {
                                prop_assert!(from <= now.running_ms, "early");
                                at
                            }
                            Expected::Runs { .. } => return Err(TestCaseError::fail("twice at a time")),
                        };
                        prop_assert_eq!(run.scheduled_ms, at);
                        expected.insert(run.key, Expected::Runs { id: run.id, at, then: None });
                        running.push((run.key, run.id));
                    }
                    prop_assert!(schedule.until_next(now).is_none_or(|ms| ms > 0));
                    for alarm in expected.values() {
                        match alarm {
                            Expected::Waits { due, .. } => prop_assert!(*due > now.wall_ms, "forgotten"),
                            Expected::Retries { .. } | Expected::Runs { .. } => {}
                        }
                    }
                }
                Op::Finish(index, ended) if !running.is_empty() => {
                    let (key, id) = running.swap_remove(index % running.len());
                    let ended = [Ended::Done, Ended::Failed, Ended::Interrupted, Ended::NotBegun, Ended::Dropped]
                        [usize::from(ended)];
                    let next = schedule.finished(&key, id, ended, now, 0.5);
                    match expected.get(&key).copied() {
                        Some(Expected::Runs { id: runs, at, then }) if runs == id => match then {
                            Some(Some(at)) => {
                                prop_assert_eq!(next, Next::Superseded);
                                expected.insert(key, Expected::Waits { at, due: at });
                            }
                            Some(None) => {
                                prop_assert_eq!(next, Next::Over);
                                expected.remove(&key);
                            }
                            None => match next {
                                Next::Retried { pause_ms } => {
                                    prop_assert!(!matches!(ended, Ended::Done | Ended::Dropped));
                                    prop_assert!((1_000..=1_280_000).contains(&pause_ms));
                                    expected.insert(key, Expected::Retries { at, from: now.running_ms + pause_ms });
                                }
                                Next::Over => {
                                    prop_assert_eq!(ended, Ended::Done);
                                    expected.remove(&key);
                                }
                                Next::GivenUp => {
                                    prop_assert!(matches!(ended, Ended::Failed | Ended::Dropped));
                                    expected.remove(&key);
                                }
                                next => prop_assert!(false, "{:?}", next),
                            },
                        },
                        _ => prop_assert_eq!(next, Next::Unknown),
                    }
                }
                Op::Finish(..) => {}
                Op::Forget(key) => {
                    schedule.forget(|other| *other == key);
                    expected.remove(&key);
                }
            }
            for key in 0..4 {
                let alarm = expected.get(&key);
                let at = match alarm {
                    Some(Expected::Waits { at, .. } | Expected::Retries { at, .. }) => Some(*at),
                    Some(Expected::Runs { then, .. }) => then.flatten(),
                    None => None,
                };
                prop_assert_eq!(schedule.get(&key), at);
                prop_assert_eq!(schedule.runs(&key), matches!(alarm, Some(Expected::Runs { .. })));
            }
        }
    }
}
