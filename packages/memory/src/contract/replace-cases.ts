import assert from "node:assert/strict";
import { assistant, contents, saved, several, user } from "./conversation";
import type { Cases, MemoryTarget } from "./target";

/** The contract of `replace`. */
export const replaceCases = ({ create }: MemoryTarget): Cases => ({
  "replaces all messages, even with none": async () => {
    const [a, b] = await create();
    await a.replace!(several("first", 3));
    await b.save(user("one"), assistant("two"));
    assert.deepEqual(await saved(a), ["first 0", "first 1", "first 2", "one", "two"]);
    const next = several("next", 2);
    await b.replace!(next);
    assert.deepEqual(await a.load(), next);
    await a.replace!([]);
    assert.deepEqual(await b.load(), []);
    await b.replace!(next);
    assert.deepEqual(await a.load(), next);
  },

  "replaces all or none, and never shows what is between": async () => {
    const [a, b] = await create();
    for (const bad of [[user("x"), "y"], "z", undefined]) await assert.rejects(a.replace!(bad as never), TypeError);
    assert.deepEqual(await a.load(), []);
    await a.replace!(several("start", 40));
    const reads = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const replacing = (i % 2 ? a : b).replace!(several(`round-${i}`, 40));
        const [one, two] = await Promise.all([b.load(), a.load(), replacing]);
        return [one, two];
      }),
    );
    for (const read of [...reads.flat(), await a.load()]) {
      const texts = contents(read);
      const [name] = String(texts[0]).split(" ");
      assert.deepEqual(texts, contents(several(name!, 40)));
    }
  },
});
