// structuredClone.

function equal(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

function throws(action, name, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, not even: ${message}`);
  equal([thrown.name, thrown.message], [name, message]);
}
function refused(value, message) {
  throws(() => structuredClone(value), "DataCloneError", message);
}

const notSerializable = (name) =>
  `Could not serialize object of type "${name}". This type does not support serialization.`;

export const plainValuesAreCopied = {
  test() {
    const value = { a: [1, "b", null, true], c: { d: 1.5 } };
    const clone = structuredClone(value);
    equal(clone, value);
    equal([clone === value, clone.a === value.a], [false, false]);
    equal([structuredClone(undefined), structuredClone(5n) === 5n, Object.is(structuredClone(-0), -0)], [
      undefined,
      true,
      true,
    ]);
  },
};

export const classesOfTheLanguageAreKept = {
  test() {
    const clone = structuredClone({
      map: new Map([[1, { a: 1 }]]),
      set: new Set(["s"]),
      date: new Date(5),
      expression: /x/gi,
      boxed: new String("boxed"),
      bytes: new Uint8Array([1, 2]),
      view: new DataView(new ArrayBuffer(4), 1),
      large: new BigUint64Array(1),
    });
    equal([clone.map.get(1), [...clone.set], clone.date.getTime()], [{ a: 1 }, ["s"], 5]);
    equal([String(clone.expression), typeof clone.boxed, [...clone.bytes]], ["/x/gi", "object", [1, 2]]);
    equal([clone.view.byteLength, clone.large.constructor.name], [3, "BigUint64Array"]);
  },
};

export const cyclesAndIdentityAreKept = {
  test() {
    const shared = {};
    const value = { one: shared, two: shared };
    value.self = value;
    const clone = structuredClone(value);
    equal([clone.self === clone, clone.one === clone.two, clone.one === shared], [true, true, false]);
  },
};

export const ownPropertiesOnly = {
  test() {
    class Point {
      x = 1;
      get y() {
        return 2;
      }
    }
    const clone = structuredClone(new Point());
    equal([clone.constructor === Object, clone], [true, { x: 1 }]);
    equal(structuredClone({ get a() {
      return 1;
    } }), { a: 1 });
    equal("a" in structuredClone(Object.create({ a: 1 })), false);
  },
};

export const holesAndNamesOfArraysAreKept = {
  test() {
    const value = [1, , 3];
    value.name = "x";
    const clone = structuredClone(value);
    equal([clone.length, 1 in clone, clone.name], [3, false, "x"]);
  },
};

export const functionsAndSymbolsAreRefused = {
  test() {
    refused(() => {}, "() => {} could not be cloned.");
    refused({ f() {} }, "f() {} could not be cloned.");
    refused(Symbol("s"), "Symbol(s) could not be cloned.");
  },
};

export const opaqueObjectsAreRefused = {
  test() {
    refused(new WeakMap(), "#<WeakMap> could not be cloned.");
    refused(Promise.resolve(), "#<Promise> could not be cloned.");
    refused((function* () {})(), "[object Generator] could not be cloned.");
    refused(new WebAssembly.Memory({ initial: 1 }), "#<Memory> could not be cloned.");
  },
};

export const objectsOfThePlatformAreRefused = {
  test() {
    refused(new Event("a"), notSerializable("Event"));
    refused(new EventTarget(), notSerializable("EventTarget"));
    refused({ nested: [new EventTarget()] }, notSerializable("EventTarget"));
    refused(new AbortController(), notSerializable("AbortController"));
    refused(new HTMLRewriter(), notSerializable("HTMLRewriter"));
    refused(new TextEncoder(), notSerializable("TextEncoder"));
    refused(new URL("http://a"), notSerializable("URL"));
    refused(new URLSearchParams(), notSerializable("URLSearchParams"));
    refused(new FormData(), notSerializable("FormData"));
  },
};

export const aSignalSaysWhy = {
  test() {
    if (Cloudflare.compatibilityFlags.enable_abortsignal_rpc) return;
    refused(new AbortController().signal, "AbortSignal serialization is not enabled.");
  },
};

export const headersAreCopied = {
  test() {
    const { headers } = structuredClone({ headers: new Headers({ a: "b" }) });
    equal([headers instanceof Headers, headers.get("a")], [true, "b"]);
  },
};

export const aGetterMayThrow = {
  test() {
    throws(
      () => structuredClone({ get a() {
        throw new RangeError("thrown");
      } }),
      "RangeError",
      "thrown",
    );
    throws(
      () => structuredClone({ get a() {
        throw new TypeError("a type error of its own");
      } }),
      "TypeError",
      "a type error of its own",
    );
  },
};

export const errorsKeepClassAndMessage = {
  test() {
    const clone = structuredClone(new RangeError("message", { cause: new TypeError("cause") }));
    equal([clone instanceof RangeError, clone.message], [true, "message"]);
    equal([clone.cause instanceof TypeError, clone.cause.message], [true, "cause"]);
    equal(typeof clone.stack, "string");
  },
};

export const errorsKeepEverything = {
  test() {
    if (!Cloudflare.compatibilityFlags.enhanced_error_serialization) return;
    const error = Object.assign(new Error("message"), { name: "MyError", extra: { a: 1 } });
    const clone = structuredClone(error);
    equal([clone.constructor === Error, clone.name, clone.extra], [true, "MyError", { a: 1 }]);
    const many = structuredClone(new AggregateError([new Error("one")], "many"));
    equal([many instanceof AggregateError, many.errors[0].message], [true, "one"]);
  },
};

export const buffersCanBeTransferred = {
  test() {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const clone = structuredClone({ buffer }, { transfer: [buffer] });
    equal([buffer.byteLength, buffer.detached], [0, true]);
    equal([...new Uint8Array(clone.buffer)], [1, 2, 3]);
  },
};

export const onlyBuffersCanBeTransferred = {
  test() {
    for (const item of [1, {}, new Headers()]) {
      throws(() => structuredClone(1, { transfer: [item] }), "TypeError", "Object is not transferable");
    }
  },
};

export const theTransferIsAnArray = {
  test() {
    const text = "Incorrect type for the 'transfer' field on 'StructuredCloneOptions': the provided value is not of " +
      "type 'Array'.";
    for (const transfer of [1, null, new Set()]) {
      throws(() => structuredClone(1, { transfer }), "TypeError", text);
    }
    equal([structuredClone(1, { transfer: undefined }), structuredClone(1, null)], [1, 1]);
  },
};

export const argumentsAreChecked = {
  test() {
    const prefix = "Failed to execute 'structuredClone' on 'ServiceWorkerGlobalScope'";
    throws(() => structuredClone(), "TypeError", `${prefix}: parameter 1 is not of type 'Value'.`);
    throws(() => structuredClone(1, 1), "TypeError", `${prefix}: parameter 2 is not of type 'StructuredCloneOptions'.`);
  },
};

export const sharedMemoryIsShared = {
  test() {
    const shared = new SharedArrayBuffer(4);
    const clone = structuredClone(shared);
    new Uint8Array(clone)[0] = 7;
    equal([clone === shared, new Uint8Array(shared)[0]], [false, 7]);
  },
};

export const resizableBuffersStaySo = {
  test() {
    const clone = structuredClone(new ArrayBuffer(1, { maxByteLength: 4 }));
    equal([clone.resizable, clone.maxByteLength], [true, 4]);
  },
};
