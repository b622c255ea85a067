// Attempts to reach the host through modules of Node. All of them fail, and here as in production.
import assert from "node:assert";
import childProcess from "node:child_process";
import cluster from "node:cluster";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import inspector from "node:inspector";
import net from "node:net";
import os from "node:os";
import process from "node:process";
import sqlite from "node:sqlite";
import v8 from "node:v8";
import vm from "node:vm";
import wasi from "node:wasi";
import threads from "node:worker_threads";

/** Files that every host has, by every way to write their names. */
const FILES = [
  "/etc/passwd",
  "/etc/hostname",
  "/proc/self/environ",
  "/proc/self/maps",
  "/sys/kernel/ostype",
  "/../etc/passwd",
  "/bundle/../etc/passwd",
  "/tmp/../../etc/passwd",
  "/tmp/..//../etc/./passwd",
  "//etc/passwd",
  "../etc/passwd",
  "../../../../etc/passwd",
  "/dev/../etc/passwd",
  "/dev/fd/0",
  "/dev/stdin",
  "/dev/shm",
  "/dev/tty",
  "/bin/sh",
];

function fails(fn, label) {
  assert.throws(fn, Error, label);
}

export const filesOfTheHost = {
  test() {
    for (const path of FILES) {
      for (const read of [fs.readFileSync, fs.openSync, fs.statSync, fs.lstatSync, fs.readdirSync, fs.realpathSync, fs.accessSync]) {
        assert.throws(() => read(path), (error) => error instanceof Error && error.code !== undefined, `${read.name} ${path}`);
      }
      assert.strictEqual(fs.existsSync(path), false, path);
    }
  },
};

export const filesByOtherNames = {
  test() {
    for (const name of ["file:///etc/passwd", "file:///bundle/../etc/passwd", "file:///%2e%2e/etc/passwd"]) {
      assert.throws(() => fs.readFileSync(new URL(name)), { code: "ENOENT" }, name);
    }
    assert.throws(() => fs.readFileSync(Buffer.from("/etc/passwd")), { code: "ENOENT" });
    for (const name of ["https://example.com/etc/passwd", "data:text/plain,x"]) fails(() => fs.readFileSync(new URL(name)), name);
    fails(() => fs.readFileSync("/tmp/\0/etc/passwd"), "a null byte");
  },
};

export const filesLater = {
  async test() {
    for (const path of FILES) {
      await assert.rejects(fsPromises.readFile(path), Error, path);
      await assert.rejects(fsPromises.readdir(path), Error, path);
      const answer = await new Promise((resolve) => fs.readFile(path, (error, data) => resolve(error ?? data)));
      assert.ok(answer instanceof Error, path);
    }
    const stream = fs.createReadStream("/etc/passwd");
    const error = await new Promise((resolve) => stream.on("error", resolve).on("data", resolve));
    assert.ok(error instanceof Error);
  },
};

export const theRootIsVirtual = {
  test() {
    const names = fs.readdirSync("/");
    for (const name of names) assert.ok(["bundle", "dev", "tmp"].includes(name), name);
    for (const name of fs.readdirSync("/dev")) assert.ok(["null", "zero", "full", "random"].includes(name), name);
    assert.deepStrictEqual(fs.readdirSync("/tmp"), []);
    assert.deepStrictEqual(fs.globSync("/etc/*"), []);
    assert.deepStrictEqual(fs.globSync("/**/passwd"), []);
  },
};

export const linksLeadNowhere = {
  test() {
    for (const target of ["/etc/passwd", "../../../etc/passwd", "/proc/self/root/etc/passwd"]) {
      const link = `/tmp/link-${FILES.length}${target.length}`;
      fs.symlinkSync(target, link);
      assert.throws(() => fs.readFileSync(link), Error, target);
    }
    fails(() => fs.linkSync("/etc/passwd", "/tmp/hard"), "a hard link");
    fails(() => fs.copyFileSync("/etc/passwd", "/tmp/copy"), "a copy");
    fails(() => fs.renameSync("/etc/passwd", "/tmp/moved"), "a move");
    for (const name of ["hard", "copy", "moved"]) assert.ok(!fs.readdirSync("/tmp").includes(name), name);
  },
};

export const nothingIsWritten = {
  test() {
    fails(() => fs.writeFileSync("/bundle/worker", "changed"), "the code");
    fails(() => fs.unlinkSync("/bundle/worker"), "the code");
    fails(() => fs.writeFileSync("/etc/lopata-was-here", "x"), "a file");
    fails(() => fs.writeFileSync("/dev/sda", "x"), "a device");
    fs.writeFileSync("/tmp/mine", "x");
    fs.rmSync("/tmp/mine");
  },
};

