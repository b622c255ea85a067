// Stands between lopata and a user's lopata.config.ts: takes its default export and answers with plain JSON.
//
// Runs as the entry module of a throw-away isolate. The answer is { value } or { problem, path }, where the path
// is that of the key whose value JSON cannot hold.
import * as config from "lopata:/config";

/** A value that has no place in a configuration. */
class Problem {
  constructor(path, problem) {
    this.path = path;
    this.problem = problem;
  }
}

/** @param {string} path @param {string | number} key */
function join(path, key) {
  if (typeof key === "number") return `${path}[${key}]`;
  const inner = /^[A-Za-z_$][\w$]*$/.test(key) ? key : `[${JSON.stringify(key)}]`;
  return path === "" || inner !== key ? path + inner : `${path}.${inner}`;
}

/**
 * A copy of `value` that JSON can hold.
 * @param {unknown} value
 * @param {string} path
 * @param {Set<unknown>} parents
 */
function plain(value, path, parents) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw new Problem(path, `is ${value}, which is no number that a configuration can hold`);
    case "object":
      break;
    default:
      throw new Problem(path, `is a ${typeof value}`);
  }
  if (value === null) return null;
  if (typeof value.then === "function") throw new Problem(path, "is a promise: await it");
  if (parents.has(value)) throw new Problem(path, "contains itself");
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== null && prototype !== Object.prototype) {
    throw new Problem(path, `is a ${prototype.constructor?.name ?? "class instance"}, not a plain object`);
  }
  parents.add(value);
  let copy;
  if (Array.isArray(value)) {
    copy = value.map((item, index) => {
      if (item === undefined) throw new Problem(join(path, index), "is undefined");
      return plain(item, join(path, index), parents);
    });
  } else {
    // A key that is undefined is one that is not set.
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    copy = Object.fromEntries(entries.map(([key, item]) => [key, plain(item, join(path, key), parents)]));
  }
  parents.delete(value);
  return copy;
}

export default {
  async fetch(request) {
    const given = await request.json();
    try {
      if (!("default" in config)) throw new Problem("", "has no default export");
      let value = await config.default;
      if (typeof value === "function") value = await value({ mode: given.mode, env: given.env ?? undefined });
      if (value === undefined) throw new Problem("", "is undefined");
      return Response.json({ value: plain(value, "", new Set()) });
    } catch (error) {
      if (error instanceof Problem) return Response.json(error);
      throw error;
    }
  },
};
