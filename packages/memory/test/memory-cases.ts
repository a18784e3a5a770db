import assert from "node:assert/strict";
import type { Memory, Message } from "../src/index";

/** Two instances of one new, empty conversation, as two processes would have. */
export type NewConversation = () => readonly [Memory, Memory];

const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });
const contents = (messages: readonly Message[]) => messages.map(({ content }) => content);

/** What every memory of messages must do. */
export const memoryCases: Record<string, (create: NewConversation) => Promise<void>> = {
  "begins empty": async (create) => {
    const [a] = create();
    assert.deepEqual(await a.load(), []);
    assert.deepEqual(await a.search("a", 3), []);
    await a.clear();
    assert.deepEqual(await a.load(), []);
  },

  "gives what was said and what was answered, oldest first, to every instance": async (create) => {
    const [a, b] = create();
    await a.save(user("one"), assistant("two"));
    await b.save(user("three"), assistant("four"));
    const all = [user("one"), assistant("two"), user("three"), assistant("four")];
    assert.deepEqual(await a.load(), all);
    assert.deepEqual(await b.load("no filter"), all);
  },

  "keeps every field and text of any content": async (create) => {
    const [a, b] = create();
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

  "copies messages in and out": async (create) => {
    const [a] = create();
    const said = user("hi");
    await a.save(said, assistant("there"));
    said.content = "changed";
    (await a.load())[1]!.content = "changed";
    assert.deepEqual(contents(await a.load()), ["hi", "there"]);
  },

  "loses nothing and mixes no two saves when many come at once": async (create) => {
    const [a, b] = create();
    const names = Array.from({ length: 100 }, (_, i) => String(i));
    await Promise.all(names.map((name, i) => (i % 2 ? a : b).save(user(name), assistant(name))));
    const loaded = contents(await a.load());
    const asked = loaded.filter((_, i) => i % 2 === 0);
    const answered = loaded.filter((_, i) => i % 2 === 1);
    assert.deepEqual(asked, answered);
    assert.deepEqual(asked.toSorted(), names.toSorted());
  },

  "refuses a message that JSON makes something else of, and stays readable": async (create) => {
    const [a, b] = create();
    const shifty = { ...user("x"), toJSON: () => ({ no: "message" }) };
    await assert.rejects(a.save(shifty, assistant("y")), TypeError);
    await a.save(user("x"), assistant("y"));
    assert.deepEqual(contents(await b.load()), ["x", "y"]);
  },

  "finds the newest messages that contain a text, whatever its case, newest first": async (create) => {
    const [a, b] = create();
    await a.save({ ...user("A red APPLE"), id: "1", name: "Ann", metadata: { mood: "good" } }, assistant("a pear"));
    await a.save(user("apple"), {
      role: "tool",
      content: [{ type: "image" }, { type: "text", text: "two ápples, apple apple" }],
    });
    const found = await b.search("Apple", 5);
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
    assert.deepEqual(await b.search("apple", 2), found.slice(0, 2));
    assert.deepEqual(await b.search("plum", 5), []);
    assert.deepEqual(await b.search("", 5), []);
    assert.deepEqual(await b.search("a.*e", 5), []);
  },

  "refuses a search for something else than a text, or for a bad number of documents": async (create) => {
    const [a] = create();
    await assert.rejects(a.search(undefined as never, 1), { name: "TypeError", message: /^query must be a string/ });
    await assert.rejects(a.search("a", "1" as never), {
      name: "TypeError",
      message: /^k must be an integer, 1 or more/,
    });
    for (const k of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(a.search("a", k), { name: "RangeError", message: /^k must be an integer, 1 or more/ });
    }
  },

  "forgets the conversation, and goes on after that": async (create) => {
    const [a, b] = create();
    await a.save(user("one"), assistant("two"));
    await b.clear();
    assert.deepEqual(await a.load(), []);
    assert.deepEqual(await a.search("one", 1), []);
    await a.save(user("three"), assistant("four"));
    assert.deepEqual(contents(await b.load()), ["three", "four"]);
  },

  "refuses what is no message, and saves neither": async (create) => {
    const [a] = create();
    const good = user("good");
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    const bad: [unknown, RegExp][] = [
      [undefined, /^output must be a message/],
      ["text", /^output must be a message/],
      [[good], /^output must be a message/],
      [{ role: "human", content: "" }, /^output\.role must be one of system, user, assistant, tool/],
      [{ role: "user" }, /^output\.content must be a string, or an array of parts/],
      [{ role: "user", content: ["text"] }, /^output\.content must be/],
      [{ role: "user", content: [{ type: "text", text: 1 }] }, /^output\.content must be/],
      [{ ...good, metadata: loop }, /^output must be safe to write as JSON: .*circular/],
      [{ ...good, metadata: { big: 1n } }, /^output must be safe to write as JSON: .*BigInt/],
    ];
    for (const [message, expected] of bad) {
      await assert.rejects(a.save(good, message as never), { name: "TypeError", message: expected });
      await assert.rejects(a.save(message as never, good), { name: "TypeError", message: /^input/ });
    }
    assert.deepEqual(await a.load(), []);
  },

  "does nothing, and rejects with the reason, once its signal has aborted": async (create) => {
    const [a] = create();
    await a.save(user("one"), assistant("two"));
    const reason = new Error("enough");
    const options = { signal: AbortSignal.abort(reason) };
    const calls = [
      () => a.save(user("three"), assistant("four"), options),
      () => a.load("one", options),
      () => a.search("one", 1, options),
      () => a.clear(options),
    ];
    for (const call of calls) await assert.rejects(call(), (error) => error === reason);
    assert.deepEqual(contents(await a.load()), ["one", "two"]);
  },
};
