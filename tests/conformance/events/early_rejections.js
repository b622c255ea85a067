// Rejections that nobody handles, told a microtask later, as it was before the flag.
import { deepStrictEqual } from "node:assert";

let seen = [];
const listener = (event) => {
  seen.push([event.type, event.reason?.message]);
  event.preventDefault();
};
addEventListener("unhandledrejection", listener);
addEventListener("rejectionhandled", listener);

async function after(what) {
  seen = [];
  await what();
  await scheduler.wait(5);
  return seen;
}

export const aHandlerThatIsAddedAtOnceIsInTime = {
  async test() {
    deepStrictEqual(await after(() => Promise.reject(new Error("handled")).catch(() => {})), []);
  },
};

export const aHandlerThatIsAddedMicrotasksLaterIsTooLate = {
  async test() {
    const told = await after(async () => {
      const soon = Promise.reject(new Error("soon"));
      for (let i = 0; i < 10; i++) await null;
      soon.catch(() => {});
    });
    deepStrictEqual(told, [["unhandledrejection", "soon"], ["rejectionhandled", undefined]]);
  },
};

export const eachIsTold = {
  async test() {
    const told = await after(() => {
      for (const name of ["a", "b", "c"]) Promise.reject(new Error(name));
    });
    deepStrictEqual(told.map(([, reason]) => reason).sort(), ["a", "b", "c"]);
  },
};
