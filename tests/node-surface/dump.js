// Prints what each module of Node has: a line for every property that can be reached, as "module path kind".
import { names } from "names";

/** Properties of which each runtime has its own. */
const INTERNAL = /Symbol\((cloudflare:|kResourceTypeInspect|Deno\.|\[\[|nodejs\.util\.inspect)/;
const PLAIN = [Object.prototype, Function.prototype, Array.prototype, Map.prototype, Set.prototype, Error.prototype];

/** @param {unknown} value */
function kindOf(value) {
  if (value === null) return "null";
  if (typeof value === "function") {
    const source = Function.prototype.toString.call(value);
    const prototype = Object.getOwnPropertyDescriptor(value, "prototype");
    const isClass = source.startsWith("class") || (source.includes("[native code]") && prototype !== undefined);
    return `${isClass ? "class" : "function"} ${value.name}/${value.length}`;
  }
  if (typeof value === "object") return `object ${Object.getPrototypeOf(value)?.constructor?.name}`;
  if (typeof value === "string") return `string ${JSON.stringify(value.slice(0, 60))}`;
  return `${typeof value} ${String(value)}`;
}

/** @param {string | symbol} key */
function nameOf(key) {
  return typeof key === "symbol" ? `[${String(key)}]` : `.${key}`;
}

/** @param {PropertyDescriptor} descriptor */
function flagsOf({ writable, enumerable, configurable }) {
  return `${writable ? "w" : ""}${enumerable ? "e" : ""}${configurable ? "c" : ""}`;
}

function walk(path, value, seen, depth, print) {
  for (const key of Reflect.ownKeys(value)) {
    if (typeof value === "function" && ["length", "name", "arguments", "caller"].includes(key)) continue;
    if (typeof key === "symbol" && INTERNAL.test(String(key))) continue;
    if (key === "constructor" || (key === "prototype" && depth < 1)) continue;
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    const at = path + nameOf(key);
    if (descriptor.get !== undefined || descriptor.set !== undefined) {
      print(at, `accessor ${descriptor.get ? "get" : ""}${descriptor.set ? "set" : ""}`, flagsOf(descriptor));
      continue;
    }
    const inner = descriptor.value;
    const nested = inner !== null && (typeof inner === "object" || typeof inner === "function");
    // Every function has a prototype; what matters is that of a class.
    if (key === "prototype" && Reflect.ownKeys(inner).length === 1 && Object.getPrototypeOf(inner) === Object.prototype) {
      continue;
    }
    print(at, kindOf(inner), flagsOf(descriptor));
    if (!nested || depth === 0 || seen.has(inner) || inner === globalThis || ArrayBuffer.isView(inner)) continue;
    seen.add(inner);
    if (Array.isArray(inner)) {
      print(`${at}[]`, inner.map((item) => String(item)).join(" "), "");
      continue;
    }
    walk(at, inner, seen, depth - 1, print);
    const parent = Object.getPrototypeOf(inner);
    if (parent === null || PLAIN.includes(parent) || seen.has(parent) || parent === EventTarget.prototype) continue;
    seen.add(parent);
    if (typeof parent === "function") {
      print(`${at} extends`, parent.name, "");
    } else {
      walk(`${at}^`, parent, seen, depth - 1, print);
    }
  }
}

export default {
  async test() {
    for (const name of names) {
      const print = (path, kind, flags) => console.log(`surface\t${name}\t${path}\t${kind}\t${flags}`);
      let exports;
      try {
        exports = name === "globals" ? undefined : await import(`node:${name}`);
      } catch (error) {
        print("", `throws ${error.name}: ${error.message}`, "");
        continue;
      }
      if (exports === undefined) {
        for (const scope of [globalThis, Object.getPrototypeOf(globalThis)]) {
          for (const key of Reflect.ownKeys(scope)) print(nameOf(key), typeof globalThis[key], "");
        }
        continue;
      }
      walk("", exports, new Set([exports, Object.prototype]), 4, print);
    }
  },
};
