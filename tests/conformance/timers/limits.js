// How many timers an event may have.
import { match, strictEqual } from "node:assert";

const MAX = 10000;

function fill(set) {
  const ids = [];
  try {
    for (let i = 0; i <= MAX; i++) ids.push(set(() => {}, 1e6));
    return { ids, error: undefined };
  } catch (error) {
    return { ids, error };
  }
}

function check(error) {
  strictEqual(error.name, "QuotaExceededError");
  strictEqual(error.code, 22);
  match(error.message, /^You have exceeded the number of active timeouts you may set\. max active timeouts: 10000, current active timeouts: 10000, finished timeouts: \d+$/);
}

export const timeoutsAreCounted = {
  test() {
    const { ids, error } = fill(setTimeout);
    check(error);
    strictEqual(ids.length, MAX);
    ids.forEach((id) => clearTimeout(id));
  },
};

export const intervalsAreCounted = {
  test() {
    const { ids, error } = fill(setInterval);
    check(error);
    strictEqual(ids.length, MAX);
    ids.forEach((id) => clearInterval(id));
  },
};

export const whatIsClearedCountsNoMore = {
  test() {
    const { ids } = fill(setTimeout);
    clearTimeout(ids[0]);
    ids.push(setTimeout(() => {}, 1e6));
    ids.forEach((id) => clearTimeout(id));
  },
};

export const whatHasFiredCountsNoMore = {
  async test() {
    setTimeout(() => {}, 0);
    await scheduler.wait(10);
    const { ids } = fill(setTimeout);
    strictEqual(ids.length, MAX);
    ids.forEach((id) => clearTimeout(id));
  },
};
