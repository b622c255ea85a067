// node document/client.mjs http://localhost:8787 [document/index.ts]: two editors of one text, across a reload.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import WebSocket from "ws";
import * as Y from "yjs";
import { check, equal, reload, until } from "../lib/client.mjs";

const [origin, file] = process.argv.slice(2);
const SYNC = 0;
const AWARENESS = 1;

class Editor {
  static open(url) {
    const editor = new Editor();
    editor.doc = new Y.Doc();
    editor.text = editor.doc.getText("text");
    editor.awareness = new Awareness(editor.doc);
    editor.socket = new WebSocket(url);
    editor.socket.binaryType = "arraybuffer";
    const send = (kind, write) => {
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, kind);
      write(encoder);
      editor.socket.send(encoding.toUint8Array(encoder));
    };
    editor.doc.on("update", (update, from) => from !== editor && send(SYNC, (encoder) => writeUpdate(encoder, update)));
    editor.awareness.on("update", ({ added, updated, removed }, from) => {
      if (from === editor) return;
      const changed = encodeAwarenessUpdate(editor.awareness, [...added, ...updated, ...removed]);
      send(AWARENESS, (encoder) => encoding.writeVarUint8Array(encoder, changed));
    });
    editor.socket.on("message", (data) => {
      const decoder = decoding.createDecoder(new Uint8Array(data));
      if (decoding.readVarUint(decoder) === AWARENESS) {
        applyAwarenessUpdate(editor.awareness, decoding.readVarUint8Array(decoder), editor);
        return;
      }
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, SYNC);
      readSyncMessage(decoder, encoder, editor.doc, editor);
      if (encoding.length(encoder) > 1) editor.socket.send(encoding.toUint8Array(encoder));
    });
    return new Promise((resolve, reject) => {
      editor.socket.on("error", reject);
      editor.socket.on("open", () => {
        send(SYNC, (encoder) => writeSyncStep1(encoder, editor.doc));
        resolve(editor);
      });
    });
  }

  /** Types at random places, one letter at a time. */
  async type(letter, count) {
    for (let index = 0; index < count; index++) {
      this.text.insert(Math.floor(Math.random() * (this.text.length + 1)), letter);
      if (index % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

await check(async () => {
  const url = `${origin.replace("http", "ws")}/plan`;
  const [ann, bob] = await Promise.all([Editor.open(url), Editor.open(url)]);
  const same = (length) =>
    until(`both have ${length} letters`, () => ann.text.length === length && String(ann.text) === String(bob.text));
  await Promise.all([ann.type("a", 60), bob.type("b", 60)]);
  await same(120);
  ann.awareness.setLocalState({ name: "Ann" });
  await until("Bob sees Ann", () => [...bob.awareness.getStates().values()].some((state) => state?.name === "Ann"));
  equal(await (await fetch(`${origin}/plan/text`)).text(), String(ann.text), "the object's text");

  // Both go on typing while the code is replaced; the document comes back from its updates.
  await Promise.all([ann.type("c", 100), bob.type("d", 100), reload(origin, file)]);
  await same(320);
  await Promise.all([ann.type("e", 20), bob.text.delete(0, 5)]);
  await same(335);
  equal(await (await fetch(`${origin}/plan/text`)).text(), String(ann.text), "the text after the reload");
  const { n } = await (await fetch(`${origin}/plan/rows`)).json();
  equal(n > 0 && n <= 50, true, `${n} rows`);

  // Who comes later gets all of it.
  bob.socket.close();
  await until("Bob's socket closes", () => bob.socket.readyState === WebSocket.CLOSED);
  await ann.type("f", 10);
  const cy = await Editor.open(url);
  await until("Cy has all of it", () => String(cy.text) === String(ann.text));
  const rich = ann.doc.getMap("map");
  rich.set("list", Y.Array.from([1, { two: 2 }]));
  await until("a map arrives", () => cy.doc.getMap("map").get("list")?.length === 2);
  ann.socket.close();
  const states = () => [...cy.awareness.getStates().values()].filter((state) => state?.name === "Ann");
  await until("Cy sees that Ann is gone", () => states().length === 0);
});
