// What `performance` has beyond the clock, and the classes of its entries, for workers that have them.
//
// Marks and measures are kept in the order they were made. Observers are there to be made: production never calls one.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypeFilter,
  ArrayPrototypeFind,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  Map,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  SafeMap,
  String,
  Symbol,
  SymbolIterator,
  TypeError,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { configureClass } = core.loadExtScript("ext:lopata/event/shape.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { Performance, now, performance } = core.loadExtScript("ext:lopata/time/time.js");

/** What only the engine's own code may pass to a constructor. */
const internal = Symbol("internal");

/** The entries there are, in the order they were made. @type {PerformanceEntry[]} */
let entries = [];

// ---- arguments

function wrongType(method, number, type, owner = "Performance") {
  return new TypeError(`Failed to execute '${method}' on '${owner}': parameter ${number} is not of type '${type}'.`);
}

/** @param {ArrayLike<unknown>} args */
function nameOf(args, method) {
  if (args.length === 0) throw wrongType(method, 1, "string");
  return webidl.converters.DOMString(args[0]);
}

function isOptions(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** The details of a mark or a measure. */
function detailOf(options) {
  const { detail } = options;
  if (detail === undefined) return null;
  if (!isOptions(detail)) {
    throw new TypeError(
      "Incorrect type for the 'detail' field on 'Options': the provided value is not of type 'JsObject'.",
    );
  }
  return detail;
}

function numberOf(value) {
  return value === undefined ? undefined : +value;
}

function assertPerformance(self) {
  if (self !== performance) throw webidl.illegalInvocation();
}

// ---- entries

class PerformanceEntry {
  #fields;

  constructor(token, name, entryType, startTime, duration, detail) {
    if (token !== internal) webidl.illegalConstructor();
    this.#fields = { name, entryType, startTime, duration, detail };
  }

  get name() {
    return fieldsOf(this).name;
  }

  get entryType() {
    return fieldsOf(this).entryType;
  }

  get startTime() {
    return fieldsOf(this).startTime;
  }

  get duration() {
    return fieldsOf(this).duration;
  }

  toJSON() {
    return asJson(this);
  }

  static fields(self) {
    if (!isOptions(self) || !(#fields in self)) throw webidl.illegalInvocation();
    return self.#fields;
  }
}
const fieldsOf = PerformanceEntry.fields;
delete PerformanceEntry.fields;

function asJson(entry) {
  const { name, entryType, startTime, duration, detail } = fieldsOf(entry);
  const json = { __proto__: null, name, entryType, startTime, duration };
  if (detail !== null && detail !== undefined) json.detail = detail;
  return json;
}

class PerformanceMark extends PerformanceEntry {
  constructor(name, options = undefined) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to construct 'PerformanceMark': constructor parameter 1 is not of type 'string'.");
    }
    name = webidl.converters.DOMString(name);
    if (options === null || options === undefined) options = {};
    if (!isOptions(options)) {
      throw new TypeError("Failed to construct 'PerformanceMark': constructor parameter 2 is not of type 'Options'.");
    }
    const detail = detailOf(options);
    super(internal, name, "mark", numberOf(options.startTime) ?? now(), 0, detail);
  }

  get detail() {
    return fieldsOf(this).detail;
  }

  toJSON() {
    return asJson(this);
  }
}

class PerformanceMeasure extends PerformanceEntry {
  constructor(token, name, startTime, duration, detail) {
    if (token !== internal) webidl.illegalConstructor();
    super(internal, name, "measure", startTime, duration, detail);
  }

  get detail() {
    return fieldsOf(this).detail;
  }

  toJSON() {
    return asJson(this);
  }
}

class PerformanceResourceTiming extends PerformanceEntry {
  constructor() {
    webidl.illegalConstructor();
  }
}
// There are none, so nobody ever reads these of one.
const RESOURCE_FIELDS = "connectEnd connectStart decodedBodySize domainLookupEnd domainLookupStart encodedBodySize " +
  "fetchStart initiatorType nextHopProtocol redirectEnd redirectStart requestStart responseEnd responseStart " +
  "responseStatus secureConnectionStart transferSize workerStart";
for (const name of RESOURCE_FIELDS.split(" ")) {
  const { get } = ObjectGetOwnPropertyDescriptor({
    get [name]() {
      throw webidl.illegalInvocation();
    },
  }, name);
  ObjectDefineProperty(PerformanceResourceTiming.prototype, name, {
    __proto__: null,
    get,
    enumerable: true,
    configurable: true,
  });
}

// ---- observers, which see nothing

class PerformanceObserver {
  #branded = true;

  constructor(_callback) {
    if (arguments.length === 0) {
      throw new TypeError(
        "Failed to construct 'PerformanceObserver': constructor parameter 1 is not of type 'JsValue'.",
      );
    }
  }

  disconnect() {
    if (!(#branded in this)) throw webidl.illegalInvocation();
  }

  observe(options = undefined) {
    if (!(#branded in this)) throw webidl.illegalInvocation();
    if (options === undefined || options === null) return;
    if (!isOptions(options)) throw wrongType("observe", 1, "ObserveOptions", "PerformanceObserver");
    const { entryTypes } = options;
    if (entryTypes !== undefined && !ArrayIsArray(entryTypes)) {
      throw new TypeError(
        "Incorrect type for the 'entryTypes' field on 'ObserveOptions': the provided value is not of type 'Array'.",
      );
    }
  }

  takeRecords() {
    if (!(#branded in this)) throw webidl.illegalInvocation();
    return [];
  }
}
ObjectDefineProperty(PerformanceObserver, "supportedEntryTypes", {
  __proto__: null,
  get: { supportedEntryTypes: () => ["measure", "mark"] }.supportedEntryTypes,
  enumerable: true,
  configurable: true,
});

class PerformanceObserverEntryList {
  constructor() {
    webidl.illegalConstructor();
  }

  getEntries() {
    throw webidl.illegalInvocation();
  }

  getEntriesByType(_type) {
    throw webidl.illegalInvocation();
  }

  getEntriesByName(_name) {
    throw webidl.illegalInvocation();
  }
}

/** How often which event was handled: none ever is. */
class EventCounts {
  #counts = new SafeMap();

  constructor(token) {
    if (token !== internal) webidl.illegalConstructor();
  }

  get size() {
    return this.#counts.size;
  }

  get(_type) {
    if (arguments.length === 0) throw wrongType("get", 1, "string", "EventCounts");
    return undefined;
  }

  has(_type) {
    if (arguments.length === 0) throw wrongType("has", 1, "string", "EventCounts");
    return false;
  }

  entries() {
    return new Map().entries();
  }

  keys() {
    return new Map().keys();
  }

  values() {
    return new Map().values();
  }

  forEach(callback, _thisArg = undefined) {
    if (typeof callback !== "function") throw wrongType("forEach", 1, "function", "EventCounts");
  }

  [SymbolIterator]() {
    return new Map().entries();
  }
}

/** The milestones of a process, which a worker has none of. */
class PerformanceNodeTiming extends PerformanceEntry {
  constructor() {
    super(internal, "node", "node", 0, 0, undefined);
    this.uvMetricsInfo = { loopCount: 0, events: 0, eventsWaiting: 0 };
    for (let i = MILESTONES.length - 1; i >= 0; i--) this[MILESTONES[i]] = 0;
  }

  toJSON() {
    const json = asJson(this);
    for (let i = 0; i < MILESTONES.length; i++) json[MILESTONES[i]] = this[MILESTONES[i]];
    json.uvMetricsInfo = { __proto__: null, ...this.uvMetricsInfo };
    return json;
  }
}
const MILESTONES = ["nodeStart", "v8Start", "bootstrapComplete", "environment", "loopStart", "loopExit", "idleTime"];

// ---- measuring

/** When the mark of this name was first made. */
function markTime(name) {
  const mark = ArrayPrototypeFind(entries, (entry) => {
    const fields = fieldsOf(entry);
    return fields.entryType === "mark" && fields.name === name;
  });
  return mark === undefined ? undefined : fieldsOf(mark).startTime;
}

/** Between what a measure lies: start, duration, details. */
function between(start, end) {
  if (isOptions(start)) {
    const detail = detailOf(start);
    const from = numberOf(start.start) ?? 0;
    const duration = numberOf(start.duration);
    const to = numberOf(start.end) ?? (duration === undefined ? now() : from + duration);
    return [from, to - from, detail];
  }
  if (start === undefined || start === null) return [0, now(), null];
  const from = markTime(webidl.converters.DOMString(start)) ?? 0;
  const to = end === undefined || end === null ? undefined : markTime(webidl.converters.DOMString(end));
  return [from, (to ?? now()) - from, null];
}

/** Without a name all of the type go; with one, all that have it, of whatever type: so does production. */
function clear(entryType, args) {
  const name = args.length === 0 || args[0] === undefined ? undefined : webidl.converters.DOMString(args[0]);
  entries = ArrayPrototypeFilter(entries, (entry) => {
    const fields = fieldsOf(entry);
    return name === undefined ? fields.entryType !== entryType : fields.name !== name;
  });
}

const members = {
  get eventCounts() {
    assertPerformance(this);
    return new EventCounts(internal);
  },
  clearMarks() {
    assertPerformance(this);
    clear("mark", arguments);
  },
  clearMeasures() {
    assertPerformance(this);
    clear("measure", arguments);
  },
  clearResourceTimings() {
    assertPerformance(this);
  },
  getEntries() {
    assertPerformance(this);
    return ArrayPrototypeSlice(entries);
  },
  getEntriesByName() {
    assertPerformance(this);
    const name = nameOf(arguments, "getEntriesByName");
    const entryType = arguments[1] === undefined ? undefined : String(arguments[1]);
    return ArrayPrototypeFilter(entries, (entry) => {
      const fields = fieldsOf(entry);
      return fields.name === name && (entryType === undefined || fields.entryType === entryType);
    });
  },
  getEntriesByType() {
    assertPerformance(this);
    const entryType = nameOf(arguments, "getEntriesByType");
    return ArrayPrototypeFilter(entries, (entry) => fieldsOf(entry).entryType === entryType);
  },
  mark() {
    assertPerformance(this);
    const name = nameOf(arguments, "mark");
    const options = arguments[1] ?? {};
    if (!isOptions(options)) throw wrongType("mark", 2, "Options");
    const mark = new PerformanceMark(name, options);
    ArrayPrototypePush(entries, mark);
    return mark;
  },
  measure() {
    assertPerformance(this);
    const name = nameOf(arguments, "measure");
    const { 0: start, 1: duration, 2: detail } = between(arguments[1], arguments[2]);
    const measure = new PerformanceMeasure(internal, name, start, duration > 0 ? duration : 0, detail);
    ArrayPrototypePush(entries, measure);
    return measure;
  },
  setResourceTimingBufferSize() {
    assertPerformance(this);
    if (arguments.length === 0) throw wrongType("setResourceTimingBufferSize", 1, "unsigned integer");
    webidl.converters["unsigned long"](arguments[0]);
  },
  toJSON() {
    assertPerformance(this);
    return { __proto__: null, timeOrigin: 0 };
  },
};

/** Those of Node. */
const nodeMembers = {
  get nodeTiming() {
    assertPerformance(this);
    return new PerformanceNodeTiming();
  },
  eventLoopUtilization() {
    return { idle: 0, active: 0, utilization: 0 };
  },
  markResourceTiming() {},
  timerify(callback = undefined) {
    if (typeof callback !== "function") throw wrongType("timerify", 1, "function");
    return callback;
  },
};

function add(source) {
  const keys = ReflectOwnKeys(source);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = ObjectGetOwnPropertyDescriptor(source, keys[i]);
    ObjectDefineProperty(Performance.prototype, keys[i], { __proto__: null, ...descriptor, enumerable: true });
  }
}

const classes = {
  Performance,
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  PerformanceObserver,
  PerformanceObserverEntryList,
  PerformanceResourceTiming,
};
add(members);
if (compat.has("enable_nodejs_perf_hooks_module")) add(nodeMembers);
for (const name in classes) configureClass(classes[name]);
configureClass(EventCounts);
configureClass(PerformanceNodeTiming);

return { classes, performance };
})();
