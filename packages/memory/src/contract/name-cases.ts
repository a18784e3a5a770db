import assert from "node:assert/strict";
import { assistant, namedWrites, saved, user } from "./conversation";
import type { Cases, MemoryTarget } from "./target";

/** The contract of a memory that knows the names of writes. */
export const nameCases = ({ create, parts }: MemoryTarget): Cases => ({
  "does a named write once, no matter who repeats it": async () => {
    for (const [what, write] of namedWrites(parts)) {
      const [a, b] = await create();
      const named = { idempotencyKey: "request-1" };
      await write(a, "one", named);
      await write(b, "one", named);
      await a.save(user("two 0"), assistant("two 1"), { idempotencyKey: "request-2" });
      await write(a, "one", named);
      assert.deepEqual(await saved(b), ["one 0", "one 1", "two 0", "two 1"], what);
    }
  },

  "does a named write once when it is asked for several times at once": async () => {
    for (const [what, write] of namedWrites(parts)) {
      const [a, b] = await create();
      const named = { idempotencyKey: 'it\'s {a} "name": 日本 🙂\n' };
      await Promise.all(Array.from({ length: 20 }, (_, i) => write(i % 2 ? a : b, "one", named)));
      assert.deepEqual(await saved(b), ["one 0", "one 1"], what);
    }
  },

  "says of a named write whether it was done now or before": async () => {
    for (const [what, write] of namedWrites(parts)) {
      const [a, b] = await create();
      const named = { idempotencyKey: "request-1" };
      assert.deepEqual(await write(a, "one", named), { done: "now" }, what);
      assert.deepEqual(await write(b, "one", named), { done: "before" }, what);
    }
  },

  "refuses another write under the name of one that was done, and does nothing": async () => {
    for (const [what, write] of namedWrites(parts)) {
      const [a, b] = await create();
      const named = { idempotencyKey: "request-1" };
      await write(a, "one", named);
      for (const [, other] of namedWrites(parts)) {
        const refusal = { name: "RangeError", message: /idempotencyKey/ };
        await assert.rejects(Promise.resolve(other(b, "two", named)), refusal, what);
      }
      assert.deepEqual(await saved(b), ["one 0", "one 1"], what);
      assert.deepEqual(await write(b, "one", named), { done: "before" }, what);
    }
  },

  "forgets the names of a conversation that was cleared": async () => {
    for (const [what, write] of namedWrites(parts)) {
      const [a, b] = await create();
      await write(a, "one", { idempotencyKey: "request-1" });
      await b.clear();
      await write(a, "one", { idempotencyKey: "request-1" });
      assert.deepEqual(await saved(b), ["one 0", "one 1"], what);
    }
  },

  "remembers a name when a hundred others have come": async () => {
    const [a, b] = await create();
    const save = (i: number) => a.save(user(`${i}`), assistant("ok"), { idempotencyKey: `request-${i}` });
    for (let i = 0; i <= 100; i++) await save(i);
    await save(0);
    assert.equal((await b.load()).length, 202);
  },

  "tells names of any length apart": async () => {
    const [a, b] = await create();
    const long = "x".repeat(100_000);
    for (const idempotencyKey of [long, `${long}y`, `y${long}`, long]) {
      await a.save(user("1"), assistant("2"), { idempotencyKey });
    }
    assert.equal((await b.load()).length, 6);
  },

  "treats a name in another conversation as another write": async () => {
    const [[a], [b]] = [await create(), await create()];
    for (const handle of [a, b]) await handle.save(user("1"), assistant("2"), { idempotencyKey: "request-1" });
    assert.deepEqual(
      [await saved(a), await saved(b)],
      [
        ["1", "2"],
        ["1", "2"],
      ],
    );
  },

  "refuses a value that is not a name, before anything is done": async () => {
    const [a] = await create();
    for (const [what, write] of namedWrites(parts)) {
      for (const idempotencyKey of ["", "\ud800"]) {
        await assert.rejects(write(a, "one", { idempotencyKey }), RangeError, what);
      }
      await assert.rejects(write(a, "one", { idempotencyKey: 1 as never }), TypeError, what);
    }
    assert.deepEqual(await a.load(), []);
  },
});
