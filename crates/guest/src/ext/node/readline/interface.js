// What `readline` is where nobody types: production's, which is there to be made and asks nobody.
//
// A question is answered at once with an empty string, and a loop over the lines sees one, which is empty.
(function () {
const { core, primordials } = __bootstrap;
const { SymbolAsyncDispose, SymbolAsyncIterator, SymbolDispose } = primordials;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");

/** What both kinds of interface have. They differ in how they answer a question. */
const shared = (question) =>
  class Interface extends EventEmitter {
    terminal = false;
    line = "";
    cursor = 0;

    getPrompt() {
      return "";
    }

    setPrompt(_prompt) {}

    prompt(_preserveCursor) {}

    pause() {
      return this;
    }

    resume() {
      return this;
    }

    close() {}

    write(_data, _key) {}

    getCursorPos() {
      return { rows: 0, cols: 0 };
    }

    [SymbolDispose]() {
      this.close();
    }

    async [SymbolAsyncDispose]() {
      this.close();
    }

    async *[SymbolAsyncIterator]() {
      yield "";
    }

    static {
      this.prototype.question = question;
      Object.defineProperty(this.prototype, "question", { __proto__: null, enumerable: false });
    }
  };

const { question: ask } = {
  question(_query, options, callback) {
    (typeof options === "function" ? options : callback)?.("");
  },
};

const { question: askForPromise } = {
  question(_query, _options) {
    return Promise.resolve("");
  },
};

return { Interface: shared(ask), PromisesInterface: shared(askForPromise) };
})();
