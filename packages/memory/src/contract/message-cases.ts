import assert from "node:assert/strict";
import type { Message } from "../store/message";
import { additions, assistant, contents, saved, user } from "./conversation";
import type { Cases, MemoryTarget } from "./target";

/** The contract of every memory of messages. */
export const messageCases = ({ create, parts }: MemoryTarget): Cases => ({
  "begins empty": async () => {
    const [a, b] = await create();
    assert.deepEqual(await a.load(), []);
    await a.clear();
    assert.deepEqual(await b.load(), []);
  },

  "has the methods of its declared parts, and no others": async () => {
    const [a, b] = await create();
    for (const name of ["append", "replace", "search"] as const) {
      const expected = parts.includes(name) ? "function" : "undefined";
      for (const handle of [a, b]) assert.equal(typeof handle[name], expected, `${name} is a ${typeof handle[name]}`);
    }
  },

  "loads each message and its answer, oldest first, for every handle": async () => {
    const [a, b] = await create();
    await a.save(user("one"), assistant("two"));
    await b.save(user("three"), assistant("four"));
    const all = [user("one"), assistant("two"), user("three"), assistant("four")];
    assert.deepEqual(await a.load(), all);
    assert.deepEqual(await b.load({ query: "no filter" }), all);
  },

  "keeps conversations apart": async () => {
    const [[a], [b]] = [await create(), await create()];
    await a.save(user("one"), assistant("two"));
    await b.save(user("three"), assistant("four"));
    assert.deepEqual(
      [await saved(a), await saved(b)],
      [
        ["one", "two"],
        ["three", "four"],
      ],
    );
    await a.clear();
    assert.deepEqual([await saved(a), await saved(b)], [[], ["three", "four"]]);
  },

  "keeps every field and text of any content": async () => {
    const [a, b] = await create();
    const said: Message = {
      role: "system",
      content: "\0 'quoted' \"twice\" \\n\n\r\t ü 日本 🙂 \ud800",
      id: "m1",
      name: "Ann",
      metadata: { tags: ["x", null], deep: { n: 1.5, empty: {}, none: [], yes: true } },
    };
    const answered: Message = {
      role: "tool",
      content: [
        { type: "text", text: "" },
        { type: "image", url: "https://example.org/a.png", size: [1, 2] },
      ],
    };
    await a.save(said, answered);
    assert.deepEqual(await b.load(), [said, answered]);
  },

  "keeps messages of any role and shape": async () => {
    const [a, b] = await create();
    const call = { id: "c1", type: "function", function: { name: "clock", arguments: "{}" } };
    const messages: object[] = [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "What time is it?" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "noon" },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: [{ text: 1 }, "noon"] }] },
      { type: "function_call_output", call_id: "c1", output: "noon" },
      { role: "of tomorrow", parts: [null, 1, "text", ["nested"]] },
      {},
    ];
    for (let i = 0; i < messages.length; i += 2) await a.save(messages[i] as Message, messages[i + 1] as Message);
    assert.deepEqual(await b.load(), messages);
  },

  "copies messages in and out": async () => {
    const [a] = await create();
    const said = user("hi");
    await a.save(said, assistant("there"));
    said.content = "changed";
    (await a.load())[1]!.content = "changed";
    assert.deepEqual(await saved(a), ["hi", "there"]);
  },

  "loses nothing, mixes no two saves, and shows none in part, when many come at once": async () => {
    const [a, b] = await create();
    const names = Array.from({ length: 100 }, (_, i) => String(i));
    const writes = additions(parts);
    const reads = await Promise.all(
      names.map(async (name, i) => {
        const [, write] = writes[i % writes.length]!;
        const writing = write(i % 3 ? a : b, name);
        const [read] = await Promise.all([b.load(), writing]);
        return read;
      }),
    );
    for (const read of [...reads, await a.load()]) {
      const loaded = contents(read);
      const asked = loaded.filter((_, i) => i % 2 === 0);
      assert.deepEqual(
        loaded,
        asked.flatMap((text) => [text, String(text).replace(/ 0$/, " 1")]),
      );
    }
    const asked = (await saved(b)).filter((_, i) => i % 2 === 0);
    assert.deepEqual(asked.toSorted(), names.map((name) => `${name} 0`).toSorted());
  },

  "forgets the conversation, and goes on after that": async () => {
    const [a, b] = await create();
    await a.save(user("one"), assistant("two"));
    await b.clear();
    assert.deepEqual(await a.load(), []);
    await a.save(user("three"), assistant("four"));
    assert.deepEqual(await saved(b), ["three", "four"]);
  },

  "refuses a value that is not a message, and saves neither": async () => {
    const [a] = await create();
    const good = user("good");
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    const bytes = { ...user("x"), content: [{ type: "image", data: new Uint8Array(2) }] };
    const bad: unknown[] = [
      undefined,
      null,
      "text",
      1,
      [good],
      { ...good, metadata: loop },
      { ...good, metadata: { big: 1n } },
      bytes,
    ];
    for (const message of bad) {
      await assert.rejects(a.save(good, message as never), TypeError);
      await assert.rejects(a.save(message as never, good), TypeError);
    }
    assert.deepEqual(await a.load(), []);
  },

  "refuses a message that JSON would change, and stays readable": async () => {
    const [a, b] = await create();
    const shifty = { ...user("x"), toJSON: () => "no message" };
    await assert.rejects(a.save(shifty, assistant("y")), TypeError);
    await a.save(user("x"), assistant("y"));
    assert.deepEqual(await saved(b), ["x", "y"]);
  },
});
