// Nobody to talk to.
import { builtinModules as all } from "node:module";

export const builtinModules = all.filter((name) => !name.startsWith("_"));
export const _builtinLibs = builtinModules;
export const REPL_MODE_SLOPPY = Symbol("repl-sloppy");
export const REPL_MODE_STRICT = Symbol("repl-strict");
