// atob and btoa.

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
const NOT_BASE64 = "atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', alphanumeric ASCII, " +
  "and up to two terminal '=' signs when the input data length is divisible by 4 are allowed.)";

export const textIsDecoded = {
  test() {
    equal([atob("YQ=="), atob("YWI="), atob("YWJj"), atob("")], ["a", "ab", "abc", ""]);
    equal(atob("/+8="), "\xff\xef");
  },
};

export const paddingAndSpaceAreOptional = {
  test() {
    equal([atob("YQ"), atob(" Y Q = = "), atob("YW\tJ\nj\r\f")], ["a", "a", "abc"]);
  },
};

export const whatIsNoBase64IsRefused = {
  test() {
    for (const text of ["Y", "YQ=", "YQ===", "=", "Y=", "YQ=a", "YWJj=", "\u1234", "a-b_", "*", "a\u00a0b"]) {
      throws(() => atob(text), "InvalidCharacterError", NOT_BASE64);
    }
  },
};

export const argumentsAreStrings = {
  test() {
    equal([atob(12), atob(null)], ["\xd7", "\x9e\xe9e"]);
    equal([btoa(12), btoa(null), btoa(undefined)], ["MTI=", "bnVsbA==", "dW5kZWZpbmVk"]);
    throws(() => atob(undefined), "InvalidCharacterError", NOT_BASE64);
    throws(() => atob(Symbol("s")), "TypeError", "Cannot convert a Symbol value to a string");
  },
};

export const textIsEncoded = {
  test() {
    equal([btoa("a"), btoa("ab"), btoa("abc"), btoa(""), btoa("\xff")], ["YQ==", "YWI=", "YWJj", "", "/w=="]);
  },
};

export const onlyLatin1IsEncoded = {
  test() {
    throws(
      () => btoa("\u0100"),
      "InvalidCharacterError",
      "btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) range.",
    );
  },
};

export const somethingMustBeGiven = {
  test() {
    throws(
      () => atob(),
      "TypeError",
      "Failed to execute 'atob' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'string'.",
    );
    throws(
      () => btoa(),
      "TypeError",
      "Failed to execute 'btoa' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'String'.",
    );
  },
};

export const everyByteSurvives = {
  test() {
    let text = "";
    for (let i = 0; i < 256; i++) text += String.fromCharCode(i);
    equal(atob(btoa(text)) === text, true);
  },
};
