import { AsyncResource } from "node:async_hooks";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { createLocker, inProcessDriver, LockNotAcquiredError } from "@distlock/core";
import { expect, test } from "vitest";
import { InProcessMemory, LockedMemory, type Message } from "../../src/index";
import { lockedCall } from "../../src/turn/locked-call";
import { createGate } from "../support/gate";

let sessions = 0;
function session() {
  const locker = createLocker(inProcessDriver());
  const key = `joined:${sessions++}`;
  const memory = new LockedMemory(new InProcessMemory(), locker, { key });
  const say = (content: string): Message => ({ role: "user", content });
  return {
    key,
    locker,
    memory,
    isHeld: async () => (await locker.inspect(key)).held,
    said: async () => (await memory.load()).map(({ content }) => content),
    /** Counts the messages, and adds the count, like a turn that asks a model. */
    async count(thinks?: PromiseLike<void>): Promise<void> {
      await memory.withTurn(async (turn) => {
        const seen = (await turn.load()).length;
        await thinks;
        await turn.append([say(`saw ${seen}`)]);
      });
    },
  };
}

test("turns that are started at once within a turn run one after the other", async () => {
  const { memory, count, said, isHeld } = session();
  await memory.withTurn(async () => {
    await Promise.all([count(), count(), count()]);
  });
  expect(await said()).toEqual(["saw 0", "saw 1", "saw 2"]);
  expect(await isHeld()).toBe(false);
});

test("so do locked runs, and the turns within runs; none waits for what it is in", async () => {
  const { locker, key, memory, count, said } = session();
  async function work() {
    await count();
    await Promise.all([count(), memory.withTurn(() => memory.withTurn(() => count()))]);
    const seen = (await memory.load()).length;
    await setImmediate();
    await memory.append([{ role: "user", content: `saw ${seen}` }]);
  }
  const run = () => lockedCall(locker, key, {}, work, { inOrder: true });
  await memory.withTurn(async () => {
    await Promise.all([run(), count(), run()]);
  });
  expect(await said()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => `saw ${n}`));
});

test("a turn within a turn waits for another as its options say", async () => {
  const { memory, isHeld } = session();
  await memory.withTurn(async (turn) => {
    const begun = await memory.beginTurn();
    await expect(memory.withTurn({ whenBusy: "reject" }, () => {})).rejects.toBeInstanceOf(LockNotAcquiredError);
    const bored = new AbortController();
    const waiting = memory.beginTurn({ signal: bored.signal });
    bored.abort(new Error("bored"));
    await expect(waiting).rejects.toThrow("bored");
    const next = memory.withTurn(({ fence }) => fence);
    await memory.save({ role: "user", content: "Hello" }, { role: "assistant", content: "Hi" });
    await begun.end();
    expect(await next).toBe(turn.fence);
    expect(await isHeld()).toBe(true);
  });
  expect(await isHeld()).toBe(false);
});

test("a stream that nobody reads keeps its turn's place up to its maxTurn", async () => {
  const { memory, count, said } = session();
  await memory.withTurn(async () => {
    const first = await memory.beginTurn({ maxTurn: 50 });
    first.hold(new ReadableStream());
    await count();
  });
  expect(await said()).toEqual(["saw 0"]);
});

test("a turn that waits for its place is refused when the lock is lost", async () => {
  const { memory, locker, key } = session();
  await memory.withTurn({ ttl: 100 }, async (turn) => {
    await memory.beginTurn();
    const waiting = memory.withTurn(() => {});
    await locker.forceRelease(key);
    await expect(waiting).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
    if (!turn.signal.aborted) await once(turn.signal, "abort");
  });
});

/** As p-queue, p-limit, fastq and the like: the next job is started where the job before it ended. */
function jobQueue() {
  let before: Promise<unknown> = Promise.resolve();
  const jobs: (() => void)[] = [];
  let running = false;
  const next = () => {
    running = jobs.length > 0;
    jobs.shift()?.();
  };
  return {
    add<T>(job: () => Promise<T>): Promise<T> {
      const done = new Promise<T>((resolve, reject) => {
        jobs.push(() => void job().then(resolve, reject).finally(next));
      });
      if (!running) next();
      before = done;
      return done;
    },
    idle: () => before,
  };
}

test("a job of another request that a queue starts within a turn joins it, unless it is bound to where it was added", async () => {
  for (const bound of [false, true]) {
    const { memory, count, said } = session();
    const [limiter, begun, added, think] = [jobQueue(), createGate(), createGate(), createGate()];
    const first = memory.withTurn(async (turn) => {
      const seen = (await turn.load()).length;
      await limiter.add(async () => {
        begun.open();
        await added.opened;
      });
      await think.opened;
      await turn.append([{ role: "user", content: `saw ${seen}` }]);
    });
    await begun.opened;
    const job = () => count();
    const second = limiter.add(bound ? AsyncResource.bind(job) : job);
    added.open();
    if (!bound) await second;
    think.open();
    await Promise.all([first, second]);
    expect(await said()).toEqual(bound ? ["saw 0", "saw 1"] : ["saw 0", "saw 0"]);
  }
});
