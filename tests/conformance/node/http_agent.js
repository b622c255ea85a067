// Agents: they keep their options, and pool nothing.
import assert from "node:assert";
import http from "node:http";
import https from "node:https";

export const defaults = {
  test() {
    const agent = new http.Agent();
    assert.strictEqual(agent.defaultPort, 80);
    assert.strictEqual(agent.protocol, "http:");
    assert.strictEqual(agent.keepAlive, false);
    assert.strictEqual(agent.keepAliveMsecs, 1000);
    assert.strictEqual(agent.agentKeepAliveTimeoutBuffer, 1000);
    assert.strictEqual(agent.maxSockets, Infinity);
    assert.strictEqual(agent.maxFreeSockets, 256);
    assert.strictEqual(agent.maxTotalSockets, Infinity);
    assert.strictEqual(agent.totalSocketCount, 0);
    assert.strictEqual(agent.scheduling, "lifo");
    assert.deepStrictEqual([agent.sockets, agent.freeSockets, agent.requests], [{}, {}, {}]);
    assert.strictEqual(http.Agent.defaultMaxSockets, Infinity);
  },
};

export const options = {
  test() {
    const given = { keepAlive: true, maxSockets: 5, maxFreeSockets: 2, maxTotalSockets: 9, scheduling: "fifo", keepAliveMsecs: 7 };
    const agent = new http.Agent(given);
    assert.strictEqual(agent.keepAlive, true);
    assert.deepStrictEqual(
      [agent.maxSockets, agent.maxFreeSockets, agent.maxTotalSockets, agent.scheduling, agent.keepAliveMsecs],
      [5, 2, 9, "fifo", 7]);
    assert.notStrictEqual(agent.options, given);
    assert.deepStrictEqual({ ...agent.options }, { ...given, path: null, proxyEnv: undefined, noDelay: true });
    assert.strictEqual(new http.Agent({ noDelay: false }).options.noDelay, false);
  },
};

export const whatIsRefused = {
  test() {
    assert.throws(() => new http.Agent({ scheduling: "x" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'scheduling' must be one of: 'fifo', 'lifo'. Received 'x'",
    });
    assert.throws(() => new http.Agent({ maxTotalSockets: 0 }), {
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "maxTotalSockets" is out of range. It must be >= 1. Received 0',
    });
    assert.throws(() => new http.Agent({ maxTotalSockets: "x" }), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => new http.Agent().createConnection(), {
      code: "ERR_METHOD_NOT_IMPLEMENTED",
      message: "The createConnection method is not implemented",
    });
  },
};

export const theGlobalOnes = {
  test() {
    const shared = { keepAlive: true, scheduling: "lifo", timeout: 5000, path: null, noDelay: true, proxyEnv: undefined };
    assert.deepStrictEqual({ ...http.globalAgent.options }, shared);
    assert.deepStrictEqual({ ...https.globalAgent.options }, { ...shared, defaultPort: 443, protocol: "https:" });
    assert.strictEqual(http.globalAgent.defaultPort, 80);
    assert.strictEqual(https.globalAgent.defaultPort, 443);
    assert.strictEqual(https.globalAgent.protocol, "https:");
    assert.strictEqual(https.globalAgent.maxCachedSessions, 100);
  },
};

export const names = {
  test() {
    const agent = new http.Agent();
    assert.strictEqual(agent.getName(), "localhost::");
    assert.strictEqual(agent.getName({ host: "h", port: 80, localAddress: "l", family: 4 }), "h:80:l:4");
    assert.strictEqual(agent.getName({ family: 6, port: 1 }), "localhost:1::6");
    assert.strictEqual(agent.getName({ socketPath: "/s" }), "localhost:::/s");
  },
};

export const namesOfHttps = {
  test() {
    const agent = new https.Agent();
    assert.strictEqual(agent.getName({ host: "h" }), "h::" + ":".repeat(20));
    assert.strictEqual(
      agent.getName({
        host: "a", ca: "c", cert: "d", servername: "s", rejectUnauthorized: false, sigalgs: ["x"], ecdhCurve: "e",
        minVersion: "m",
      }),
      'a:::c:d:::::false:s:m:::::e::::["x"]::',
    );
    assert.strictEqual(agent.getName({ host: "a", servername: "a" }), agent.getName({ host: "a" }));
  },
};

export const whatDoesNothing = {
  test() {
    const agent = new http.Agent();
    assert.strictEqual(agent.addRequest({}, {}), undefined);
    assert.strictEqual(agent.createSocket({}, {}, () => assert.fail("called")), undefined);
    assert.strictEqual(agent.removeSocket({}), undefined);
    assert.strictEqual(agent.keepSocketAlive({}), false);
    assert.strictEqual(agent.reuseSocket({}, {}), undefined);
    assert.strictEqual(agent.destroy(), undefined);
  },
};

export const whichAgentARequestHas = {
  test() {
    const mine = new http.Agent();
    assert.strictEqual(http.request("http://x.example").agent, http.globalAgent);
    assert.strictEqual(http.request("http://x.example", { agent: mine }).agent, mine);
    assert.strictEqual(http.request("http://x.example", { agent: null }).agent, http.globalAgent);
    assert.strictEqual(https.request("https://x.example").agent, https.globalAgent);
    const fresh = http.request("http://x.example", { agent: false }).agent;
    assert.ok(fresh instanceof http.Agent && fresh !== http.globalAgent);
    const own = { addRequest() {}, protocol: "https:", defaultPort: 4430 };
    const request = http.request({ host: "x.example", protocol: "https:", agent: own });
    assert.deepStrictEqual([request.agent, request.port, request.protocol], [own, "4430", "https:"]);
  },
};
