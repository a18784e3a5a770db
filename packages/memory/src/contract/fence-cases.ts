import assert from "node:assert/strict";
import { allWrites, assistant, contents, namedWrites, refused, saved, user } from "./conversation";
import type { Cases, MemoryTarget } from "./target";

/** Fences as locks of Redis have them. */
const FIRST = 1_795_000_000_000_000;

/** The contract of a memory that keeps late holders of a lock out. */
export const fenceCases = ({ create, parts }: MemoryTarget): Cases => ({
  "refuses a holder that is older than the last writer": async () => {
    for (const [newer, write] of allWrites(parts)) {
      const [old, next] = await create();
      await old.save(user("1"), assistant("2"), { fence: 9 });
      await write(next, "next", { fence: 10 });
      const before = await saved(next);
      for (const [what, late] of allWrites(parts)) {
        await refused(`${what} with an older fence than a ${newer}'s`, late(old, "late", { fence: 9 }));
      }
      await refused(`load with an older fence than a ${newer}'s`, old.load({ fence: 9 }));
      if (parts.includes("search")) await refused("search with an older fence", old.search!("1", 1, { fence: 9 }));
      assert.deepEqual(await old.load(), await next.load());
      await next.save(user("3"), assistant("4"), { fence: 10 });
      assert.deepEqual(await saved(old), [...before, "3", "4"]);
    }
  },

  "refuses a holder that is older than the last reader": async () => {
    for (const [what, late] of allWrites(parts)) {
      const [old, next] = await create();
      await old.load({ fence: FIRST });
      await old.save(user("1"), assistant("2"), { fence: FIRST });
      await next.load({ fence: FIRST + 1 });
      await refused(`${what} with an older fence than a load's`, late(old, "late", { fence: FIRST }));
      assert.deepEqual(await saved(next), ["1", "2"]);
    }
  },

  "shows a late write to the newer reader, or refuses it": async () => {
    const [old, next] = await create();
    let expected: unknown[] = [];
    for (let round = 1; round <= 50; round++) {
      const write = () => old.save(user(`${round}`), assistant("ok"), { fence: 2 * round });
      const early = round % 2 ? write() : undefined;
      const loading = next.load({ fence: 2 * round + 1 });
      const [save, load] = await Promise.allSettled([early ?? write(), loading]);
      if (load.status === "rejected") throw load.reason;
      if (save.status === "rejected") await refused("save", Promise.reject(save.reason));
      else expected = [...expected, `${round}`, "ok"];
      assert.deepEqual(contents(load.value), expected);
    }
    assert.deepEqual(await saved(old), expected);
  },

  "lets no late write bring cleared messages back": async () => {
    for (const [what, late] of namedWrites(parts)) {
      const [old, next] = await create();
      await old.save(user("1"), assistant("2"), { fence: FIRST });
      await next.clear({ fence: FIRST + 1 });
      await refused(`${what} after a clear`, late(old, "late", { fence: FIRST }));
      assert.deepEqual(await old.load(), []);
      await next.save(user("5"), assistant("6"), { fence: FIRST + 2 });
      assert.deepEqual(await saved(old), ["5", "6"]);
    }
  },

  "refuses a write without a fence where there are fences, and lets everybody read": async () => {
    const [a, b] = await create();
    await a.save(user("1"), assistant("2"));
    await a.save(user("3"), assistant("4"), { fence: FIRST });
    for (const [what, write] of allWrites(parts)) await refused(`${what} without a fence`, write(b, "late"));
    assert.deepEqual(await saved(b), ["1", "2", "3", "4"]);
    if (parts.includes("search")) assert.equal((await b.search!("3", 1)).length, 1);
    const [reader, other] = await create();
    await reader.load({ fence: FIRST });
    for (const [what, write] of allWrites(parts))
      await refused(`${what} without a fence after a load`, write(other, "late"));
    await b.save(user("5"), assistant("6"), { fence: FIRST + 1 });
    await refused("clear with an older fence", a.clear({ fence: FIRST }));
  },

  "knows nothing of another conversation's fences": async () => {
    const [[a], [b]] = [await create(), await create()];
    await a.save(user("1"), assistant("2"), { fence: FIRST });
    await b.save(user("3"), assistant("4"), { fence: 1 });
    assert.deepEqual(
      [await saved(a), await saved(b)],
      [
        ["1", "2"],
        ["3", "4"],
      ],
    );
  },

  "refuses a value that is not a fence, before anything is done": async () => {
    const [a] = await create();
    for (const [what, write] of allWrites(parts)) {
      for (const fence of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
        await assert.rejects(write(a, "one", { fence }), RangeError, what);
        await assert.rejects(a.load({ fence }), RangeError);
      }
      await assert.rejects(write(a, "one", { fence: "1" as never }), TypeError, what);
    }
    await assert.rejects(a.load({ fence: "1" as never }), TypeError);
    await a.save(user("1"), assistant("2"));
    assert.deepEqual(await saved(a), ["1", "2"]);
  },
});

/** The contract of a memory that also knows the names of writes. */
export const fencedNameCases = ({ create, parts }: MemoryTarget): Cases => ({
  "says of a named write that it was done, even after a newer holder has come": async () => {
    for (const [what, write] of namedWrites(parts)) {
      const [a, b] = await create();
      const named = { fence: 7, idempotencyKey: "request-1" };
      await write(a, "one", named);
      await b.load({ fence: 8 });
      await write(a, "one", named);
      await b.save(user("3"), assistant("4"), { fence: 8, idempotencyKey: "request-2" });
      assert.deepEqual(await saved(a), ["one 0", "one 1", "3", "4"], what);
    }
  },

  "does not count a refused write as done": async () => {
    for (const [what, write] of namedWrites(parts)) {
      const [a, b] = await create();
      await a.load({ fence: 2 });
      await refused(what, write(b, "one", { fence: 1, idempotencyKey: "request-1" }));
      await refused(what, write(b, "one", { idempotencyKey: "request-1" }));
      await write(b, "one", { fence: 3, idempotencyKey: "request-1" });
      assert.deepEqual(await saved(a), ["one 0", "one 1"], what);
    }
  },
});
