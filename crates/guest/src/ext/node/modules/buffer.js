// The module "node:buffer".
(function () {
const { core, primordials } = __bootstrap;
const { Error } = primordials;
const { ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_ENCODING } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { normalizeEncoding } = core.loadExtScript("ext:deno_node/internal/normalize_encoding.ts");
const { isUint8Array } = core.loadExtScript("ext:deno_node/internal/util/types.ts");
const node = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { Buffer } = node;
const globals = core.loadExtScript("ext:lopata/globals/globals.js");
const { Blob, File } = core.loadExtScript("ext:deno_web/09_file.js");

/** As the global ones, of which these are not the same functions. */
function atob(data) {
  return globals.atob(data);
}

function btoa(data) {
  return globals.btoa(data);
}

/** There are no object URLs. */
function resolveObjectURL(_id) {
  throw new Error("resolveObjectURL is not implemented");
}

/** Encodings of text that there is a way between. */
const TEXT = { __proto__: null, ascii: "latin1", binary: "latin1", latin1: "latin1", ucs2: "utf16le", utf16le: "utf16le", utf8: "utf8" };

/** What production takes the bytes from 0x80 to 0x9f of Latin-1 for: those of Windows. */
const WINDOWS =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

/** Text of bytes, one each. @param {Uint8Array} bytes */
function fromBytes(bytes) {
  let text = "";
  for (const byte of bytes) text += byte >= 0x80 && byte < 0xa0 ? WINDOWS[byte - 0x80] : String.fromCharCode(byte);
  return text;
}

/** Bytes of text, one a character. @param {string} text */
function toBytes(text) {
  const bytes = Buffer.alloc(text.length);
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0);
    const windows = WINDOWS.indexOf(character);
    bytes[length++] = windows >= 0 ? 0x80 + windows : code < 0x80 || (code >= 0xa0 && code <= 0xff) ? code : 0x3f;
  }
  return bytes.subarray(0, length);
}

function encodingOf(name) {
  const encoding = normalizeEncoding(name);
  if (encoding === undefined) throw new ERR_UNKNOWN_ENCODING(name);
  if (TEXT[encoding] === undefined) throw new Error("Unable to transcode buffer due to unsupported encoding");
  return encoding;
}

/** The same text in other bytes; a question mark for what the other has no bytes for. */
function transcode(source, fromEncoding, toEncoding) {
  if (!isUint8Array(source)) throw new ERR_INVALID_ARG_TYPE("source", "ArrayBufferView", source);
  const from = encodingOf(fromEncoding);
  const to = encodingOf(toEncoding);
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  if (from === to) return Buffer.from(bytes);
  const text = TEXT[from] === "latin1" && to === "utf8" ? fromBytes(bytes) : bytes.toString(TEXT[from]);
  return TEXT[to] === "latin1" ? toBytes(text) : Buffer.from(text, TEXT[to]);
}

// Production does not have it.
delete node.Buffer.copyBytesFrom;

/** Source: production's limits, in bytes and in characters. */
const kMaxLength = 0x7fffffff;
const kStringMaxLength = 0x1fffffe8;

const buffer = {
  atob,
  btoa,
  constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength },
  kMaxLength,
  kStringMaxLength,
  Blob,
  Buffer: node.Buffer,
  File,
  SlowBuffer: node.SlowBuffer,
  isAscii: node.isAscii,
  isUtf8: node.isUtf8,
  transcode,
  INSPECT_MAX_BYTES: node.INSPECT_MAX_BYTES,
  resolveObjectURL,
};

return { ...buffer, default: buffer };
})();
