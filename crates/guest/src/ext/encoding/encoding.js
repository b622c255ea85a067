// TextDecoder and TextEncoder with production's texts, and the older behaviour of decoders.
(function () {
const { core, primordials } = __bootstrap;
const {
  FunctionPrototypeCall,
  ObjectDefineProperty,
  RangeError,
  ReflectApply,
  ReflectConstruct,
  SafeWeakMap,
  StringFromCharCode,
  StringPrototypeStartsWith,
  TypeError,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} = primordials;
const engine = core.loadExtScript("ext:deno_web/08_text_encoding.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { replaceConstructor } = core.loadExtScript("ext:lopata/webidl/replace.js");
const { viewOf } = core.loadExtScript("ext:lopata/crypto/params.js");

/** @param {string} struct whose name the compiler mangles */
function cannotInitialize(struct) {
  return new TypeError(
    `Cannot initialize N7workerd3api11TextDecoder${struct.length}${struct}E with required members from an undefined or null value.`,
  );
}

/** Decoders of UTF-16 that keep lone surrogates, with the byte and the state that streaming leaves. */
const lenient = new SafeWeakMap();

const TextDecoder = replaceConstructor(engine.TextDecoder, (args, newTarget) => {
  if (args[1] === null) throw cannotInitialize("ConstructorOptions");
  let decoder;
  try {
    decoder = ReflectConstruct(engine.TextDecoder, args, newTarget);
  } catch (error) {
    if (StringPrototypeStartsWith(`${error?.message}`, "The encoding label provided")) {
      throw new RangeError(`"${args[0]}" is not a valid encoding.`);
    }
    throw error;
  }
  if (args.length > 0 && decoder.encoding === "utf-16le" && !compat.has("text_decoder_replace_surrogates")) {
    WeakMapPrototypeSet(lenient, decoder, { odd: -1, started: false });
  }
  return decoder;
});

/** UTF-16 as it was decoded before surrogates were replaced: each unit as it is. */
function decodeUnits(decoder, state, input, stream) {
  const bytes = input === undefined ? [] : viewOf(input) ?? [];
  let text = "";
  let part = "";
  for (let i = 0; i < bytes.length; i++) {
    if (state.odd < 0) {
      state.odd = bytes[i];
      continue;
    }
    const unit = state.odd | (bytes[i] << 8);
    state.odd = -1;
    const mark = !state.started && unit === 0xfeff && !decoder.ignoreBOM;
    state.started = true;
    if (mark) continue;
    part += StringFromCharCode(unit);
    if (part.length > 4096) {
      text += part;
      part = "";
    }
  }
  text += part;
  if (!stream) {
    const cut = state.odd >= 0;
    state.odd = -1;
    state.started = false;
    if (cut) {
      if (decoder.fatal) throw new TypeError("Failed to decode input.");
      text += "\ufffd";
    }
  }
  return text;
}

const { decode } = engine.TextDecoder.prototype;
ObjectDefineProperty(TextDecoder.prototype, "decode", {
  __proto__: null,
  value: {
    decode(input, options) {
      if (options === null) throw cannotInitialize("DecodeOptions");
      const state = WeakMapPrototypeGet(lenient, this);
      if (state !== undefined && (input === undefined || viewOf(input) !== undefined)) {
        return decodeUnits(this, state, input, !!options?.stream);
      }
      try {
        return ReflectApply(decode, this, arguments);
      } catch (error) {
        if (error?.message === "The encoded data is not valid") throw new TypeError("Failed to decode input.");
        throw error;
      }
    },
  }.decode,
  writable: true,
  enumerable: true,
  configurable: true,
});
ObjectDefineProperty(TextDecoder.prototype.decode, "length", { __proto__: null, value: 0, configurable: true });

const TextEncoder = replaceConstructor(
  engine.TextEncoder,
  (args, newTarget) => ReflectConstruct(engine.TextEncoder, args, newTarget),
);

const { encodeInto } = engine.TextEncoder.prototype;
ObjectDefineProperty(TextEncoder.prototype, "encodeInto", {
  __proto__: null,
  value: {
    encodeInto(source, destination) {
      if (arguments.length === 0) {
        webidl.assertBranded(this, TextEncoder.prototype);
        throw new TypeError("Failed to execute 'encodeInto' on 'TextEncoder': parameter 1 is not of type 'String'.");
      }
      return FunctionPrototypeCall(encodeInto, this, source, destination);
    },
  }.encodeInto,
  writable: true,
  enumerable: true,
  configurable: true,
});

return { TextDecoder, TextEncoder };
})();
