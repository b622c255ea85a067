// The alarm of a Durable Object: its event, from the bell to the answer.
//
// Whether the handler runs at all is decided by the object's storage, which is asked when the event has come in (after
// the constructor, which may have set another alarm). The answer leaves when the handler is done and what it wrote is
// durable; what it has handed to waitUntil goes on behind it.
(function () {
const { core, primordials } = __bootstrap;
const { Error, ObjectDefineProperty, PromisePrototypeThen, PromiseResolve, ReflectApply, SymbolToStringTag, TypeError } =
  primordials;
const { op_log_exception, op_object_alarm_arm, op_object_alarm_over } = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const objects = core.loadExtScript("ext:lopata/objects/instance.js");
const { HOW } = core.loadExtScript("ext:lopata/objects/state.js");

// Source: production's texts.
const NO_HANDLER_TEXT = "Attempted to run a scheduled alarm without a handler, did you remember to export an alarm() " +
  "function?";
const TOO_LONG_TEXT = "Alarm exceeded its allowed execution time";

/** As `limits::ALARM_MS_MAX`. */
const ALARM_MS_MAX = 15 * 60 * 1000;

/** How an alarm ends, numbered as in `ext/objects/alarm.rs`. */
const DONE = 0;
const FAILED = 1;
const NO_HANDLER = 2;
const CANCELED = 3;

/** Given to the constructor by this script only. */
const construct = {};

/** What a handler is given. */
class AlarmInvocationInfo {
  constructor(token, scheduledTime, retryCount) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    readOnly(this, "scheduledTime", scheduledTime);
    readOnly(this, "retryCount", retryCount);
    readOnly(this, "isRetry", retryCount > 0);
  }
}
ObjectDefineProperty(AlarmInvocationInfo.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "AlarmInvocationInfo",
  configurable: true,
});

function readOnly(object, name, value) {
  ObjectDefineProperty(object, name, { __proto__: null, value, enumerable: true, configurable: true });
}

/** That nothing handles the alarms of a class was said. */
let warned = false;

/**
 * @param {number} object
 * @param {number} event
 * @param {number} scheduledTime
 * @param {number} retryCount
 */
function dispatchAlarm(object, event, scheduledTime, retryCount) {
  const context = objects.begin(object, event);
  const over = (ended, outcome) => {
    if (context.handlerDone) return;
    context.handlerDone = true;
    if (outcome !== io.OUTCOME.ok) context.outcome = outcome;
    op_object_alarm_over(event, scheduledTime, ended);
    context.maybeEndSoon();
  };
  const failed = (error) => {
    if (context.handlerDone) return;
    op_log_exception(event, error);
    over(FAILED, io.OUTCOME.exception);
  };
  context.fail = (_context, error) => failed(error);
  objects.enter(context, () => {
    try {
      if (!op_object_alarm_arm(event, scheduledTime)) {
        over(CANCELED, io.OUTCOME.canceled);
        return;
      }
      const { record } = context.keeper;
      const { instance } = record;
      const handler = instance.alarm;
      if (typeof handler !== "function") {
        if (!warned) core.loadExtScript("ext:lopata/console/console.js").warn(NO_HANDLER_TEXT);
        warned = true;
        over(NO_HANDLER, io.OUTCOME.exception);
        return;
      }
      const timer = core.createTimer(
        () => record.break(new Error(TOO_LONG_TEXT), HOW.tookTooLong),
        ALARM_MS_MAX,
        undefined,
        false,
        true,
        true,
      );
      const stop = () => core.cancelTimer(timer);
      context.onEnd(stop);
      const settled = () => {
        stop();
        context.offEnd(stop);
      };
      const result = ReflectApply(handler, instance, [new AlarmInvocationInfo(construct, scheduledTime, retryCount)]);
      PromisePrototypeThen(
        PromiseResolve(result),
        () => {
          settled();
          over(DONE, io.OUTCOME.ok);
        },
        (error) => {
          settled();
          failed(error);
        },
      );
    } catch (error) {
      failed(error);
    }
  });
}

return { dispatchAlarm };
})();
