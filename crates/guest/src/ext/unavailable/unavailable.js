// What stands for a thing that lopata does not have: it exists, and using it says so.
(function () {
const { primordials } = __bootstrap;
const { Error, Proxy } = primordials;

/** An object whose every use throws `sentence`; having it, printing it and testing it for presence do not. */
function unavailable(sentence) {
  const refuse = () => {
    throw new Error(sentence);
  };
  return new Proxy(function () {}, {
    __proto__: null,
    get(_, key) {
      if (typeof key === "symbol" || key === "then" || key === "toJSON" || key === "constructor") return undefined;
      refuse();
    },
    set: refuse,
    apply: refuse,
    construct: refuse,
  });
}

return { unavailable };
})();
