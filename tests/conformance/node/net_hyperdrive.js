// Databases behind Hyperdrive, as drivers reach them: by a name that only this worker knows.
import assert from "node:assert";
import { once } from "node:events";
import net from "node:net";
import { connect } from "cloudflare:sockets";

export const socketsOfNode = {
  async test(_, env) {
    const { host, port } = env.DB;
    assert.match(host, /^[0-9a-f]{32}\.hyperdrive\.local$/);
    const socket = net.connect(port, host);
    let text = "";
    for await (const chunk of socket) text += chunk;
    assert.strictEqual(text, "hello");
  },
};

export const socketsOfThePlatform = {
  async test(_, env) {
    const socket = connect({ hostname: env.DB.host, port: env.DB.port });
    const text = await new Response(socket.readable).text();
    assert.strictEqual(text, "hello");
  },
};

export const otherPortsAreTheNetworks = {
  async test(_, env) {
    const socket = net.connect(env.DB.port + 1, env.DB.host);
    socket.on("error", () => {});
    const { 3: error } = await once(socket, "connectionAttemptFailed");
    assert.ok(error instanceof Error);
  },
};
