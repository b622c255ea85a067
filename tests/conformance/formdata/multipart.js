// multipart/form-data and application/x-www-form-urlencoded: how they are written and read.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const rejects = (promise, message) => assert.rejects(promise, { name: "TypeError", message });
const parse = (body, type = "multipart/form-data; boundary=x") =>
  new Response(body, { headers: { "content-type": type } }).formData();
const part = (disposition, content = "z") => `--x\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n--x--`;
const entries = async (body, type) => [...await parse(body, type)];

export const isWritten = {
  async test() {
    const data = new FormData();
    data.append('a"\n\\x', "b\nc");
    data.append("blob", new Blob(["zz"]));
    data.append("file", new File(["zz"], 'n"m.txt', { type: "text/PLAIN" }));
    const response = new Response(data);
    const [, boundary] = response.headers.get("content-type").split("boundary=");
    const lines = (await response.text()).replaceAll(boundary, "B").split("\r\n");
    assert.deepStrictEqual(lines, [
      "--B", 'Content-Disposition: form-data; name="a%22%0A\\\\x"', "", "b\nc",
      "--B", 'Content-Disposition: form-data; name="blob"; filename="blob"', "Content-Type: application/octet-stream", "", "zz",
      "--B", 'Content-Disposition: form-data; name="file"; filename="n%22m.txt"', "Content-Type: text/plain", "", "zz",
      "--B--",
    ]);
  },
};

export const nothingIsWritten = {
  async test() {
    const response = new Response(new FormData());
    const [, boundary] = response.headers.get("content-type").split("boundary=");
    assert.strictEqual(await response.text(), `--${boundary}--`);
  },
};

export const namesDoNotEndInABackslash = {
  test() {
    const data = new FormData();
    data.append("a\\", "b");
    assert.throws(() => new Response(data), { name: "TypeError", message: "Name or filename can't end with backslash" });
  },
};

export const whatIsWrittenIsRead = {
  async test() {
    const data = new FormData();
    data.append("a\\b", "1\r\n2");
    data.append("\u00e9", "\u4f60");
    assert.deepStrictEqual([...await new Response(data).formData()], [["a\\b", "1\r\n2"], ["\u00e9", "\u4f60"]]);
  },
};

export const aTypeIsNeeded = {
  async test() {
    const text = "Parsing a Body as FormData requires a Content-Type header.";
    await rejects(new Response(new Uint8Array(1)).formData(), text);
    await rejects(new Response().formData(), text);
  },
};

export const otherTypes = {
  async test() {
    const text = "Unrecognized Content-Type header value. FormData can only parse the following MIME types: " +
      "multipart/form-data, application/x-www-form-urlencoded";
    await rejects(new Response("x").formData(), text);
    await rejects(parse("x", "nonsense"), text);
  },
};

export const aBoundaryIsNeeded = {
  async test() {
    await rejects(
      parse("x", "multipart/form-data"),
      "No boundary string in Content-Type header. The multipart/form-data MIME type requires a boundary parameter, " +
        "e.g. 'Content-Type: multipart/form-data; boundary=\"abcd\"'. See RFC 7578, section 4.",
    );
  },
};

export const quotedBoundaries = {
  async test() {
    const body = '--x y\r\nContent-Disposition: form-data; name="a"\r\n\r\nz\r\n--x y--';
    assert.deepStrictEqual(await entries(body, 'Multipart/Form-data; Boundary="x y"'), [["a", "z"]]);
  },
};

export const boundariesThatAreMissing = {
  async test() {
    const initial = "No initial boundary string (or you have a truncated message).";
    for (const body of ["abc", "--x", null]) await rejects(parse(body), initial);
    const subsequent = "No subsequent boundary string after multipart message.";
    const start = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nz';
    for (const body of [start, `${start}\r\n--x`]) await rejects(parse(body), subsequent);
    await rejects(parse("--xq"), "Boundary string was not succeeded by CRLF, LF, or '--'.");
  },
};

export const whatIsAround = {
  async test() {
    assert.deepStrictEqual(await entries("before--x--after"), []);
  },
};

