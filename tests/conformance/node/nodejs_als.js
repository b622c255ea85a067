// `nodejs_als` brings AsyncLocalStorage alone.
import { AsyncLocalStorage } from "node:async_hooks";

export const storesWithoutTheRest = {
  async test() {
    const storage = new AsyncLocalStorage();
    if (storage.run(5, () => storage.getStore()) !== 5) throw new Error("the store is lost");
    let error;
    await import("node:assert").catch((caught) => {
      error = caught;
    });
    if (error?.message !== 'No such module "node:assert".') throw new Error(`it said ${error}`);
    if ("Buffer" in globalThis) throw new Error("there is a Buffer");
  },
};
