// The texts and results are workerd's.
import assert from "node:assert";
import { bad, Box, inObject } from "./box.js";

export { Box };

const NO_DATE = { name: "TypeError", message: "The value cannot be converted because it is not a valid Date." };
const TOO_LATE = { name: "TypeError", message: "This API doesn't support dates after 2189." };
const NO_RECOVERY = {
  name: "Error",
  message: "This Durable Object's storage back-end does not implement point-in-time recovery.",
};
/** Far enough not to ring. */
const LATER = 8e12;

export const none = inObject(async (storage) => {
  assert.strictEqual(await storage.getAlarm(), null);
  assert.strictEqual(await storage.deleteAlarm(), undefined);
});

export const setAndDelete = inObject(async (storage) => {
  assert.strictEqual(await storage.setAlarm(LATER), undefined);
  assert.strictEqual(await storage.getAlarm(), LATER);
  await storage.setAlarm(new Date(LATER + 1));
  assert.strictEqual(await storage.getAlarm(), LATER + 1);
  await storage.setAlarm(LATER + 0.7);
  assert.strictEqual(await storage.getAlarm(), LATER);
  await storage.deleteAlarm();
  assert.strictEqual(await storage.getAlarm(), null);
});

export const notATime = inObject(async (storage) => {
  for (const time of [undefined, null, "5", "x", {}, true, 5n]) {
    await assert.rejects(storage.setAlarm(time), bad("setAlarm", 1, "date"));
  }
  await assert.rejects(storage.setAlarm(), bad("setAlarm", 1, "date"));
});

export const notATimeThatExists = inObject(async (storage) => {
  for (const time of [NaN, Infinity, new Date(NaN)]) await assert.rejects(storage.setAlarm(time), NO_DATE);
  for (const time of [1e20, 8.64e15, 9223372036855]) await assert.rejects(storage.setAlarm(time), TOO_LATE);
  await storage.setAlarm(9223372036854);
  assert.strictEqual(await storage.getAlarm(), 9223372036854);
  await storage.deleteAlarm();
});

export const beforeTheEpoch = inObject(async (storage) => {
  for (const time of [0, -1]) {
    await assert.rejects(storage.setAlarm(time), {
      name: "TypeError",
      message: "setAlarm() cannot be called with an alarm time <= 0",
    });
  }
});

export const thePastIsNow = inObject(async (storage) => {
  const before = Date.now();
  storage.setAlarm(5);
  const time = await storage.getAlarm();
  assert.ok(time >= before && time < before + 60_000, String(time));
  await storage.deleteAlarm();
});

export const alarmOptions = inObject(async (storage) => {
  await assert.rejects(storage.setAlarm(LATER, 5), bad("setAlarm", 2, "SetAlarmOptions"));
  await assert.rejects(storage.getAlarm(5), bad("getAlarm", 1, "GetAlarmOptions"));
  await assert.rejects(storage.deleteAlarm(5), bad("deleteAlarm", 1, "SetAlarmOptions"));
  await storage.setAlarm(LATER, { allowUnconfirmed: true });
  await storage.deleteAlarm({ allowUnconfirmed: true });
});

export const deleteAllDeletesIt = inObject(async (storage) => {
  await storage.setAlarm(LATER);
  await storage.deleteAll();
  assert.strictEqual(await storage.getAlarm(), null);
});

export const transactionsCoverIt = inObject(async (storage) => {
  await storage.transaction(async (txn) => {
    await txn.setAlarm(LATER);
    assert.strictEqual(await txn.getAlarm(), LATER);
    txn.rollback();
  });
  assert.strictEqual(await storage.getAlarm(), null);
  assert.throws(() =>
    storage.transactionSync(() => {
      storage.setAlarm(LATER);
      throw new Error("back");
    }), { message: "back" });
  assert.strictEqual(await storage.getAlarm(), null);
});

export const bookmarks = inObject(async (storage) => {
  const first = await storage.getCurrentBookmark();
  assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{8}-00000000-0{32}$/);
  assert.strictEqual(first, `00000000-00000000-00000000-${"0".repeat(32)}`);
  assert.strictEqual(await storage.getCurrentBookmark(), `00000000-00000001-00000000-${"0".repeat(32)}`);
});

export const noRecovery = inObject(async (storage) => {
  await assert.rejects(storage.getBookmarkForTime(Date.now()), NO_RECOVERY);
  await assert.rejects(storage.getBookmarkForTime(new Date()), NO_RECOVERY);
  await assert.rejects(storage.getBookmarkForTime("x"), bad("getBookmarkForTime", 1, "date"));
  await assert.rejects(storage.onNextSessionRestoreBookmark("x"), NO_RECOVERY);
  await assert.rejects(storage.onNextSessionRestoreBookmark(), bad("onNextSessionRestoreBookmark", 1, "string"));
});
