import assert from "node:assert/strict";
import { type AppendableMemory, type Memory, type Message, StaleTurnError } from "../src/index";

type Store = Memory & AppendableMemory;

/** Two instances of one new, empty conversation, as two processes would have. */
export type NewStore = () => readonly [Store, Store];

const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });
const contents = (messages: readonly Message[]) => messages.map(({ content }) => content);

const isStale = (error: unknown): true => {
  assert.ok(StaleTurnError.is(error) && error.code === "STALE_TURN" && error.applied === false, String(error));
  return true;
};

/** What a store must do that keeps late holders of a lock out. */
export const fencedCases: Record<string, (create: NewStore) => Promise<void>> = {
  "appends any number of messages, all or none, in order": async (create) => {
    const [a, b] = create();
    const call: Message = { role: "assistant", content: [{ type: "tool-call", tool: "clock" }] };
    await a.append([user("what time is it?"), call, { role: "tool", content: "noon" }, assistant("noon")]);
    await b.append([user("thanks")]);
    assert.equal((await a.load()).length, 5);
    assert.deepEqual((await b.load())[1], call);
    for (const bad of [[], [user("x"), "y"], "z", undefined]) {
      await assert.rejects(a.append(bad as never), { name: "TypeError", message: /^messages/ });
    }
    assert.equal((await a.load()).length, 5);
  },

  "refuses who is older than the last who wrote": async (create) => {
    const [old, next] = create();
    await old.save(user("1"), assistant("2"), { fence: 41 });
    await next.save(user("3"), assistant("4"), { fence: 42 });
    await assert.rejects(old.save(user("5"), assistant("6"), { fence: 41 }), isStale);
    await assert.rejects(old.append([user("5")], { fence: 41 }), isStale);
    await assert.rejects(old.clear({ fence: 41 }), isStale);
    await assert.rejects(old.load("", { fence: 41 }), isStale);
    await next.save(user("5"), assistant("6"), { fence: 42 });
    assert.deepEqual(contents(await old.load()), ["1", "2", "3", "4", "5", "6"]);
  },

  "refuses who is older than the last who read": async (create) => {
    const [old, next] = create();
    await old.load("", { fence: 41 });
    await next.load("", { fence: 42 });
    await assert.rejects(old.save(user("1"), assistant("2"), { fence: 41 }), isStale);
    assert.deepEqual(await next.load(), []);
  },

  "lets no late write bring back what was cleared": async (create) => {
    const [old, next] = create();
    await old.save(user("1"), assistant("2"), { fence: 41 });
    await next.clear({ fence: 42 });
    await assert.rejects(old.save(user("3"), assistant("4"), { fence: 41 }), isStale);
    assert.deepEqual(await old.load(), []);
    await next.save(user("5"), assistant("6"), { fence: 43 });
    assert.deepEqual(contents(await old.load()), ["5", "6"]);
  },

  "refuses a write without a fence where there are fences, and lets everybody read": async (create) => {
    const [a, b] = create();
    await a.save(user("1"), assistant("2"));
    await a.save(user("3"), assistant("4"), { fence: 1_795_000_000_000_000 });
    await assert.rejects(b.save(user("5"), assistant("6")), isStale);
    await assert.rejects(b.clear(), isStale);
    assert.equal((await b.load()).length, 4);
    assert.equal((await b.search("3", 1)).length, 1);
    await b.save(user("5"), assistant("6"), { fence: 1_795_000_000_000_001 });
    await assert.rejects(a.clear({ fence: 1_795_000_000_000_000 }), isStale);
  },

  "does a named write once, whoever asks again, also later than a newer holder": async (create) => {
    const [a, b] = create();
    const once = { fence: 7, idempotencyKey: "request-1" };
    await a.save(user("1"), assistant("2"), once);
    await b.save(user("1"), assistant("2"), once);
    await b.load("", { fence: 8 });
    await a.append([user("1"), assistant("2")], once);
    await b.save(user("3"), assistant("4"), { fence: 8, idempotencyKey: "request-2" });
    assert.deepEqual(contents(await a.load()), ["1", "2", "3", "4"]);
  },

  "does not count a refused write as done": async (create) => {
    const [a, b] = create();
    await a.load("", { fence: 2 });
    const named = { idempotencyKey: "request-1" };
    await assert.rejects(b.save(user("1"), assistant("2"), { ...named, fence: 1 }), isStale);
    await b.save(user("1"), assistant("2"), { ...named, fence: 3 });
    assert.equal((await a.load()).length, 2);
  },

  "refuses what is no fence or no name, before anything is done": async (create) => {
    const [a] = create();
    for (const fence of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      await assert.rejects(a.save(user("1"), assistant("2"), { fence }), { name: "RangeError", message: /^fence/ });
      await assert.rejects(a.load("", { fence }), { name: "RangeError", message: /^fence/ });
      await assert.rejects(a.clear({ fence }), { name: "RangeError", message: /^fence/ });
    }
    await assert.rejects(a.load("", { fence: "1" as never }), { name: "TypeError", message: /^fence/ });
    for (const idempotencyKey of ["", "\ud800"]) {
      await assert.rejects(a.append([user("1")], { idempotencyKey }), {
        name: "RangeError",
        message: /^idempotencyKey/,
      });
    }
    await assert.rejects(a.append([user("1")], { idempotencyKey: 1 as never }), { name: "TypeError" });
    assert.deepEqual(await a.load(), []);
  },
};
