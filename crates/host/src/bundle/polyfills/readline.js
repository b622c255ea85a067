// Lines that nobody types.
import { EventEmitter } from "node:events";
import readlinePromises from "./readline_promises.js";

export class Interface extends EventEmitter {
  terminal = false;
  line = "";
  cursor = 0;
  getPrompt() {
    return "";
  }
  setPrompt() {}
  prompt() {}
  question(_query, _options, callback) {
    if (typeof callback === "function") callback("");
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
export const promises = readlinePromises;
export const createInterface = () => new Interface();
export const clearLine = () => false;
export const clearScreenDown = () => false;
export const cursorTo = () => false;
export const moveCursor = () => false;
export const emitKeypressEvents = () => {};
