// node:fs: whose /tmp it is: an event's own, and one for all events of a Durable Object.
import assert from "node:assert";
import { DurableObject } from "cloudflare:workers";
import fs from "node:fs";
import process from "node:process";

export class Keeper extends DurableObject {
  constructor(state, env) {
    super(state, env);
    fs.writeFileSync("/tmp/constructed", "c");
  }

  write(name, text) {
    fs.writeFileSync(`/tmp/${name}`, text);
    process.chdir("/tmp");
  }

  look() {
    const files = fs.readdirSync("/tmp").map((name) => [name, fs.readFileSync(`/tmp/${name}`, "utf8")]);
    return { files, directory: process.cwd() };
  }
}

export default {
  async fetch(request) {
    const before = fs.readdirSync("/tmp");
    const { pathname } = new URL(request.url);
    fs.writeFileSync(`/tmp${pathname}`, "1");
    // Others come in between.
    await scheduler.wait(1);
    return Response.json([before, fs.readdirSync("/tmp")]);
  },
};

export const eventsHaveTheirOwn = {
  async test(_controller, env) {
    fs.writeFileSync("/tmp/mine", "");
    const answers = await Promise.all(["a", "b"].map((name) => env.SELF.fetch(`http://x/${name}`)));
    assert.deepStrictEqual(await Promise.all(answers.map((answer) => answer.json())), [[[], ["a"]], [[], ["b"]]]);
    assert.deepStrictEqual(fs.readdirSync("/tmp"), ["mine"]);
  },
};

export const eventsStartAnew = {
  test() {
    assert.deepStrictEqual(fs.readdirSync("/tmp"), []);
    assert.strictEqual(process.cwd(), "/bundle");
  },
};

export const objectsKeepTheirs = {
  async test(_controller, env) {
    const keeper = env.KEEPER.getByName("one");
    await keeper.write("kept", "k");
    assert.deepStrictEqual(await keeper.look(), {
      files: [["constructed", "c"], ["kept", "k"]],
      directory: "/tmp",
    });
    const other = env.KEEPER.getByName("other");
    assert.deepStrictEqual(await other.look(), { files: [["constructed", "c"]], directory: "/bundle" });
    assert.deepStrictEqual(fs.readdirSync("/tmp"), []);
  },
};

export const whatRunsLaterSeesTheSame = {
  async test() {
    fs.writeFileSync("/tmp/early", "");
    const seen = await new Promise((resolve) => setTimeout(() => resolve(fs.readdirSync("/tmp")), 1));
    assert.deepStrictEqual(seen, ["early"]);
  },
};
