import assert from "node:assert/strict";
import { assistant, user } from "./conversation";
import type { Cases, MemoryTarget } from "./target";

/** The contract of a search for a text. */
export const searchCases = ({ create }: MemoryTarget): Cases => ({
  "finds the newest messages that contain a text, whatever its case, newest first": async () => {
    const [a, b] = await create();
    await a.save({ ...user("A red APPLE"), id: "1", name: "Ann", metadata: { mood: "good" } }, assistant("a pear"));
    await a.save(user("apple"), {
      role: "tool",
      content: [{ type: "image" }, { type: "text", text: "two ápples, apple apple" }],
    });
    const found = await b.search!("Apple", 5);
    assert.deepEqual(
      found.map(({ content, metadata }) => ({ content, metadata })),
      [
        { content: "\ntwo ápples, apple apple", metadata: { role: "tool" } },
        { content: "apple", metadata: { role: "user" } },
        { content: "A red APPLE", metadata: { role: "user", id: "1", name: "Ann", mood: "good" } },
      ],
    );
    const [twice, whole, part] = found.map(({ score }) => score);
    assert.deepEqual([twice, whole, part], [10 / 24, 1, 5 / 11]);
    assert.deepEqual(await b.search!("apple", 2), found.slice(0, 2));
    assert.deepEqual(await b.search!("plum", 5), []);
    assert.deepEqual(await b.search!("", 5), []);
    assert.deepEqual(await b.search!("a.*e", 5), []);
  },

  "finds nothing in an empty conversation, nor cleared messages": async () => {
    const [a, b] = await create();
    assert.deepEqual(await a.search!("one", 3), []);
    await a.save(user("one"), assistant("two"));
    await b.clear();
    assert.deepEqual(await a.search!("one", 1), []);
  },

  "refuses a search for anything but a text, or for a bad number of documents": async () => {
    const [a] = await create();
    await assert.rejects(a.search!(undefined as never, 1), TypeError);
    await assert.rejects(a.search!("a", "1" as never), TypeError);
    for (const k of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(a.search!("a", k), RangeError);
    }
  },
});
