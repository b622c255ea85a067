// Time: there is none while the modules are evaluated, and in events it is the clock.
import { ok, strictEqual } from "node:assert";

const KeptDate = Date;
const kept = Date.now;
const atStart = {
  now: Date.now(),
  date: new Date().getTime(),
  text: Date(),
  given: new Date(5).getTime(),
  parts: new Date(2020, 1, 2).getFullYear(),
  utc: Date.UTC(2000, 0, 1),
  parsed: Date.parse("2000-01-01T00:00:00Z"),
  performance: performance.now(),
  origin: performance.timeOrigin,
  instance: new Date() instanceof Date,
  constructed: new Date().constructor === Date,
};

class Later extends Date {
  get isLater() {
    return true;
  }
}
const later = new Later();

export const dateNowIsZeroAtModuleScope = {
  test() {
    strictEqual(atStart.now, 0);
  },
};

export const newDateIsTheEpochAtModuleScope = {
  test() {
    strictEqual(atStart.date, 0);
    strictEqual(atStart.text, new Date(0).toString());
  },
};

export const datesThatAreGivenAreKeptAtModuleScope = {
  test() {
    strictEqual(atStart.given, 5);
    strictEqual(atStart.parts, 2020);
    strictEqual(atStart.utc, 946684800000);
    strictEqual(atStart.parsed, 946684800000);
  },
};

export const dateIsItselfAtModuleScope = {
  test() {
    strictEqual(atStart.instance, true);
    strictEqual(atStart.constructed, true);
    strictEqual(later.getTime(), 0);
    strictEqual(later.isLater, true);
    ok(later instanceof Date);
  },
};

export const theClockRunsInEvents = {
  async test() {
    const before = Date.now();
    ok(before > 1.7e12);
    ok(new Date().getTime() >= before);
    await scheduler.wait(5);
    ok(Date.now() > before);
  },
};

export const whatWasKeptRunsInEvents = {
  test() {
    ok(kept() > 1.7e12);
    ok(new KeptDate().getTime() > 1.7e12);
    ok(new Later().getTime() > 1.7e12);
    ok(new KeptDate() instanceof Date);
  },
};

export const performanceNowIsZeroAtModuleScope = {
  test() {
    strictEqual(atStart.performance, 0);
  },
};

export const performanceCountsFromTheEpoch = {
  test() {
    strictEqual(atStart.origin, 0);
    strictEqual(performance.timeOrigin, 0);
    ok(Math.abs(performance.now() - Date.now()) < 1000);
  },
};
