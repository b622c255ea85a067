// Runs operations.
//
// { on, calls, as }     on: a name, `$saved`, or a tagged value. calls: [[method, ...arguments], ...], each on what the one
//                       before it gave, awaited; `@name` reads a property. as: saves the last result under a name.
// { all: [operations] } all of them at once.
// { each: n, do: op }   the operation n times, with `{#}` in its strings replaced by 0, 1, ...; one answer.
// { new: name, args }   makes an object of a global class.
//
// An answer is { ok } or { error }, the latter with `sync` when it was thrown and not rejected.

import { decode } from "./decode.js";

/** Runs operations one after the other and gives the answers. */
export async function run(operations, names, encoder) {
  const scope = { names, saved: new Map(), encoder };
  const answers = [];
  for (const operation of operations) answers.push(await answer(operation, scope));
  return answers;
}

async function answer(operation, scope) {
  if (operation.all) return { all: await Promise.all(operation.all.map((one) => answer(one, scope))) };
  if (operation.each !== undefined) {
    const different = new Map();
    for (let index = 0; index < operation.each; index++) {
      const one = JSON.parse(JSON.stringify(operation.do).replaceAll("{#}", String(index)));
      const text = JSON.stringify(await answer(one, scope));
      different.set(text, (different.get(text) ?? 0) + 1);
    }
    return { each: [...different].map(([text, times]) => ({ times, ...JSON.parse(text) })) };
  }
  let sync = true;
  try {
    let value = "new" in operation ? make(operation, scope) : target(operation.on, scope);
    for (const [method, ...args] of operation.calls ?? []) {
      const decoded = args.map((arg) => decode(arg, scope));
      sync = true;
      const given = method.startsWith("@") ? value[method.slice(1)] : value[method](...decoded);
      sync = false;
      value = await given;
    }
    if (operation.as) {
      scope.saved.set(operation.as, value);
      if (operation.quiet) return { ok: "<saved>" };
    }
    sync = false;
    return { ok: await scope.encoder.value(value) };
  } catch (error) {
    return { error: await scope.encoder.error(error), ...(sync && { sync }) };
  }
}

function make(operation, scope) {
  return new globalThis[operation.new](...(operation.args ?? []).map((arg) => decode(arg, scope)));
}

function target(on, scope) {
  if (typeof on !== "string") return decode(on, scope);
  if (on.startsWith("$")) {
    if (!scope.saved.has(on.slice(1))) throw new Error(`nothing was saved as ${on}`);
    return scope.saved.get(on.slice(1));
  }
  const [first, ...rest] = on.split(".");
  if (scope.names[first] === undefined) throw new Error(`there is no ${first}`);
  return rest.reduce((value, name) => value[name], scope.names[first]);
}
