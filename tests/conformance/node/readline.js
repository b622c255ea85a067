// node:readline and node:readline/promises: there to be made, and nobody types.
import assert from "node:assert";
import { EventEmitter } from "node:events";
import readline from "node:readline";
import promises from "node:readline/promises";
import { Readable } from "node:stream";

export const interfaces = {
  test() {
    const made = readline.createInterface({ input: Readable.from(["a\nb"]) });
    assert.ok(made instanceof readline.Interface && made instanceof EventEmitter);
    assert.deepStrictEqual([made.terminal, made.line, made.cursor], [false, "", 0]);
    assert.strictEqual(made.pause(), made);
    assert.strictEqual(made.resume(), made);
    made.setPrompt("> ");
    assert.strictEqual(made.getPrompt(), "");
    assert.deepStrictEqual(made.getCursorPos(), { rows: 0, cols: 0 });
    assert.strictEqual(made.write("x"), undefined);
    assert.throws(() => readline.Interface(), { name: "TypeError" });
  },
};

export const questionsHaveEmptyAnswers = {
  async test() {
    const answers = [];
    const made = new readline.Interface();
    made.question("?", (answer) => answers.push(answer));
    made.question("?", {}, (answer) => answers.push(answer));
    assert.deepStrictEqual(answers, ["", ""]);
    assert.strictEqual(await promises.createInterface().question("?"), "");
  },
};

export const linesAreOneEmptyLine = {
  async test() {
    for (const made of [readline.createInterface(), promises.createInterface()]) {
      const lines = [];
      for await (const line of made) lines.push(line);
      assert.deepStrictEqual(lines, [""]);
    }
  },
};

export const nothingToClose = {
  async test() {
    const made = readline.createInterface();
    let closed = false;
    made.on("close", () => (closed = true));
    made.close();
    made[Symbol.dispose]();
    await made[Symbol.asyncDispose]();
    assert.strictEqual(closed, false);
  },
};

export const nothingToDraw = {
  async test() {
    for (const name of ["clearLine", "clearScreenDown", "cursorTo", "moveCursor"]) {
      assert.strictEqual(readline[name](), false);
    }
    assert.strictEqual(readline.emitKeypressEvents(), undefined);
    const drawing = new promises.Readline();
    for (const name of ["clearLine", "clearScreenDown", "cursorTo", "moveCursor", "rollback"]) {
      assert.strictEqual(drawing[name](0, 0), drawing);
    }
    assert.strictEqual(await drawing.commit(), undefined);
  },
};

export const promisesAreInBoth = {
  test() {
    assert.strictEqual(readline.promises.createInterface, promises.createInterface);
    assert.notStrictEqual(promises.Interface, readline.Interface);
  },
};
