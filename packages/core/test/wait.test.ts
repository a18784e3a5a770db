import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Wait } from "../src/locker/wait";

test("a wait of many attempts keeps nothing of those that are over", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const wait = new Wait<number>(Number.POSITIVE_INFINITY, undefined, new Set());
  const attempts = async (count: number) => {
    for (let i = 0; i < count; i++) {
      queueMicrotask(() => wait.tell(i));
      await wait.heard();
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await attempts(1_000);
  const after = await attempts(100_000);
  expect((after - before) / 100_000, "bytes kept of each attempt").toBeLessThan(50);
  wait.dispose();
});
