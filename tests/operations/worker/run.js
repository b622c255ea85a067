// Runs operations.
//
// { on, calls, as }     on: a name, `$saved`, or a tagged value. calls: [[method, ...arguments], ...], each on what the one
//                       before it gave, awaited; `@name` reads a property. as: saves the last result under a name.
// { all: [operations] } all of them at once.
// { each: n, do: op }   the operation n times, with `{#}` in its strings replaced by 0, 1, ...; one answer.
// { new: name, args }   makes an object of a global class.
//
// An answer is { ok } or { error }, the latter with `sync` when it was thrown and not rejected. An argument can be a
// callback that runs operations (`{ $: "runs", … }`, below); the answers of those are `inside`.

import { decode } from "./decode.js";

/** Runs operations one after the other and gives the answers. `saved`: what earlier ones have saved. */
export async function run(operations, names, encoder, saved = new Map()) {
  const scope = { names, saved, encoder, callback };
  const answers = [];
  for (const operation of operations) answers.push(await answer(operation, scope));
  return answers;
}

async function answer(operation, outer) {
  const inside = [];
  const scope = { ...outer, inside };
  const given = await answerTo(operation, scope);
  for (const [index, one] of inside.entries()) if (one.raw) inside[index] = await encode(one, scope);
  return inside.length > 0 ? { ...given, inside } : given;
}

async function answerTo(operation, scope) {
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

/**
 * A callback that runs operations: `as` saves its first argument, `throws` is the message of the error it throws at the
 * end, `gives` what it returns. With `sync` nothing is awaited, and results are looked at when the operation is over.
 */
function callback({ operations = [], as, sync, throws, gives }, scope) {
  const end = () => {
    if (throws !== undefined) throw new RangeError(throws);
    return decode(gives === undefined ? null : gives, scope);
  };
  const start = (args) => as && scope.saved.set(as, args[0]);
  if (sync) {
    return (...args) => {
      start(args);
      for (const operation of operations) scope.inside.push(step(operation, scope));
      return end();
    };
  }
  return async (...args) => {
    start(args);
    for (const operation of operations) scope.inside.push(await answer(operation, scope));
    return end();
  };
}

/** An operation that awaits nothing. */
function step(operation, outer) {
  const inside = [];
  const scope = { ...outer, inside };
  try {
    let value = "new" in operation ? make(operation, scope) : target(operation.on, scope);
    for (const [method, ...args] of operation.calls ?? []) {
      const decoded = args.map((arg) => decode(arg, scope));
      value = method.startsWith("@") ? value[method.slice(1)] : value[method](...decoded);
    }
    if (operation.as) scope.saved.set(operation.as, value);
    return { raw: true, ok: value, quiet: operation.as && operation.quiet, inside };
  } catch (error) {
    return { raw: true, error, inside };
  }
}

async function encode({ ok, error, quiet, inside }, scope) {
  const shown = {};
  if (error !== undefined) shown.error = await scope.encoder.error(error);
  else shown.ok = quiet ? "<saved>" : await scope.encoder.value(ok);
  for (const [index, one] of inside.entries()) if (one.raw) inside[index] = await encode(one, scope);
  return inside.length > 0 ? { ...shown, inside } : shown;
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
