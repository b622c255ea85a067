// The module "node:punycode".
(function () {
const { core, primordials } = __bootstrap;
const { RegExpPrototypeSymbolReplace, SafeRegExp } = primordials;
const node = core.loadExtScript("ext:deno_node/punycode.ts");

/** What separates the parts of a name in other scripts. */
const SEPARATORS = new SafeRegExp("[\\u3002\\uff0e\\uff61]", "g");

const toASCII = (input) => node.toASCII(dotted(input));
const toUnicode = (input) => node.toUnicode(dotted(input));

function dotted(input) {
  return typeof input === "string" ? RegExpPrototypeSymbolReplace(SEPARATORS, input, ".") : input;
}

const punycode = {
  version: "2.1.0",
  ucs2: node.ucs2,
  decode: node.decode,
  encode: node.encode,
  toASCII,
  toUnicode,
};

return { ...punycode, default: punycode };
})();
