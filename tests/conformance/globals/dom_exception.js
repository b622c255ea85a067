// DOMException.

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
export const itHasNameMessageAndCode = {
  test() {
    const { name, message, code } = new DOMException("why", "AbortError");
    equal([name, message, code], ["AbortError", "why", 20]);
    const none = new DOMException();
    equal([none.name, none.message, none.code], ["Error", "", 0]);
  },
};

export const codesAreOfTheWeb = {
  test() {
    const codes = {
      IndexSizeError: 1,
      HierarchyRequestError: 3,
      WrongDocumentError: 4,
      InvalidCharacterError: 5,
      NoModificationAllowedError: 7,
      NotFoundError: 8,
      NotSupportedError: 9,
      InUseAttributeError: 10,
      InvalidStateError: 11,
      SyntaxError: 12,
      InvalidModificationError: 13,
      NamespaceError: 14,
      InvalidAccessError: 15,
      TypeMismatchError: 17,
      SecurityError: 18,
      NetworkError: 19,
      AbortError: 20,
      URLMismatchError: 21,
      QuotaExceededError: 22,
      TimeoutError: 23,
      InvalidNodeTypeError: 24,
      DataCloneError: 25,
      EncodingError: 0,
      OperationError: 0,
      NotAllowedError: 0,
      Unknown: 0,
    };
    for (const name in codes) equal([name, new DOMException("", name).code], [name, codes[name]]);
  },
};

export const constantsAreOnClassAndPrototype = {
  test() {
    equal([DOMException.ABORT_ERR, DOMException.prototype.DATA_CLONE_ERR], [20, 25]);
    const { writable, enumerable } = Object.getOwnPropertyDescriptor(DOMException, "SYNTAX_ERR");
    equal([writable, enumerable], [false, true]);
  },
};

export const itIsAnErrorByItsPrototype = {
  test() {
    const exception = new DOMException("why", "DataError");
    equal([exception instanceof Error, exception instanceof DOMException], [true, true]);
    equal([`${exception}`, exception.constructor === DOMException], ["DataError: why", true]);
  },
};

export const itHasAStack = {
  test() {
    const { stack } = new DOMException("why", "AbortError");
    equal(stack.split("\n")[0], "AbortError: why");
    equal(stack.includes("at "), true);
  },
};

export const itsPartsHaveAnOrder = {
  test() {
    equal(Object.keys(new DOMException("why", "AbortError")), ["code", "name", "message", "stack"]);
  },
};

export const itsStackCanBeWritten = {
  test() {
    const exception = new DOMException("why", "AbortError");
    exception.stack = "another";
    equal(exception.stack, "another");
  },
};

export const itsPartsAreOwnAndCannotBeWritten = {
  test() {
    const exception = new DOMException("why", "AbortError");
    for (const part of ["name", "message", "code"]) {
      const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(exception, part);
      equal([part, writable, enumerable, configurable], [part, false, true, true]);
    }
    let refused = false;
    try {
      exception.name = "other";
    } catch (error) {
      refused = error instanceof TypeError;
    }
    equal([refused, exception.name], [true, "AbortError"]);
  },
};

export const argumentsAreStrings = {
  test() {
    const { name, message } = new DOMException(1, null);
    equal([name, message], ["null", "1"]);
    throws(() => new DOMException(Symbol("s")), "TypeError", "Cannot convert a Symbol value to a string");
  },
};

export const thereIsNoCause = {
  test() {
    const { name, cause } = new DOMException("why", { name: "AbortError", cause: 1 });
    equal([name, cause], ["[object Object]", undefined]);
  },
};

export const itCanBeExtended = {
  test() {
    class Mine extends DOMException {
      constructor() {
        super("mine", "DataError");
      }
    }
    const exception = new Mine();
    equal([exception instanceof Mine, exception.name, exception.message], [true, "DataError", "mine"]);
  },
};

export const itCanBeCloned = {
  test() {
    const { nested: [exception] } = structuredClone({ nested: [new DOMException("why", "AbortError")] });
    equal([exception instanceof DOMException, exception.name, exception.message, exception.code], [
      true,
      "AbortError",
      "why",
      20,
    ]);
  },
};
