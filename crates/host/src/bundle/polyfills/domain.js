// Domains that run nothing.
import { EventEmitter } from "node:events";
import { error } from "./throwing.js";

export class Domain extends EventEmitter {
  __unenv__ = true;
  members = [];
  add() {}
  enter() {}
  exit() {}
  remove() {}
  bind() {
    throw error("Domain.bind");
  }
  intercept() {
    throw error("Domain.intercept");
  }
  run() {
    throw error("Domain.run");
  }
}

const current = new Domain();
export const create = () => new Domain();
export const createDomain = create;
export const active = () => current;
export const _stack = [];