export const theProcess = {
  test() {
    for (const name of ["PATH", "HOME", "USER", "PWD", "SHELL", "SSL_CERT_FILE"]) assert.strictEqual(process.env[name], undefined, name);
    assert.deepStrictEqual([process.execPath, process.argv, process.pid, process.title], ["", ["workerd"], 1, "workerd"]);
    for (const name of ["binding", "_linkedBinding", "dlopen", "kill", "_kill", "execve"]) {
      fails(() => process[name]("fs", "/lib/x.so"), name);
    }
    fails(() => process.chdir("/etc"), "chdir");
    fails(() => process.loadEnvFile("/proc/self/environ"), "loadEnvFile");
    assert.strictEqual(process.env.PATH, undefined);
    assert.strictEqual(process.stdin.read(), null);
    assert.deepStrictEqual(process.report.getReport(), {});
    assert.strictEqual(process.mainModule, undefined);
    assert.strictEqual(process.memoryUsage().rss, 0);
  },
};

export const modulesOfTheRuntime = {
  test() {
    // A path makes production throw an error of its own.
    const found = (name) => {
      try {
        return process.getBuiltinModule(name);
      } catch {
        return undefined;
      }
    };
    const names = ["ext:core/ops", "ext:lopata_node/table.js", "ext:deno_node/_events.mjs", "node-internal:process", "internal/errors"];
    for (const name of [...names, "node:internal/bootstrap", "/etc/passwd", "file:///etc/passwd", "cloudflare-internal:env", "lopata:commonjs"]) {
      assert.strictEqual(found(name), undefined, name);
    }
  },
};

export const processes = {
  test() {
    const starts = [
      () => childProcess.spawn("/bin/sh", ["-c", "true"]),
      () => childProcess.exec("true"),
      () => childProcess.execFile("/bin/true"),
      () => childProcess.fork("/etc/passwd"),
      () => childProcess.spawnSync("true"),
      () => childProcess.execSync("true"),
      () => childProcess.execFileSync("true"),
      () => cluster.fork(),
      () => new childProcess.ChildProcess(),
    ];
    for (const start of starts) assert.throws(start, { code: "ERR_METHOD_NOT_IMPLEMENTED" });
  },
};

export const threadsAndContexts = {
  test() {
    for (const options of [{}, { eval: true }, { env: threads.SHARE_ENV }]) {
      assert.throws(() => new threads.Worker("process.env", options), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
    }
    assert.throws(() => vm.runInThisContext("globalThis"), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
    assert.throws(() => vm.runInNewContext("this.constructor.constructor('return this')()", {}), Error);
    assert.throws(() => vm.compileFunction("return this"), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
    const context = vm.createContext();
    assert.strictEqual(context.constructor, undefined);
    assert.strictEqual(Object.getPrototypeOf(context), null);
    const makers = [vm.Script, threads.Worker, fs.readFileSync, process.exit, childProcess.spawn];
    for (const made of makers) assert.throws(() => made.constructor("return this")(), EvalError);
  },
};

export const theEngine = {
  test() {
    assert.throws(() => v8.setFlagsFromString("--allow-natives-syntax"), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
    assert.throws(() => v8.writeHeapSnapshot("/tmp/heap"), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
    assert.throws(() => new inspector.Session(), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
    assert.strictEqual(inspector.url(), undefined);
    assert.throws(() => new wasi.WASI({ version: "preview1", preopens: { "/": "/" } }), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
    assert.throws(() => new sqlite.DatabaseSync("/tmp/x.db"), TypeError);
  },
};

export const theSystem = {
  test() {
    assert.deepStrictEqual(os.networkInterfaces(), {});
    assert.deepStrictEqual(os.cpus(), []);
    assert.strictEqual(os.hostname(), "localhost");
    assert.strictEqual(os.homedir(), "/tmp/");
    assert.deepStrictEqual(os.userInfo(), {});
  },
};

export const socketsOfTheHost = {
  async test() {
    // A path is no address: neither a socket of the system nor a file is reached.
    let answer;
    try {
      const socket = net.connect({ path: "/var/run/docker.sock" });
      answer = await new Promise((resolve) => socket.on("error", resolve).on("connect", () => resolve("connected")));
    } catch (error) {
      answer = error;
    }
    assert.ok(answer instanceof Error);
  },
};
