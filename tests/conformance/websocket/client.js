// Client sockets: what `new WebSocket()` refuses, and sockets that arrive with a response.
import assert from "node:assert";

const refuses = (fn, message, name = "SyntaxError") => assert.throws(fn, { name, message });
const upgrade = { upgrade: "websocket" };

/** Answers the next requests. */
let handler;
export default {
  fetch(request) {
    return handler(request);
  },
};

export const urls = {
  test() {
    refuses(() => new WebSocket("nonsense"), "WebSocket Constructor: The url is invalid.");
    refuses(() => new WebSocket("http://a/"), "WebSocket Constructor: The url scheme must be ws or wss.");
    refuses(() => new WebSocket("ws://a/#x"), "WebSocket Constructor: The url fragment must be empty.");
    refuses(() => new WebSocket(), "Failed to construct 'WebSocket': constructor parameter 1 is not of type 'string'.", "TypeError");
  },
};

export const protocols = {
  test() {
    for (const protocol of ["", "a b", "a,b", "(a)"]) {
      refuses(() => new WebSocket("ws://a/", protocol), "WebSocket Constructor: The protocol header token is invalid.");
    }
    refuses(() => new WebSocket("ws://a/", ["a", "b c"]), "WebSocket Constructor: One of the protocol header tokens is invalid.");
    refuses(() => new WebSocket("ws://a/", ["a", "a"]), "WebSocket Constructor: The protocols header cannot have repeating values.");
  },
};

export const aSocketOfAResponse = {
  async test(controller, env) {
    handler = () => {
      const [theirs, ours] = new WebSocketPair();
      ours.accept();
      ours.addEventListener("message", ({ data }) => ours.send(`echo ${data}`));
      return new Response(null, { status: 101, webSocket: theirs, headers: { a: "1" } });
    };
    const response = await env.SELF.fetch("http://self/", { headers: upgrade });
    assert.deepStrictEqual([response.status, response.body, response.headers.get("a")], [101, null, "1"]);
    const { webSocket } = response;
    webSocket.accept();
    const message = new Promise((resolve) => webSocket.addEventListener("message", resolve));
    webSocket.send("hi");
    assert.strictEqual((await message).data, "echo hi");
    webSocket.close();
  },
};

export const anUpgradeThatIsRefused = {
  async test(controller, env) {
    handler = () => new Response("no", { status: 400 });
    const response = await env.SELF.fetch("http://self/", { headers: upgrade });
    assert.deepStrictEqual([response.status, response.webSocket, await response.text()], [400, null, "no"]);
  },
};

export const aSocketNobodyAskedFor = {
  async test(controller, env) {
    handler = () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] });
    await assert.rejects(env.SELF.fetch("http://self/"), {
      name: "TypeError",
      message: 'Worker tried to return a WebSocket in a response to a request which did not contain the header "Upgrade: websocket".',
    });
  },
};
