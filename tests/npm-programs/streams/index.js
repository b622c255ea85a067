// Packages that live on Node's streams, among Node's own and those of the web.
import { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import Busboy from "@fastify/busboy";
import { parse } from "csv-parse";
import readableStream from "readable-stream";
import split2 from "split2";
import tar from "tar-stream";
import through2 from "through2";

const bytes = (...parts) => Readable.from(parts.map((part) => Buffer.from(part)), { objectMode: false });

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const programs = {
  async csv(request) {
    const rows = [];
    const keep = new Writable({
      objectMode: true,
      write(row, _encoding, callback) {
        rows.push(row);
        callback();
      },
    });
    await pipeline(Readable.fromWeb(request.body), parse({ columns: true, cast: true }), keep);
    return Response.json(rows);
  },

  async form(request) {
    const found = {};
    const form = new Busboy({ headers: { "content-type": request.headers.get("content-type") } });
    const files = [];
    form.on("field", (name, value) => (found[name] = value));
    form.on("file", (name, file, filename) => {
      files.push(text(file).then((content) => (found[name] = [filename, content])));
    });
    await pipeline(Readable.fromWeb(request.body), form);
    await Promise.all(files);
    return Response.json(found);
  },

  async lines() {
    return Response.json(await collect(bytes("a\nb", "c\nd\n").pipe(split2())));
  },

  async readable() {
    const through = bytes("q", "r").pipe(new readableStream.PassThrough());
    return new Response(Buffer.concat(await collect(through)));
  },

  tar() {
    const pack = tar.pack();
    pack.entry({ name: "x.txt" }, "hello");
    pack.entry({ name: "y.txt" }, "world");
    pack.finalize();
    return new Response(Readable.toWeb(Readable.from(pack, { objectMode: false })));
  },

  async untar(request) {
    const found = {};
    const extract = tar.extract();
    extract.on("entry", async (header, entry, next) => {
      found[header.name] = Buffer.concat(await collect(entry)).toString();
      next();
    });
    const done = new Promise((resolve, reject) => extract.on("finish", resolve).on("error", reject));
    for await (const chunk of request.body) extract.write(chunk);
    extract.end();
    await done;
    return Response.json(found);
  },

  through() {
    const loud = through2(
      (chunk, _encoding, callback) => callback(null, String(chunk).toUpperCase()),
      function (callback) {
        this.push("!");
        callback();
      },
    );
    return new Response(Readable.toWeb(bytes("ab", "c").pipe(loud)));
  },
};

export default {
  fetch(request) {
    return programs[new URL(request.url).pathname.slice(1)](request);
  },
};
