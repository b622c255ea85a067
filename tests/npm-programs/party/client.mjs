// node party/client.mjs http://localhost:8787 [party/index.ts]: partysocket and y-partyserver's provider.
import { PartySocket } from "partysocket";
import WebSocket from "ws";
import YProvider from "y-partyserver/provider";
import * as Y from "yjs";
import { check, equal, reload, until } from "../lib/client.mjs";

const [origin, file] = process.argv.slice(2);
const host = origin.replace("http://", "");

/** A socket of partysocket's that keeps what it gets. */
function connect(party, room, id, query = {}) {
  const socket = new PartySocket({ host, party, room, id, query, protocol: "ws", WebSocket });
  socket.got = [];
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => {
    socket.got.push(typeof data === "string" ? JSON.parse(data) : [...new Uint8Array(data)]);
  });
  socket.find = (what, is) => until(`${id}: ${what}`, () => socket.got.find(is));
  return new Promise((resolve) => socket.addEventListener("open", () => resolve(socket), { once: true }));
}

await check(async () => {
  for (const party of ["hibernating", "awake"]) {
    const ann = await connect(party, "lobby", "ann", { as: "ann", tag: "yes" });
    equal(await ann.find("a welcome", (one) => one.welcome), { welcome: "lobby", query: "ann" }, "the welcome");
    const bob = await connect(party, "lobby", "bob");
    await ann.find("Bob comes", (one) => one.joined === "bob");
    ann.send("hello");
    equal(await bob.find("hello", (one) => one.message === "hello"), { from: "ann", message: "hello", number: 2 }, "a message");
    bob.send(new Uint8Array([1, 2, 3]));
    equal(await bob.find("bytes", (one) => Array.isArray(one)), [3, 2, 1], "bytes");
    bob.send("count");
    equal(await bob.find("a count", (one) => one.count), { count: 2, tagged: 1 }, "connections");
    const url = `${origin}/parties/${party}/lobby`;
    equal(await (await fetch(url)).json(), { name: "lobby", starts: 1 }, "a request");
    equal(await (await fetch(url, { method: "PUT" })).text(), "an alarm is set", "a put");
    equal(await ann.find("the alarm", (one) => one.alarm), { alarm: "lobby" }, "an alarm");
    if (party === "hibernating" && file !== undefined) {
      await reload(origin, file);
      ann.send("after the reload");
      const told = await bob.find("after the reload", (one) => one.message === "after the reload");
      equal(told, { from: "ann", message: "after the reload", number: 3 }, "the state of a connection is kept");
      equal(ann.got.filter((one) => one.welcome).length, 1, "nobody came twice");
      equal(await (await fetch(url)).json(), { name: "lobby", starts: 2 }, "another instance");
    }
    bob.close();
    equal(await ann.find("Bob leaves", (one) => one.left), { left: "bob" }, "Bob leaves");
    ann.close();
  }
  equal(await (await fetch(`${origin}/rpc`)).text(), "hello you from by rpc", "a method");
  equal((await fetch(`${origin}/parties/none/x`)).status, 400, "no such party");
  equal((await fetch(`${origin}/other`)).status, 404, "no such page");
  const refused = new WebSocket(`ws://${host}/parties/awake/refused`);
  equal(await new Promise((resolve) => refused.on("unexpected-response", (_, { statusCode }) => resolve(statusCode))), 403, "refused");

  const provide = (doc) => new YProvider(host, "plan", doc, { party: "notes", protocol: "ws", WebSocketPolyfill: WebSocket, disableBc: true });
  const [one, two] = [new Y.Doc(), new Y.Doc()];
  const providers = [provide(one), provide(two)];
  one.getText("text").insert(0, "from one");
  await until("two has it", () => String(two.getText("text")) === "from one");
  two.getText("text").insert(0, "two and ");
  await until("one has it", () => String(one.getText("text")) === "two and from one");
  providers[0].awareness.setLocalStateField("name", "one");
  await until("two sees one", () => [...providers[1].awareness.getStates().values()].some((state) => state.name === "one"));
  await until("it is kept", async () => (await (await fetch(`${origin}/parties/notes/plan`)).text()) === "two and from one");
  await reload(origin, file);
  one.getText("text").insert(0, "again ");
  await until("after the reload", () => String(two.getText("text")) === "again two and from one");
  for (const provider of providers) provider.destroy();
});
