// HTMLRewriter: production's parser, driven chunk by chunk as somebody reads the rewritten body.
//
// The parser pauses at each token that a handler wants to see, and goes on when the handler is done, however long
// that takes. What it has written meanwhile is handed out in one piece. A token is valid while its handler runs.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Boolean,
  Error,
  FunctionPrototypeCall,
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectGetOwnPropertyDescriptor,
  PromisePrototypeThen,
  SafeMapIterator,
  SymbolIterator,
  TypedArrayPrototypeGetByteLength,
  TypeError,
} = primordials;
const {
  op_html_attribute,
  op_html_attributes,
  op_html_continue,
  op_html_end,
  op_html_get,
  op_html_insert,
  op_html_insert_stream,
  op_html_last_in_text,
  op_html_new,
  op_html_on_end_tag,
  op_html_output,
  op_html_remove,
  op_html_remove_attribute,
  op_html_removed,
  op_html_selector,
  op_html_set,
  op_html_set_attribute,
  op_html_stop,
  op_html_stream_write,
  op_html_write,
} = core.ops;
const { isReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const { parseMimeType } = core.loadExtScript("ext:deno_web/01_mimesniff.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const clone = core.loadExtScript("ext:lopata/clone/clone.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");

const bodyOf = ObjectGetOwnPropertyDescriptor(rr.Body.prototype, "body").get;

// Source: workerd's text.
const STALE_TEXT = "This content token is no longer valid. Content tokens are only valid during the execution of " +
  "the relevant content handler.";

/** What a parser has come to: the lowest two bits of what an op gives. */
const INPUT = 0;
const TOKEN = 1;
const STREAM = 2;
const DONE = 3;

/** Bytes that a stream may add before they are handed out. */
const PIECE_BYTES = 64 * 1024;

/** Passed to the constructors of tokens, which nobody else may call. */
const own = { __proto__: null };

/** What can be done to a token while its handler runs. */
class Token {
  #run;
  /** How often its attributes have been changed. */
  #changes = 0;
  constructor(key, run) {
    if (key !== own) throw new TypeError("Illegal constructor");
    this.#run = run;
  }
  static #of(token) {
    if (typeof token !== "object" || token === null || !(#run in token)) throw webidl.illegalInvocation();
    return token;
  }
  /** The run of a token that may be used. @param {Token} token @returns {Run} */
  static run(token) {
    const run = Token.#of(token).#run;
    if (run.current !== token) throw new TypeError(STALE_TEXT);
    return run;
  }
  static changed(token) {
    token.#changes++;
  }
  static changes(token) {
    return token.#changes;
  }
  /** Refuses a call without the strings that it needs. */
  static need(token, Class, method, given, wanted) {
    Token.#of(token);
    if (given < wanted) throw webidl.badArgument(`Failed to execute '${method}' on '${Class}'`, given + 1, "string");
  }
}

// Source: workerd's text.
const LOCKED_TEXT = "The ReadableStream has been locked to a reader.";

function readerOf(stream) {
  if (stream.locked) throw new TypeError(LOCKED_TEXT);
  return stream.getReader();
}

/**
 * An error of a handler as whoever reads the document sees it: a copy, since it has left the language in between.
 * @param {unknown} error
 */
function tunnelled(error) {
  if (!core.isNativeError(error)) return new Error(`${error}`);
  if (error instanceof DOMException) return error;
  return clone.copyOfError(error);
}

/** @param {Token} token @returns {object} the parser */
const parserOf = (token) => Token.run(token).parser;

/**
 * @param {Token} token
 * @param {string} place
 * @param {string | ReadableStream | Response} content
 * @param {{ html?: boolean }} options
 * @param {number} given how many arguments there were
 * @param {string} Class the token's
 */
function insert(token, place, content, options, given, Class) {
  const prefix = `Failed to execute '${place}' on '${Class}'`;
  // Source: workerd's names of types.
  if (given === 0) throw webidl.badArgument(prefix, 1, "string or JsReadableStream or Response");
  if (options !== undefined && options !== null && typeof options !== "object" && typeof options !== "function") {
    throw webidl.badArgument(prefix, 2, "ContentOptions");
  }
  const run = Token.run(token);
  const html = Boolean(options?.html);
  const source = rr.isResponse(content) ? bodyOf.call(content) ?? "" : content;
  if (isReadableStream(source)) {
    const reader = readerOf(source);
    const number = run.nextStream++;
    op_html_insert_stream(run.parser, place, number);
    MapPrototypeSet(run.streams, number, { reader, html });
  } else {
    op_html_insert(run.parser, place, `${source}`, html);
  }
  return token;
}

class AttributesIterator {
  #element;
  #attributes;
  #changes;
  #next = 0;
  constructor(key, element) {
    if (key !== own) throw new TypeError("Illegal constructor");
    this.#element = element;
    this.#attributes = op_html_attributes(parserOf(element));
    this.#changes = Token.changes(element);
  }
  next() {
    if (typeof this !== "object" || this === null || !(#element in this)) throw webidl.illegalInvocation();
    parserOf(this.#element);
    // Source: workerd's text.
    if (Token.changes(this.#element) !== this.#changes) {
      throw new Error(
        "The attributes of this element have been modified during iteration. You must create a new iterator after " +
          "modifying attributes.",
      );
    }
    const value = this.#attributes[this.#next++];
    return { done: value === undefined, value };
  }
  [SymbolIterator]() {
    return this;
  }
}

class Element extends Token {
  get tagName() {
    return op_html_get(parserOf(this), "tagName");
  }
  set tagName(name) {
    op_html_set(parserOf(this), `${name}`);
  }
  get attributes() {
    return new AttributesIterator(own, this);
  }
  get removed() {
    return op_html_removed(parserOf(this));
  }
  get namespaceURI() {
    return op_html_get(parserOf(this), "namespaceURI");
  }
  getAttribute(name) {
    Token.need(this, "Element", "getAttribute", arguments.length, 1);
    return op_html_attribute(parserOf(this), `${name}`);
  }
  hasAttribute(name) {
    Token.need(this, "Element", "hasAttribute", arguments.length, 1);
    return op_html_attribute(parserOf(this), `${name}`) !== null;
  }
  setAttribute(name, value) {
    Token.need(this, "Element", "setAttribute", arguments.length, 2);
    Token.changed(this);
    op_html_set_attribute(parserOf(this), `${name}`, `${value}`);
    return this;
  }
  removeAttribute(name) {
    Token.need(this, "Element", "removeAttribute", arguments.length, 1);
    Token.changed(this);
    op_html_remove_attribute(parserOf(this), `${name}`);
    return this;
  }
  before(content, options = undefined) {
    return insert(this, "before", content, options, arguments.length, "Element");
  }
  after(content, options = undefined) {
    return insert(this, "after", content, options, arguments.length, "Element");
  }
  prepend(content, options = undefined) {
    return insert(this, "prepend", content, options, arguments.length, "Element");
  }
  append(content, options = undefined) {
    return insert(this, "append", content, options, arguments.length, "Element");
  }
  replace(content, options = undefined) {
    return insert(this, "replace", content, options, arguments.length, "Element");
  }
  setInnerContent(content, options = undefined) {
    return insert(this, "setInnerContent", content, options, arguments.length, "Element");
  }
  remove() {
    op_html_remove(parserOf(this), false);
    return this;
  }
  removeAndKeepContent() {
    op_html_remove(parserOf(this), true);
    return this;
  }
  onEndTag(handler) {
    const run = Token.run(this);
    if (typeof handler !== "function") {
      throw new TypeError("Failed to execute 'onEndTag' on 'Element': parameter 1 is not of type 'function'.");
    }
    const number = run.nextHandler++;
    op_html_on_end_tag(run.parser, number);
    MapPrototypeSet(run.handlers, number, { make: EndTag, call: handler, receiver: globalThis, once: true });
  }
}

class EndTag extends Token {
  get name() {
    return op_html_get(parserOf(this), "name");
  }
  set name(name) {
    op_html_set(parserOf(this), `${name}`);
  }
  before(content, options = undefined) {
    return insert(this, "before", content, options, arguments.length, "EndTag");
  }
  after(content, options = undefined) {
    return insert(this, "after", content, options, arguments.length, "EndTag");
  }
  remove() {
    op_html_remove(parserOf(this), false);
    return this;
  }
}

const classOf = (node) => node instanceof Comment ? "Comment" : "Text";

/** What comments and texts have in common. */
class Node extends Token {
  get removed() {
    return op_html_removed(parserOf(this));
  }
  before(content, options = undefined) {
    return insert(this, "before", content, options, arguments.length, classOf(this));
  }
  after(content, options = undefined) {
    return insert(this, "after", content, options, arguments.length, classOf(this));
  }
  replace(content, options = undefined) {
    return insert(this, "replace", content, options, arguments.length, classOf(this));
  }
  remove() {
    op_html_remove(parserOf(this), false);
    return this;
  }
}

class Comment extends Node {
  get text() {
    return op_html_get(parserOf(this), "text");
  }
  set text(text) {
    op_html_set(parserOf(this), `${text}`);
  }
}

class Text extends Node {
  get text() {
    return op_html_get(parserOf(this), "text");
  }
  get lastInTextNode() {
    return op_html_last_in_text(parserOf(this));
  }
}

class Doctype extends Token {
  get name() {
    return op_html_get(parserOf(this), "name");
  }
  get publicId() {
    return op_html_get(parserOf(this), "publicId");
  }
  get systemId() {
    return op_html_get(parserOf(this), "systemId");
  }
}

class DocumentEnd extends Token {
  append(content, options = undefined) {
    return insert(this, "append", content, options, arguments.length, "DocumentEnd");
  }
}

/** The handlers that `on` and `onDocument` take, and what each is called with. */
const ELEMENT_HANDLERS = { __proto__: null, element: Element, comments: Comment, text: Text };
const DOCUMENT_HANDLERS = { __proto__: null, doctype: Doctype, comments: Comment, text: Text, end: DocumentEnd };

/**
 * One document on its way through a parser.
 *
 * @typedef {{ make: typeof Token, call: Function, receiver: unknown, once: boolean }} Handler
 */
class Run {
  /** @param {object} parser @param {ReadableStreamDefaultReader} reader @param {Map<number, Handler>} handlers */
  constructor(parser, reader, handlers, nextHandler) {
    this.parser = parser;
    this.reader = reader;
    /** The first read: it has begun, so that the body counts as used. Null once it is waited for. */
    this.first = reader.read();
    PromisePrototypeThen(this.first, undefined, () => {});
    this.handlers = handlers;
    this.nextHandler = nextHandler;
    /** The token whose handler runs; null while none does. */
    this.current = null;
    /** Streams to be inserted, by number, until they have been. */
    this.streams = new Map();
    this.nextStream = 0;
    /** What the parser has come to, between two pulls. */
    this.state = INPUT;
    this.over = false;
    /** Handlers run in the context in which the document was handed over. */
    this.context = core.getAsyncContext();
  }

  /** Calls a handler. @returns {PromiseLike<unknown> | undefined} what it waits for */
  call(number) {
    const handler = MapPrototypeGet(this.handlers, number);
    if (handler.once) MapPrototypeDelete(this.handlers, number);
    const token = new handler.make(own, this);
    this.current = token;
    const previous = core.getAsyncContext();
    core.setAsyncContext(this.context);
    try {
      const result = FunctionPrototypeCall(handler.call, handler.receiver, token);
      return (typeof result === "object" || typeof result === "function") && result !== null ? result : undefined;
    } catch (error) {
      throw tunnelled(error);
    } finally {
      core.setAsyncContext(previous);
    }
  }

  /** Hands out what has been written. @returns {boolean} whether there was anything */
  flush(controller) {
    const output = op_html_output(this.parser);
    if (output === null) return false;
    controller.enqueue(output);
    return true;
  }

  /** Works until something was handed out, or the end. */
  async pull(controller) {
    for (;;) {
      const number = this.state >>> 2;
      switch (this.state & 3) {
        case INPUT: {
          if (this.flush(controller)) return;
          const read = this.first ?? this.reader.read();
          this.first = null;
          const { done, value } = await read;
          if (this.over) return;
          if (done) {
            this.state = op_html_end(this.parser);
          } else {
            const bytes = body_.toBytes(value);
            if (TypedArrayPrototypeGetByteLength(bytes) > 0) this.state = op_html_write(this.parser, bytes);
          }
          break;
        }
        case TOKEN: {
          const waiting = this.call(number);
          if (waiting !== undefined) {
            // Whoever reads need not wait for what is ready.
            this.flush(controller);
            try {
              await waiting;
            } catch (error) {
              throw tunnelled(error);
            }
            if (this.over) return;
          }
          this.current = null;
          this.state = op_html_continue(this.parser);
          break;
        }
        case STREAM:
          if (await this.insert(number, controller)) return;
          break;
        case DONE:
          this.flush(controller);
          this.over = true;
          this.dropStreams(undefined);
          controller.close();
          controller.byobRequest?.respond(0);
          return;
      }
    }
  }

  /** Writes a stream where it belongs. @returns {Promise<boolean>} whether this pull is over */
  async insert(number, controller) {
    const { reader, html } = MapPrototypeGet(this.streams, number);
    for (let size = 0; size < PIECE_BYTES;) {
      const { done, value } = await reader.read();
      if (this.over) return true;
      if (done) {
        MapPrototypeDelete(this.streams, number);
        this.state = op_html_continue(this.parser);
        return false;
      }
      const bytes = typeof value === "string" ? core.encode(value) : body_.toBytes(value);
      op_html_stream_write(this.parser, bytes, html);
      size += TypedArrayPrototypeGetByteLength(bytes);
    }
    return this.flush(controller);
  }

  /** Nothing more is wanted of what the document is made of. */
  stop(reason) {
    this.over = true;
    this.current = null;
    op_html_stop(this.parser);
    this.dropStreams(reason);
    return this.reader.cancel(reason);
  }

  dropStreams(reason) {
    for (const entry of new SafeMapIterator(this.streams)) {
      PromisePrototypeThen(entry[1].reader.cancel(reason), undefined, () => {});
    }
    this.streams = new Map();
  }
}

/**
 * Reads the handlers off what `on` or `onDocument` was given.
 * @returns {{ name: string, make: typeof Token, call: Function, receiver: object }[]}
 */
function handlersOf(handlers, kinds, type, method) {
  if (handlers === undefined || (typeof handlers !== "object" && typeof handlers !== "function")) {
    throw webidl.badArgument(`Failed to execute '${method}' on 'HTMLRewriter'`, method === "on" ? 2 : 1, type);
  }
  const found = [];
  if (handlers === null) return found;
  for (const name in kinds) {
    const call = handlers[name];
    if (call === undefined) continue;
    if (typeof call !== "function") {
      throw webidl.mismatch(undefined, `'${name}' of '${type}'`, "function");
    }
    ArrayPrototypePush(found, { name, make: kinds[name], call, receiver: handlers });
  }
  return found;
}

/** The encoding that a response says it has. @param {Response} response */
function encodingOf(response) {
  const type = response.headers.get("content-type");
  const parsed = type === null ? null : parseMimeType(type);
  return parsed?.parameters.get("charset") ?? "utf-8";
}

class HTMLRewriter {
  /** What was registered, in order: `{ selector, handlers }`. */
  #registered = [];

  /** @returns {object[]} */
  static #of(self) {
    if (typeof self !== "object" || self === null || !(#registered in self)) throw webidl.illegalInvocation();
    return self.#registered;
  }

  on(selector, handlers) {
    const registered = HTMLRewriter.#of(this);
    if (arguments.length === 0) throw webidl.badArgument("Failed to execute 'on' on 'HTMLRewriter'", 1, "string");
    selector = `${selector}`;
    const given = handlersOf(handlers, ELEMENT_HANDLERS, "ElementContentHandlers", "on");
    op_html_selector(selector);
    ArrayPrototypePush(registered, { selector, handlers: given });
    return this;
  }

  onDocument(handlers) {
    ArrayPrototypePush(HTMLRewriter.#of(this), {
      selector: null,
      handlers: handlersOf(handlers, DOCUMENT_HANDLERS, "DocumentContentHandlers", "onDocument"),
    });
    return this;
  }

  transform(response) {
    const registered = HTMLRewriter.#of(this);
    if (!rr.isResponse(response)) {
      throw webidl.badArgument("Failed to execute 'transform' on 'HTMLRewriter'", 1, "Response");
    }
    const body = bodyOf.call(response);
    if (body === null) return response;
    io.required();
    const handlers = new Map();
    let next = 0;
    const specs = [];
    for (let i = 0; i < registered.length; i++) {
      const { selector, handlers: given } = registered[i];
      const spec = { selector };
      for (let j = 0; j < given.length; j++) {
        const { name, make, call, receiver } = given[j];
        MapPrototypeSet(handlers, next, { make, call, receiver, once: false });
        spec[name] = next++;
      }
      ArrayPrototypePush(specs, spec);
    }
    const esiTags = compat.has("html_rewriter_treats_esi_include_as_void_tag");
    const parser = op_html_new(specs, encodingOf(response), esiTags);
    // What has been read says the same as what is being read.
    if (response.bodyUsed) throw new TypeError(LOCKED_TEXT);
    const run = new Run(parser, readerOf(body), handlers, next);
    const rewritten = internal.createReadable(new internal.PullSource({
      __proto__: null,
      async pull(controller) {
        try {
          await run.pull(controller);
        } catch (error) {
          if (run.over) return;
          PromisePrototypeThen(run.stop(error), undefined, () => {});
          throw error;
        }
      },
      cancel(reason) {
        return run.stop(reason);
      },
    }));
    const headers = new rr.Headers(rr.pairsOf(response.headers));
    return new rr.Response(rewritten, {
      status: response.status,
      statusText: response.statusText,
      headers,
      cf: response.cf,
      encodeBody: rr.isEncoded(response) ? "manual" : "automatic",
    });
  }
}

for (const type of [HTMLRewriter, AttributesIterator, Element, EndTag, Comment, Text, Doctype, DocumentEnd]) {
  webidl.configureInterface(type);
}

return { HTMLRewriter };
})();
