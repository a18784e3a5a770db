import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Mailbox } from "../src/locker/acquire/mailbox";

test("a wait of many attempts keeps nothing of earlier attempts", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const mailbox = new Mailbox<number>(Number.POSITIVE_INFINITY, undefined, new Set());
  const attempts = async (count: number) => {
    for (let i = 0; i < count; i++) {
      queueMicrotask(() => mailbox.post(i));
      await mailbox.next();
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await attempts(1_000);
  const after = await attempts(100_000);
  expect((after - before) / 100_000, "bytes kept of each attempt").toBeLessThan(50);
  mailbox.dispose();
});

test("an event that nobody reads is kept until the next one, or until it is dropped", async () => {
  const mailbox = new Mailbox<string>(Number.POSITIVE_INFINITY, undefined, new Set());
  mailbox.post("first");
  mailbox.post("second");
  expect(await mailbox.next()).toBe("second");
  mailbox.post("third");
  mailbox.clear();
  mailbox.post("fourth");
  expect(await mailbox.next()).toBe("fourth");
  mailbox.dispose();
});

test("after the wait has ended, only its end is read", async () => {
  const controller = new AbortController();
  const pending = new Set<Mailbox<string>>();
  const mailbox = new Mailbox<string>(1, controller.signal, pending as never);
  mailbox.post("unread");
  controller.abort("why");
  mailbox.end({ by: "close" });
  for (let i = 0; i < 2; i++) expect(await mailbox.next()).toEqual({ by: "signal", reason: "why" });
  mailbox.dispose();
  expect(pending.size).toBe(0);
});

test("a reminder comes once, unless another takes its place or it is cancelled", async () => {
  const mailbox = new Mailbox<string>(Number.POSITIVE_INFINITY, undefined, new Set());
  mailbox.remind(5, "replaced");
  mailbox.remind(15, "first");
  expect(await mailbox.next()).toBe("first");
  mailbox.remind(5, "cancelled");
  mailbox.cancelReminder();
  mailbox.remind(15, "second");
  expect(await mailbox.next()).toBe("second");
  mailbox.dispose();
});
