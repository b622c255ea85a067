//! The tables against plain sets, over random sequences of what callers and events do.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use lopata_protocol::{CallId, EventId, ExportId};
use proptest::prelude::*;

use super::{Exports, ResultState, Results};

#[derive(Clone, Copy, Debug)]
enum Op {
    Export(u64),
    Release(usize),
    Call(u64),
    Finish(usize),
    EndEvent(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..4u64).prop_map(Op::Export),
        3 => (0..64usize).prop_map(Op::Release),
        4 => (0..4u64).prop_map(Op::Call),
        3 => (0..64usize).prop_map(Op::Finish),
        1 => (0..4u64).prop_map(Op::EndEvent),
    ]
}

proptest! {
    /// Each export and each result is given back exactly once, to whoever comes first, and nobody else's is touched.
    #[test]
    fn everything_is_given_back_once(ops in prop::collection::vec(op(), 0..200)) {
        let mut exports = Exports::default();
        let mut results = Results::default();
        let mut exported: Vec<ExportId> = Vec::new();
        let mut called: Vec<CallId> = Vec::new();
        // What is still to be given back: the event, and the target, which is a number of its own.
        let mut live_exports: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        let mut live_results: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (target, op) in (0u64..).zip(ops) {
            match op {
                Op::Export(event) => {
                    let id = exports.insert(EventId(event), target);
                    exported.push(id);
                    live_exports.insert(id.0, (event, target));
                }
                Op::Release(index) if !exported.is_empty() => {
                    let id = exported[index % exported.len()];
                    let expected = live_exports.remove(&id.0).map(|(event, target)| (EventId(event), target));
                    prop_assert_eq!(exports.release(id), expected);
                    prop_assert!(exports.get(id).is_none());
                }
                Op::Call(event) => {
                    let call = CallId::next();
                    results.insert(call, EventId(event), target);
                    called.push(call);
                    live_results.insert(call.0, (event, target));
                }
                Op::Finish(index) if !called.is_empty() => {
                    let call = called[index % called.len()];
                    let expected = live_results.remove(&call.0).map(|(event, target)| (EventId(event), target));
                    prop_assert_eq!(results.finish(call), expected);
                    prop_assert_eq!(results.get(call), ResultState::Gone);
                }
                Op::Release(_) | Op::Finish(_) => {}
                Op::EndEvent(event) => {
                    let mut ended = exports.end_event(EventId(event));
                    ended.sort_unstable();
                    let expected: Vec<u64> =
                        live_exports.values().filter(|(of, _)| *of == event).map(|(_, target)| *target).collect();
                    prop_assert_eq!(ended, expected);
                    live_exports.retain(|_, (of, _)| *of != event);

                    let mut ended = results.end_event(EventId(event));
                    ended.sort_unstable();
                    let expected: Vec<(CallId, u64)> = live_results
                        .iter()
                        .filter(|(_, (of, _))| *of == event)
                        .map(|(call, (_, target))| (CallId(*call), *target))
                        .collect();
                    prop_assert_eq!(ended, expected);
                    live_results.retain(|_, (of, _)| *of != event);
                }
            }
            prop_assert_eq!((exports.len(), results.len()), (live_exports.len(), live_results.len()));
            prop_assert_eq!(exports.is_empty(), live_exports.is_empty());
            for event in 0..4 {
                let expected = live_exports.values().filter(|(of, _)| *of == event).count();
                prop_assert_eq!(exports.of_event(EventId(event)), expected);
            }
        }
    }
}
