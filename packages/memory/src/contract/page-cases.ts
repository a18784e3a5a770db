import assert from "node:assert/strict";
import { contents, saved, several } from "./conversation";
import type { Cases, Handle, MemoryTarget } from "./target";

async function fill(handle: Handle): Promise<unknown[]> {
  for (let i = 0; i < 3; i++) {
    const [input, output] = several(`pair ${i}`, 2);
    await handle.save(input!, output!);
  }
  const all = await saved(handle);
  assert.equal(all.length, 6);
  return all;
}

/** The contract of a memory that can load a part of its messages. */
export const pageCases = ({ create }: MemoryTarget): Cases => ({
  "loads the last messages, and the ones before them, oldest first": async () => {
    const [a, b] = await create();
    for (const page of [{ last: 3 }, { before: 2 }, { last: 2, before: 1 }]) assert.deepEqual(await b.load(page), []);
    const all = await fill(a);
    const page = async (last?: number, before?: number) => contents(await b.load({ last, before }));
    assert.deepEqual(await page(), all);
    assert.deepEqual(await page(2), all.slice(4));
    assert.deepEqual(await page(2, 2), all.slice(2, 4));
    assert.deepEqual(await page(4, 4), all.slice(0, 2));
    assert.deepEqual(await page(undefined, 4), all.slice(0, 2));
    assert.deepEqual(await page(100), all);
    assert.deepEqual(await page(3, 0), all.slice(3));
    for (const before of [6, 7, 100]) {
      assert.deepEqual(await page(2, before), []);
      assert.deepEqual(await page(undefined, before), []);
    }
  },

  "refuses a bad number of messages": async () => {
    const [a] = await create();
    await fill(a);
    for (const last of [0, -1, 1.5, Number.NaN]) await assert.rejects(a.load({ last }), RangeError);
    for (const before of [-1, 1.5, Number.NaN]) await assert.rejects(a.load({ before }), RangeError);
    await assert.rejects(a.load({ last: "1" as never }), TypeError);
    await assert.rejects(a.load({ before: null as never }), TypeError);
  },
});
