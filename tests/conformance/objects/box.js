// A Durable Object that runs tests in itself: each test has an object of its own.
import { DurableObject } from "cloudflare:workers";

const cases = [];

/** A test that runs inside of an object. @param {(storage: DurableObjectStorage, ctx: DurableObjectState) => unknown} run */
export function inObject(run) {
  const number = cases.push(run) - 1;
  return {
    async test(_, { BOXES }) {
      await BOXES.get(BOXES.newUniqueId()).run(number);
    },
  };
}

export class Box extends DurableObject {
  async run(number) {
    await cases[number](this.ctx.storage, this.ctx);
  }

  alarm() {}
}

/** What production says of an argument of a wrong type. */
export const bad = (method, number, type, owner = "DurableObjectStorage") => ({
  name: "TypeError",
  message: `Failed to execute '${method}' on '${owner}': parameter ${number} is not of type '${type}'.`,
});

export const ILLEGAL_INVOCATION = {
  name: "TypeError",
  message: "Illegal invocation: function called with incorrect `this` reference. See " +
    "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.",
};
