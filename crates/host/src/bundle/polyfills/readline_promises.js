// Lines that nobody types.
import { EventEmitter } from "node:events";

export class Interface extends EventEmitter {
  terminal = false;
  line = "";
  cursor = 0;
  getPrompt() {
    return "";
  }
  setPrompt() {}
  prompt() {}
  question() {
    return Promise.resolve("");
  }
  resume() {
    return this;
  }
  pause() {
    return this;
  }
  close() {}
  write() {}
  getCursorPos() {
    return { rows: 0, cols: 0 };
  }
  async *[Symbol.asyncIterator]() {
    yield "";
  }
}

export class Readline {
  clearLine() {
    return this;
  }
  clearScreenDown() {
    return this;
  }
  commit() {
    return Promise.resolve();
  }
  cursorTo() {
    return this;
  }
  moveCursor() {
    return this;
  }
  rollback() {
    return this;
  }
}
export const createInterface = () => new Interface();
