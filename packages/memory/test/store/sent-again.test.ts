import { randomUUID } from "node:crypto";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { type Message, RedisMemory, StaleTurnError, UnknownOutcomeError } from "../../src/index";
import type { ListConnection } from "../../src/store/assert-connection";
import { createFencedList, type FencedList } from "../../src/store/fenced-list";
import type { ListLimits, ListPlace } from "../../src/store/list-options";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);

const unbounded: ListLimits = { ttl: 0, maxItems: 0, maxBytes: 0, maxTurns: 0 };

/** A list, whose commands can be sent again as clients do whose answer was lost, and the same list of another client. */
function repeatableList(plain: ListConnection) {
  const place: ListPlace = { key: `memory:{${randomUUID()}}`, name: "items" };
  const sent: (() => Promise<unknown>)[] = [];
  const noted =
    (how: "eval" | "evalSha"): ListConnection["eval"] =>
    (...script) => {
      const send = () => plain[how](...script);
      sent.push(send);
      return send();
    };
  const list = createFencedList({ ...plain, eval: noted("eval"), evalSha: noted("evalSha") }, place, unbounded);
  const near = createFencedList(plain, place, unbounded);

  /** Sends the n-th command again, and returns its reply; nothing may change by that. */
  async function again(n: number): Promise<unknown> {
    const before = await near.read();
    const answer = { ...plain, eval: sent[n]!, evalSha: sent[n]! };
    const outcome = await createFencedList(answer, place, unbounded)
      .append(["of the copy"])
      .then(
        () => "done",
        (error: unknown) => error,
      );
    expect(await near.read()).toEqual(before);
    return outcome;
  }
  return { list, near, sent, again };
}

type Write = (list: FencedList, fence?: number) => Promise<unknown>;

const writes: Record<string, Write> = {
  append: (list, fence) => list.append(['"x"'], { fence }),
  "append, named": (list, fence) => list.append(['"x"'], { fence, idempotencyKey: "n" }),
  replace: (list, fence) => list.replace(['"x"'], { fence }),
  replaceEnd: (list, fence) => list.replaceEnd(["2"], ['"x"'], { fence }),
  pop: (list, fence) => list.pop({ fence }),
  clear: (list, fence) => list.clear({ fence }),
};

describe.for([
  ["ioredis", viaIoredis(server.port)],
  ["node-redis", await viaNodeRedis(server.port)],
] as const)("a write that is sent again, %s", ([, plain]) => {
  describe.for(Object.entries(writes))("%s", ([name, write]) => {
    /** The written messages, and the sender whose only command each of them was. */
    async function written(fence?: number) {
      const { list, near, again } = repeatableList(plain);
      await near.append(["1", "2"], { fence });
      await write(list, fence);
      return { near, again: () => again(0) };
    }

    test("is done once, however late it comes, and however much its turn has written since", async () => {
      const { near, again } = await written(5);
      for (let i = 0; i < 1_500; i++) await near.append([`${i}`], { fence: 5 });
      for (const key of await redis.keys(`${near.key}*`)) expect(await redis.pttl(key)).toBe(-1);
      expect(await again()).toBe("done");
    });

    test("is never reported as not done when newer holders have come", async () => {
      const { near, again } = await written(5);
      await near.read({ fence: 6 });
      // The texts that it has taken away are forgotten when another holder has come.
      if (name === "pop") expect(await again()).toBeInstanceOf(UnknownOutcomeError);
      else expect(await again()).toBe("done");
      for (let fence = 7; fence < 300; fence++) await near.append([`${fence}`], { fence });
      // The name is known for longer.
      if (name === "append, named") expect(await again()).toBe("done");
      else expect(await again()).toMatchObject({ code: "UNKNOWN_OUTCOME", applied: "unknown" });
      await near.clear({ fence: 400 });
      expect(await again()).toBeInstanceOf(UnknownOutcomeError);
    });

    test("is recognised for a hundred writes of newer holders, and a clear reports none as not done", async () => {
      const { near, again } = await written(5);
      for (let fence = 6; fence < 106; fence++) await near.append([`${fence}`], { fence });
      if (name === "pop") expect(await again()).toBeInstanceOf(UnknownOutcomeError);
      else expect(await again()).toBe("done");
      for (let fence = 106; fence < 120; fence++) await near.append([`${fence}`], { fence });
      await near.clear({ fence: 200 });
      expect(await again()).toBeInstanceOf(UnknownOutcomeError);
    });

    test("is done once among the 1,000 that follow, where writes have no fence", async () => {
      const { near, again } = await written();
      await Promise.all(Array.from({ length: 990 }, (_, i) => near.append([`${i}`])));
      expect(await again()).toBe("done");
    });

    test("brings no message back that was cleared or has expired meanwhile", async () => {
      const cleared = await written(5);
      await cleared.near.clear({ fence: 5 });
      if (name === "pop") expect(await cleared.again()).toBeInstanceOf(UnknownOutcomeError);
      else expect(await cleared.again()).toBe("done");
      const expired = await written(5);
      await redis.del(expired.near.key);
      expect(await expired.again()).toBe("done");
      expect([await cleared.near.read(), await expired.near.read()]).toEqual([[], []]);
    });
  });

  test("many that are under way at once are each done once, with and without a fence", async () => {
    for (const fence of [undefined, 7]) {
      const { list, sent, near } = repeatableList(plain);
      await Promise.all(Array.from({ length: 900 }, (_, i) => list.append([`${i}`], { fence })));
      const before = await near.read();
      expect(before).toHaveLength(900);
      await Promise.all(sent.map((again) => again()));
      expect(await near.read()).toEqual(before);
    }
  });

  test("a first write of a late holder is not done, and says so", async () => {
    const { list, near } = repeatableList(plain);
    await list.read({ fence: 5 });
    await near.append(["1"], { fence: 6 });
    const error = await list.append(["late"], { fence: 5 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StaleTurnError);
    expect(error).toMatchObject({ applied: false });
    expect(await near.read()).toEqual(["1"]);
  });
});

describe("a server that has lost its record of the turns, but not the messages", () => {
  const said: Message = { role: "user", content: "said" };
  const lose = (session: string) => redis.del(`memory:{${session}}:messages:writes`);
  const memoryOf = (session: string) => new RedisMemory(viaIoredis(server.port), { session });

  test.for(["written", "read"])("refuses a late turn that has read, when a newer one has %s", async (what) => {
    const session = randomUUID();
    const [old, next] = [memoryOf(session), memoryOf(session)];
    await old.load({ fence: 1 });
    await next.load({ fence: 2 });
    if (what === "written") await next.append([said], { fence: 2 });
    await lose(session);
    const late = await old.append([said], { fence: 1 }).catch((error: unknown) => error);
    expect(UnknownOutcomeError.is(late)).toBe(true);
    expect(await next.load()).toHaveLength(what === "written" ? 1 : 0);
  });

  test("refuses a turn that has read, when an older one was accepted since, and accepts it when it has read anew", async () => {
    const session = randomUUID();
    const memory = memoryOf(session);
    await memory.load({ fence: 2 });
    await lose(session);
    await memoryOf(session).append([said], { fence: 1 });
    await expect(memory.append([said], { fence: 2 })).rejects.toThrow(UnknownOutcomeError);
    expect(await memory.load({ fence: 2 })).toEqual([said]);
    await memory.append([said], { fence: 2 });
    expect(await memory.load()).toHaveLength(2);
  });
});
