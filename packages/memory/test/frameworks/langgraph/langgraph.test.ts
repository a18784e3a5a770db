import { AsyncResource } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { createLocker, type Locker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { RunnableLambda } from "@langchain/core/runnables";
import {
  Annotation,
  Command,
  entrypoint,
  getPreviousState,
  InMemoryStore,
  interrupt,
  MemorySaver,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { lockGraph, lockStore } from "../../../src/frameworks/langgraph";
import { LockedMemory, RedisMemory, sessionKey } from "../../../src/index";
import { ioredis, nodeRedis, viaIoredis } from "../../support/clients";
import { createGate } from "../../support/gate";

const server = await startRedis();
afterAll(() => server.stop());

/** Two instances of an agent. */
const lockers = [
  createLocker(ioredisDriver(ioredis(server.port))),
  createLocker(nodeRedisDriver(await nodeRedis(server.port))),
] as const;
const [locker, other] = lockers;

const isHeld = async (thread: string) => (await other.inspect(sessionKey(thread))).held;
const at = (thread_id: string) => ({ configurable: { thread_id } });

const State = Annotation.Root({
  said: Annotation<string[]>({ reducer: (all, more) => [...all, ...more], default: () => [] }),
});
type Said = typeof State.State;

type Meanwhile = (said: string, signal?: AbortSignal) => unknown;

/** Each run adds a message in one node, and in the next an answer that knows the number of messages before. */
function graph(checkpointer: MemorySaver | undefined, meanwhile: Meanwhile = () => {}) {
  return new StateGraph(State)
    .addNode("think", async ({ said }: Said, { signal }) => {
      await meanwhile(said.at(-1)!, signal);
      return {};
    })
    .addNode("answer", ({ said }: Said) => ({ said: [`re:${said.at(-1)}:${said.length}`] }))
    .addEdge(START, "think")
    .addEdge("think", "answer")
    .compile(checkpointer && { checkpointer });
}
type Graph = ReturnType<typeof graph>;

async function collect(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

async function saidIn(saver: MemorySaver, thread: string): Promise<string[]> {
  return ((await graph(saver).getState(at(thread))).values as Said).said ?? [];
}

test("two runs at once on one thread fork it when nothing is locked, and one is lost", async () => {
  const saver = new MemorySaver();
  const { opened, open } = createGate();
  let here = 0;
  const both = () => {
    if (++here === 2) open();
    return opened;
  };
  await Promise.all(["A", "B"].map((text) => graph(saver, both).invoke({ said: [text] }, at("t"))));
  expect(await saidIn(saver, "t")).toHaveLength(2);
});

const ways: Record<string, (graph: Graph, said: string, thread: string, signal?: AbortSignal) => Promise<unknown>> = {
  invoke: (graph, said, thread, signal) => graph.invoke({ said: [said] }, { ...at(thread), ...(signal && { signal }) }),
  stream: async (graph, said, thread, signal) =>
    collect(await graph.stream({ said: [said] }, { ...at(thread), ...(signal && { signal }) })),
  "streamEvents of version 2": (graph, said, thread) =>
    collect(graph.streamEvents({ said: [said] }, { ...at(thread), version: "v2" })),
  "streamEvents of version 3": async (graph, said, thread) =>
    (await graph.streamEvents({ said: [said] }, { ...at(thread), version: "v3" })).output,
  "a stream that is a response": async (graph, said, thread) => {
    const stream = await graph.stream({ said: [said] }, { ...at(thread), encoding: "text/event-stream" });
    return new Response(stream as ReadableStream).text();
  },
  batch: (graph, said, thread) => graph.batch([{ said: [said] }], at(thread)),
  withConfig: (graph, said, thread) => graph.withConfig(at(thread)).invoke({ said: [said] }),
};

describe("locked graphs on one thread, of two instances", () => {
  test.for(Object.entries(ways))("lose nothing by %s", async ([, go]) => {
    const saver = new MemorySaver();
    const thread = randomUUID();
    const instances = lockers.map((locker) => lockGraph(graph(saver), locker));
    await Promise.all(Array.from({ length: 10 }, (_, i) => go(instances[i % 2]!, `${i}`, thread)));
    const said = await saidIn(saver, thread);
    expect(said).toHaveLength(20);
    for (let i = 0; i < 20; i += 2) expect(said[i + 1]).toBe(`re:${said[i]}:${i + 1}`);
    expect(new Set(said).size).toBe(20);
    await expect.poll(() => isHeld(thread)).toBe(false);
  });

  test("lose no update of the state", async () => {
    const saver = new MemorySaver();
    const thread = randomUUID();
    const instances = lockers.map((locker) => lockGraph(graph(saver), locker));
    await instances[0]!.invoke({ said: ["A"] }, at(thread));
    await Promise.all([
      instances[0]!.updateState(at(thread), { said: ["B"] }, "answer"),
      instances[1]!.updateState(at(thread), { said: ["C"] }, "answer"),
      instances[1]!.bulkUpdateState(at(thread), [{ updates: [{ values: { said: ["D"] }, asNode: "answer" }] }]),
      instances[0]!.invoke({ said: ["E"] }, at(thread)),
    ]);
    expect(await saidIn(saver, thread)).toHaveLength(7);
    expect(await isHeld(thread)).toBe(false);
  });
});

test("locked workflows of the functional interface lose nothing", async () => {
  const saver = new MemorySaver();
  const thread = randomUUID();
  const workflow = () =>
    entrypoint({ name: "sum", checkpointer: saver }, async (n: number) => {
      const sum = (getPreviousState<number>() ?? 0) + n;
      await Promise.resolve();
      return entrypoint.final({ value: sum, save: sum });
    });
  const instances = lockers.map((locker) => lockGraph(workflow(), locker));
  const sums = await Promise.all(Array.from({ length: 6 }, (_, i) => instances[i % 2]!.invoke(1, at(thread))));
  expect(sums.sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

describe("a locked graph", () => {
  test("holds the lock until its stream is read to its end, or left", async () => {
    const saver = new MemorySaver();
    const thread = randomUUID();
    const locked = lockGraph(graph(saver), locker);
    for await (const _ of await locked.stream({ said: ["A"] }, at(thread))) expect(await isHeld(thread)).toBe(true);
    expect(await isHeld(thread)).toBe(false);
    for await (const _ of await locked.stream({ said: ["B"] }, at(thread))) break;
    expect(await isHeld(thread)).toBe(false);
    const before = await saidIn(saver, thread);
    await locked.invoke({ said: ["C"] }, at(thread));
    expect(await saidIn(saver, thread)).toEqual([...before, "C", `re:C:${before.length + 1}`]);
  });

  test("returns a stream that can be cancelled while it is read, as LangGraph does", async () => {
    const thread = randomUUID();
    const begun = createGate();
    const locked = lockGraph(
      graph(new MemorySaver(), (_, signal) => {
        begun.open();
        return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
      }),
      locker,
    );
    const stream = await locked.stream({ said: ["A"] }, { ...at(thread), streamMode: "values" });
    const reading = collect(stream);
    await begun.opened;
    await stream.cancel();
    await reading;
    expect(await isHeld(thread)).toBe(false);
    const unread = await locked.stream({ said: ["A"] }, { ...at(thread), streamMode: "values" });
    await unread.cancel(new Error("enough"));
    expect((unread as unknown as { signal: AbortSignal }).signal.aborted).toBe(true);
    expect(await isHeld(thread)).toBe(false);
  });

  test("ends when its signal aborts, and is lost with its lock", async () => {
    const thread = randomUUID();
    const begun = createGate();
    const never: Meanwhile = (_, signal) => {
      begun.open();
      return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
    };
    const locked = lockGraph(graph(new MemorySaver(), never), locker, { ttl: 300 });
    const bored = new AbortController();
    const run = locked.invoke({ said: ["A"] }, { ...at(thread), signal: bored.signal });
    await begun.opened;
    bored.abort(new Error("the user is bored"));
    await expect(run).rejects.toThrow();
    expect(await isHeld(thread)).toBe(false);
    const lost = locked.invoke({ said: ["B"] }, at(thread));
    await expect.poll(() => isHeld(thread)).toBe(true);
    await other.forceRelease(sessionKey(thread));
    await expect(lost).rejects.toMatchObject({ code: "LOCK_LOST" });
  });

  const givings: Record<string, (saver: MemorySaver, meanwhile: Meanwhile) => Graph> = {
    "it was compiled with": (saver, meanwhile) => lockGraph(graph(saver, meanwhile), locker),
    // As LangGraph's server does.
    "it is given later": (saver, meanwhile) => {
      const locked = lockGraph(graph(undefined, meanwhile), locker);
      locked.checkpointer = saver;
      expect(locked.checkpointer).toBeInstanceOf(MemorySaver);
      return locked;
    },
    "what it was derived of has": (saver, meanwhile) =>
      lockGraph(graph(saver, meanwhile), locker).withConfig({ tags: ["t"] }) as Graph,
    "it is given in the place of another, once derived": (saver, meanwhile) => {
      const locked = lockGraph(graph(new MemorySaver(), meanwhile), locker).withConfig({ tags: ["t"] }) as Graph;
      locked.checkpointer = saver;
      const held = locked.checkpointer;
      locked.checkpointer = held;
      expect(locked.checkpointer).toBe(held);
      return locked;
    },
  };
  test.for(Object.entries(givings))(
    "that is aborted keeps its lock until the checkpointer that %s has written: the next run begins there",
    async ([, give]) => {
      const thread = randomUUID();
      /** Writes when the test lets it. */
      class SlowSaver extends MemorySaver {
        gate: Promise<void> | undefined;
        late: string[] = [];
        override async put(...args: Parameters<MemorySaver["put"]>) {
          await this.gate;
          if (this.gate) this.late.push(String(await isHeld(thread)));
          return super.put(...args);
        }
        override async putWrites(...args: Parameters<MemorySaver["putWrites"]>) {
          await this.gate;
          if (this.gate) this.late.push(String(await isHeld(thread)));
          return super.putWrites(...args);
        }
      }
      for (const way of ["invoke", "stream"] as const) {
        const saver = new SlowSaver();
        const { opened, open } = createGate();
        const answering = createGate();
        const bored = new AbortController();
        const locked = give(saver, async (said, signal) => {
          if (said !== "A") return;
          answering.open();
          await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
        });
        await locked.invoke({ said: ["before"] }, at(thread));
        saver.gate = opened;
        const run = ways[way]!(locked, "A", thread, bored.signal);
        await answering.opened;
        bored.abort(new Error("the user is bored"));
        await expect(run).rejects.toThrow("the user is bored");
        expect(await isHeld(thread)).toBe(true);
        const next = locked.invoke({ said: ["B"] }, at(thread));
        open();
        await next;
        expect(saver.late.length).toBeGreaterThan(0);
        expect(saver.late).not.toContain("false");
        expect(await saidIn(saver, thread)).toEqual(["before", "re:before:1", "A", "B", "re:B:4"]);
        expect(await isHeld(thread)).toBe(false);
      }
    },
  );

  test("that is interrupted holds no lock, and takes it anew to resume", async () => {
    const thread = randomUUID();
    const saver = new MemorySaver();
    const fences: number[] = [];
    const counting = {
      ...locker,
      async acquire(key: string, options?: object) {
        const lock = await locker.acquire(key, options);
        fences.push(lock.fence);
        return lock;
      },
    } as Locker;
    const asking = (locker: Locker) =>
      lockGraph(
        new StateGraph(State)
          .addNode("ask", async () => {
            expect(await isHeld(thread)).toBe(true);
            return { said: [`approved: ${interrupt("really?")}`] };
          })
          .addEdge(START, "ask")
          .compile({ checkpointer: saver }),
        locker,
      );
    const first = await asking(counting).invoke({ said: ["delete it"] }, at(thread));
    expect(first).toMatchObject({ __interrupt__: [{ value: "really?" }] });
    expect(await isHeld(thread)).toBe(false);
    const lock = await other.acquire(sessionKey(thread));
    const resumed = asking(counting).invoke(new Command({ resume: "yes" }), at(thread));
    await expect.poll(async () => (await other.inspect(sessionKey(thread))).waiting).toBe(1);
    await lock.release();
    expect(await resumed).toEqual({ said: ["delete it", "approved: yes"] });
    expect(fences).toHaveLength(2);
    expect(await isHeld(thread)).toBe(false);
  });

  test("uses the lock of the turn or the run around it", async () => {
    const thread = randomUUID();
    const saver = new MemorySaver();
    const inner = lockGraph(graph(saver), locker, { timeout: 500 });
    const answers: unknown[] = [];
    const outer = lockGraph(
      new StateGraph(State)
        .addNode("nested", async ({ said }: Said) => {
          answers.push(await inner.invoke({ said }, at(thread)));
          return {};
        })
        .addEdge(START, "nested")
        .compile({ checkpointer: new MemorySaver() }),
      locker,
    );
    await outer.invoke({ said: ["A"] }, at(thread));
    const key = sessionKey(thread);
    const parent = lockGraph(
      new StateGraph(State)
        .addNode("inner", lockGraph(graph(saver), locker, { timeout: 500 }))
        .addEdge(START, "inner")
        .compile({ checkpointer: new MemorySaver() }),
      locker,
    );
    expect(await parent.invoke({ said: ["C"] }, at(thread))).toMatchObject({ said: ["C", "C", "re:C:1"] });
    const memory = new LockedMemory(new RedisMemory(viaIoredis(server.port), { session: thread }), locker, { key });
    await memory.withTurn(() => inner.invoke({ said: ["B"] }, at(thread)));
    expect(answers).toEqual([{ said: ["A", "re:A:1"] }]);
    expect(await saidIn(saver, thread)).toEqual(["B", "re:B:1"]);
  });

  test("is locked as a tool, and as a tool that is derived with a thread", async () => {
    const thread = randomUUID();
    const heldThen: boolean[] = [];
    const spying = () =>
      lockGraph(
        graph(new MemorySaver(), async () => heldThen.push(await isHeld(thread))),
        locker,
      );
    const schema = z.object({ said: z.array(z.string()) });
    await spying()
      .asTool({ name: "say", description: "d", schema })
      .invoke({ said: ["A"] }, at(thread));
    const bound = spying().withConfig(at(thread));
    const after = RunnableLambda.from((state: unknown) => state);
    await bound.pipe(after).invoke({ said: ["B"] });
    await bound.withFallbacks([after as never]).invoke({ said: ["C"] });
    expect(heldThen).toEqual([true, true, true]);
  });

  test("takes the thread and the signal of the run around it, as LangGraph does", async () => {
    const thread = randomUUID();
    const inner = lockGraph(
      graph(new MemorySaver(), async () => expect(await isHeld(thread)).toBe(true)),
      locker,
    );
    const outer = new StateGraph(State)
      .addNode("nested", async ({ said }: Said) => inner.invoke({ said }))
      .addEdge(START, "nested")
      .compile({ checkpointer: new MemorySaver() });
    await outer.invoke({ said: ["A"] }, at(thread));
    await lockGraph(outer, locker).invoke({ said: ["B"] }, at(thread));
    const lock = await other.acquire(sessionKey(thread));
    const bored = new AbortController();
    const waiting = outer.invoke({ said: ["C"] }, { ...at(thread), signal: bored.signal });
    await expect.poll(async () => (await other.inspect(sessionKey(thread))).waiting).toBe(1);
    bored.abort(new Error("the user is bored"));
    await expect(waiting).rejects.toThrow();
    await expect.poll(async () => (await other.inspect(sessionKey(thread))).waiting).toBe(0);
    await lock.release();
  });

  test("reads its state without the lock, and needs a thread", async () => {
    const thread = randomUUID();
    const locked = lockGraph(graph(new MemorySaver()), locker, { whenBusy: "reject" });
    const lock = await other.acquire(sessionKey(thread));
    expect((await locked.getState(at(thread))).values).toEqual({});
    const busy = { code: "LOCK_NOT_ACQUIRED" };
    await expect(locked.invoke({ said: ["A"] }, at(thread))).rejects.toMatchObject(busy);
    await expect(locked.updateState(at(thread), { said: ["A"] })).rejects.toMatchObject(busy);
    await expect(locked.streamEvents({ said: [] }, { ...at(thread), version: "v3" })).rejects.toMatchObject(busy);
    await lock.release();
    const missing = /^config\.configurable\.thread_id must be a string/;
    await expect(locked.invoke({ said: ["A"] })).rejects.toThrow(missing);
    await expect(locked.updateState({}, { said: ["A"] })).rejects.toThrow(missing);
  });
});

describe("a locked store", () => {
  test("loses no update of an item, and passes the rest through", async () => {
    const raw = new InMemoryStore();
    const stores = lockers.map((locker) => lockStore(raw, locker));
    const count = async (value: { n: number } | undefined) => {
      await Promise.resolve();
      return { n: (value?.n ?? 0) + 1 };
    };
    const spaces = ["users", randomUUID()];
    await Promise.all(Array.from({ length: 10 }, (_, i) => stores[i % 2]!.update(spaces, "profile", count)));
    expect((await stores[0]!.get(spaces, "profile"))?.value).toEqual({ n: 10 });
    expect(await stores[0]!.update(spaces, "none", () => undefined)).toBeUndefined();
    expect(await raw.get(spaces, "none")).toBeNull();
    const busy = lockStore(raw, other, { whenBusy: "reject" });
    // As in another process: not within the update.
    const put = AsyncResource.bind(() => busy.put(spaces, "profile", { n: 0 }));
    await stores[0]!.update(spaces, "profile", async () => {
      await expect(put()).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });
      await busy.put(spaces, "another", { n: 0 });
      await stores[0]!.delete(spaces, "another");
      return undefined;
    });
    expect(stores[0]).toBeInstanceOf(InMemoryStore);
    expect(await raw.search(spaces)).toHaveLength(1);
    await expect(stores[0]!.update([1] as never, "k", () => undefined)).rejects.toThrow(/^namespace must be a string/);
  });
});
