// TextEncoderStream and TextDecoderStream, which are transform streams with production's texts and defaults.
//
// At old dates, where every TransformStream is an identity stream, these are no more than that.
(function () {
const { core, primordials } = __bootstrap;
const {
  String,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  TypeError,
  Uint8Array,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const { TextDecoder } = core.loadExtScript("ext:lopata/encoding/encoding.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const identity = core.loadExtScript("ext:lopata/streams/identity.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const { TransformStream } = streams;
const { _brand, _readable, _writable } = streams.slots;

const UNDECODABLE_TEXT = "Failed to decode input.";

/** Makes `stream` a transform stream, or the identity stream that it is at old dates. */
function install(stream, transformer) {
  const inner = compat.has("transformstream_enable_standard_constructor")
    ? new TransformStream(transformer, undefined, {
      __proto__: null,
      highWaterMark: compat.has("encoder_stream_spec_compliant_backpressure") ? 0 : 1,
    })
    : new identity.IdentityTransformStream();
  stream[_readable] = inner.readable;
  stream[_writable] = inner.writable;
}

class TextEncoderStream extends TransformStream {
  constructor() {
    super(_brand);
    /** The first half of a pair, whose second half may come with the next chunk. */
    let half = "";
    install(this, {
      __proto__: null,
      transform(chunk, controller) {
        let text = half + webidl.converters.DOMString(chunk);
        half = "";
        const last = text.length === 0 ? 0 : StringPrototypeCharCodeAt(text, text.length - 1);
        if (last >= 0xd800 && last <= 0xdbff) {
          half = StringPrototypeSlice(text, -1);
          text = StringPrototypeSlice(text, 0, -1);
        }
        if (text !== "") controller.enqueue(core.encode(text));
      },
      flush(controller) {
        if (half !== "") controller.enqueue(new Uint8Array([0xef, 0xbf, 0xbd]));
      },
    });
  }

  /** @returns {string} */
  get encoding() {
    webidl.assertBranded(this, TextEncoderStream.prototype);
    return "utf-8";
  }
}
webidl.configureInterface(TextEncoderStream);

class TextDecoderStream extends TransformStream {
  #decoder;

  /**
   * @param {string} label
   * @param {{ fatal?: boolean, ignoreBOM?: boolean }} options
   */
  constructor(label = "utf-8", options = undefined) {
    // Options that do not say otherwise ask for a strict decoder. Source: workerd.
    const fatal = options === undefined
      ? false
      : options?.fatal === undefined
      ? !compat.has("pedantic_wpt")
      : Boolean(options.fatal);
    const decoder = new TextDecoder(String(label), { fatal, ignoreBOM: Boolean(options?.ignoreBOM) });
    super(_brand);
    this.#decoder = decoder;
    install(this, {
      __proto__: null,
      transform(chunk, controller) {
        const bytes = typeof chunk === "string" ? undefined : internal.viewOf(chunk);
        if (bytes === undefined) {
          // Source: workerd's text.
          throw new TypeError(
            "This TransformStream is being used as a byte stream, but received a value that is not a BufferSource.",
          );
        }
        enqueue(controller, () => decoder.decode(bytes, { stream: true }));
      },
      flush(controller) {
        enqueue(controller, () => decoder.decode());
      },
    });
  }

  /** @returns {string} */
  get encoding() {
    return this.#decoder.encoding;
  }

  /** @returns {boolean} */
  get fatal() {
    return this.#decoder.fatal;
  }

  /** @returns {boolean} */
  get ignoreBOM() {
    return this.#decoder.ignoreBOM;
  }
}
webidl.configureInterface(TextDecoderStream);

function enqueue(controller, decode) {
  let text;
  try {
    text = decode();
  } catch {
    throw new TypeError(UNDECODABLE_TEXT);
  }
  if (text !== "") controller.enqueue(text);
}

return { TextDecoderStream, TextEncoderStream };
})();
