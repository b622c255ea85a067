//! Delivery of what hibernating WebSockets say: each message is an event of their object.

use deno_core::v8;
use lopata_bridges::{Attachments, Ids};
use lopata_protocol::{EventId, SocketFrame, SpanContext};

use super::{Isolate, call};
use crate::events::Handler;
use crate::ext::object_sockets::{Next, next};
use crate::ext::websocket::Delivery;
use crate::tail::Trigger;

thread_local! {
    static IDS: Ids = Ids::new();
}

impl Isolate {
    /// Has an object hear the next thing that one of its sockets says. False when that is nothing, for now.
    pub(super) fn deliver_hibernating(&mut self, object: u32, id: u32) -> bool {
        let frame = match next(&self.guest, object, id) {
            Next::Nothing => return false,
            Next::Answered => return true,
            Next::Event(frame) => frame,
        };
        let event = EventId::next();
        let (span, name) = match &frame {
            SocketFrame::Text(_) | SocketFrame::Binary(_) => ("webSocketMessage handler", "webSocketMessage"),
            SocketFrame::Close { .. } | SocketFrame::Lost(None) => ("webSocketClose handler", "webSocketClose"),
            SocketFrame::Lost(Some(_)) => ("webSocketError handler", "webSocketError"),
        };
        let entrypoint = self.guest.objects.granted(object).map(|grant| grant.namespace.class.clone());
        let handler = Handler { span, name, entrypoint };
        // Each is a request of its own: the one that brought the socket may be long over.
        let parent = IDS.with(|ids| SpanContext { trace: ids.trace(), span: ids.span() });
        let trigger = self.guest.tailed.get().then(|| Trigger::web_socket(&frame));
        self.begin(event, handler, parent, trigger, &mut Attachments::none(), object);
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let event = v8::Number::new(scope, event.0 as f64).into();
        let object = v8::Integer::new_from_unsigned(scope, object).into();
        let [id, kind, data, more] = Delivery::Frame(frame).into_args(scope, id);
        call(scope, &self.dispatch.object_socket, &[event, object, id, kind, data, more]);
        // Each event is a task of its own: what it resolved runs before the next.
        scope.perform_microtask_checkpoint();
        self.guest.object_sockets.forget_over(&self.guest.sockets);
        true
    }
}