export const headersOfParts = {
  async test() {
    await rejects(parse("--x\r\nfoo"), "No multipart message header termination found.");
    await rejects(parse("--x\r\nfoo\r\n\r\nz\r\n--x--"), "FormData part had invalid headers.");
    await rejects(parse("--x\r\nfoo: bar\r\n\r\nz\r\n--x--"), "No valid Content-Disposition header found in FormData part.");
    await rejects(parse(part("@@@")), "Invalid Content-Disposition header found in FormData part.");
  },
};

export const dispositions = {
  async test() {
    for (const kind of ["attachment", "Form-Data"]) {
      await rejects(
        parse(part(`${kind}; name="a"`)),
        `Content-Disposition header for FormData part must have the value "form-data", possibly followed by parameters. Got: "${kind}"`,
      );
    }
    for (const nameless of ["form-data", "form-data; name=a", 'form-data; name=""', 'form-data; NAME="a"']) {
      await rejects(parse(part(nameless)), "Content-Disposition header in FormData part is missing a name.");
    }
    assert.deepStrictEqual(await entries(part('form-data; name="a" ; filename*=x')), [["a", "z"]]);
  },
};

export const escapedNames = {
  async test() {
    assert.deepStrictEqual(await entries(part('form-data; name="a\\"b\\\\c%22d%0A"')), [['a"b\\c%22d%0A', "z"]]);
  },
};

export const lineFeedsAlone = {
  async test() {
    const body = '--x\nContent-Disposition: form-data; name="a"\n\nz\n--x\nContent-Disposition: form-data; name="b"\n\n\n--x--';
    assert.deepStrictEqual(await entries(body), [["a", "z"], ["b", ""]]);
  },
};

export const files = {
  async test() {
    const body = '--x\r\nContent-Disposition: form-data; name="a"; filename="q.txt"\r\nContent-Type: text/HTML\r\n\r\nz\r\n--x--';
    const file = (await parse(body)).get("a");
    if (!flags.formdata_parser_supports_files) {
      assert.strictEqual(file, "z");
      return;
    }
    assert.deepStrictEqual([file.name, file.type, await file.text()], ["q.txt", "text/HTML", "z"]);
  },
};

export const filesOfAnyBytes = {
  async test() {
    if (!flags.formdata_parser_supports_files) return;
    const bytes = new Uint8Array([0, 255, 254, 13, 10, 195, 40]);
    const [before, after] = part('form-data; name="a"; filename="q"', "HERE").split("HERE");
    const data = await parse(new Blob([before, bytes, after]));
    assert.deepStrictEqual([...new Uint8Array(await data.get("a").arrayBuffer())], [...bytes]);
  },
};

export const textsOfAnyBytes = {
  async test() {
    const [before, after] = part('form-data; name="a"', "HERE").split("HERE");
    const data = await parse(new Blob([before, new Uint8Array([0, 255, 195, 40]), after]));
    assert.strictEqual(data.get("a"), "\0\ufffd\ufffd(");
  },
};

export const urlEncoded = {
  async test() {
    const type = "application/x-www-form-urlencoded";
    assert.deepStrictEqual(await entries("a=1&b=%20x+y&c&=d&&a=2", type), [["a", "1"], ["b", " x y"], ["c", ""], ["", "d"], ["a", "2"]]);
    assert.deepStrictEqual(await entries("?a=1", `${type};charset=UTF-8`), [["?a", "1"]]);
    assert.deepStrictEqual(await entries(null, type), []);
  },
};

export const otherCharsets = {
  async test() {
    const type = "application/x-www-form-urlencoded;charset=";
    assert.deepStrictEqual(await entries("a=1", `${type}"utf8"`), [["a", "1"]]);
    await rejects(parse("a=1", `${type}latin1`), "Non-utf-8 application/x-www-form-urlencoded body.");
  },
};

export const aUsedBody = {
  async test() {
    const response = new Response("a=1", { headers: { "content-type": "application/x-www-form-urlencoded" } });
    await response.formData();
    await rejects(response.formData(), "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.");
  },
};
