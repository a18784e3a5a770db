import { createLocker } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { RedisMemory, sessionKey } from "@distlock/memory";
import { freePort, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { openRedis as openIoredis } from "../../../examples/agent-memory/service/ioredis.ts";
import { ScriptedModel } from "../../../examples/agent-memory/service/model.ts";
import { openRedis as openNodeRedis } from "../../../examples/agent-memory/service/node-redis.ts";
import { createService } from "../../../examples/agent-memory/service/service.ts";
import { startLoadBalancer } from "../../../examples/stage/chat/load-balancer.ts";
import { createGate } from "../../../packages/memory/test/support/gate.ts";
import { until } from "../../support/until";

const server = await startRedis();
const client = new Redis(server.port);
const locker = createLocker(ioredisDriver(client));
const endings: (() => unknown)[] = [() => server.stop(), () => client.disconnect(), () => locker.close()];

afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

/** Says the first word of its answer, and the rest when the gate is opened. */
class GatedModel extends ScriptedModel {
  readonly gate = createGate();

  override async *_streamResponseChunks(...given: Parameters<ScriptedModel["_streamResponseChunks"]>) {
    for await (const chunk of super._streamResponseChunks(...given)) {
      yield chunk;
      await this.gate.opened;
    }
  }
}

const open = { ioredis: openIoredis, "node-redis": openNodeRedis };

type Options = Partial<Parameters<typeof createService>[1]> & { library?: keyof typeof open; at?: string };

async function startService({ library = "ioredis", at = server.url, ...options }: Options = {}) {
  const redis = open[library](at);
  const service = createService(redis, {
    model: new ScriptedModel({}),
    ttl: 2_000,
    whenBusy: "wait",
    locked: true,
    ...options,
  });
  const url = await service.listen({ port: 0, host: "127.0.0.1" });
  await until(async () => redis.isReady());
  endings.push(async () => {
    await service.close();
    redis.close();
  });
  return { url, service };
}

let sessions = 0;
const newSession = () => `session-${++sessions}`;

const chat = (url: string, session: string, id: string, more: RequestInit = {}): Promise<Response> =>
  fetch(`${url}/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": id },
    body: JSON.stringify({ session, message: `${id}: hello` }),
    ...more,
  });
const told = async (response: Promise<Response>): Promise<string> => (await response).text();
const answer = (id: string, seen: number) => `answer to ${id}; I have seen ${seen} messages`;

async function transcript(url: string, session: string): Promise<string[]> {
  const response = await fetch(`${url}/transcript?session=${session}`);
  return ((await response.json()) as { content: string }[]).map(({ content }) => content);
}

/** Reads the first piece of an answer. */
async function begun(asked: Promise<Response>): Promise<{ rest(): Promise<string> }> {
  const reader = (await asked).body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe("answer ");
  return {
    async rest() {
      let text = "";
      for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value;
      return text;
    },
  };
}

const isHeld = async (session: string): Promise<boolean> => (await locker.inspect(sessionKey(session))).held;

describe("two instances of the service", async () => {
  const [one, two] = [await startService(), await startService({ library: "node-redis" })];

  test("answer messages that arrive at once, one after the other", async () => {
    const session = newSession();
    const ids = Array.from({ length: 8 }, (_, i) => `q${i}`);
    await Promise.all(ids.map((id, i) => told(chat((i % 2 ? one : two).url, session, id))));
    const kept = await transcript(one.url, session);
    expect(kept).toHaveLength(16);
    for (let i = 0; i < 16; i += 2) {
      const [id = ""] = kept[i]!.split(":");
      expect(ids).toContain(id);
      expect(kept[i + 1]).toBe(answer(id, i + 1));
    }
  });

  test("keep a message that is sent again only once, even if both come at once, and return the same answer", async () => {
    const session = newSession();
    const first = await Promise.all([one, two, one].map(({ url }) => told(chat(url, session, "q1"))));
    expect(first).toEqual(Array(3).fill(answer("q1", 1)));
    expect(await told(chat(one.url, session, "q2"))).toBe(answer("q2", 3));
    expect(await told(chat(two.url, session, "q1"))).toBe(answer("q1", 1));
    expect(await transcript(two.url, session)).toEqual(["q1: hello", answer("q1", 1), "q2: hello", answer("q2", 3)]);
  });

  test("keep sessions apart", async () => {
    const [a, b] = [newSession(), newSession()];
    expect(await told(chat(one.url, a, "q1"))).toBe(answer("q1", 1));
    expect(await told(chat(two.url, b, "q1"))).toBe(answer("q1", 1));
  });
});

describe("an instance of the service", () => {
  test("streams its answer, holds the session until the end, and refuses meanwhile if its options say so", async () => {
    const model = new GatedModel({});
    const [{ url }, other, session] = [
      await startService({ model, whenBusy: "reject" }),
      await startService({ whenBusy: "reject" }),
      newSession(),
    ];
    const streaming = await begun(chat(url, session, "q1"));
    expect(await isHeld(session)).toBe(true);
    const busy = await chat(other.url, session, "q2");
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([409, "1"]);
    expect(await busy.json()).toEqual({ message: "the session is busy" });
    model.gate.open();
    expect(await streaming.rest()).toBe(answer("q1", 1).slice("answer ".length));
    expect(await isHeld(session)).toBe(false);
    expect(await told(chat(other.url, session, "q2"))).toBe(answer("q2", 3));
  });

  test("frees the session when its user hangs up, and keeps nothing", async () => {
    const [{ url }, other, session] = [
      await startService({ model: new GatedModel({}) }),
      await startService(),
      newSession(),
    ];
    const hangUp = new AbortController();
    await begun(chat(url, session, "q1", { signal: hangUp.signal }));
    hangUp.abort();
    await until(async () => !(await isHeld(session)));
    expect(await told(chat(other.url, session, "q1"))).toBe(answer("q1", 1));
    expect(await transcript(url, session)).toHaveLength(2);
  });

  test("does not end an answer that was not saved as if it were good", async () => {
    const model = new GatedModel({});
    const [{ url }, session] = [await startService({ model }), newSession()];
    const streaming = await begun(chat(url, session, "q1"));
    // Somebody newer has come, of whom this instance knows nothing.
    const { fence } = await locker.inspect(sessionKey(session));
    await new RedisMemory(ioredisConnection(client), { session }).load({ fence: fence! + 1 });
    model.gate.open();
    await expect(streaming.rest()).rejects.toThrow("terminated");
    expect(await transcript(url, session)).toEqual([]);
    expect(await told(chat(url, session, "q1"))).toBe(answer("q1", 1));
  });

  test("that is to end finishes the answer under way", async () => {
    const model = new GatedModel({});
    const [{ url, service }, other, session] = [await startService({ model }), await startService(), newSession()];
    const streaming = await begun(chat(url, session, "q1"));
    const closed = service.close();
    // It tells the load balancer, or is closed to it.
    await until(() =>
      fetch(`${url}/health`)
        .then(({ ok }) => !ok)
        .catch(() => true),
    );
    model.gate.open();
    expect(await streaming.rest()).toBe(answer("q1", 1).slice("answer ".length));
    await closed;
    expect(await told(chat(other.url, session, "q2"))).toBe(answer("q2", 3));
  });

  test.each(["ioredis", "node-redis"] as const)("says 503 while Redis is away, on %s", async (library) => {
    const gone = await startRedis();
    const { url } = await startService({ library, at: gone.url });
    const statuses = async () => {
      const asked = [fetch(`${url}/health`), chat(url, "s", "q1"), fetch(`${url}/transcript?session=s`)];
      return (await Promise.all(asked)).map(({ status }) => status);
    };
    try {
      expect(await statuses()).toEqual([200, 200, 200]);
    } finally {
      await gone.stop();
    }
    await until(async () => !(await fetch(`${url}/health`)).ok);
    expect(await statuses()).toEqual([503, 503, 503]);
  });

  test("refuses a value that is not a message", async () => {
    const { url } = await startService();
    const wrong = [
      chat(url, "", "q1"),
      chat(url, "s", "q1", { headers: { "content-type": "application/json" } }),
      chat(url, "s", "q1", { body: "{}" }),
      fetch(`${url}/transcript`),
    ];
    expect((await Promise.all(wrong)).map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  });
});

describe("the load balancer", () => {
  test("passes a request to another instance if one can't be reached", async () => {
    const [{ url }, session] = [await startService(), newSession()];
    const answering: string[] = [];
    const dead = `http://127.0.0.1:${await freePort()}`;
    await using balancer = await startLoadBalancer([dead, url], (instance) => answering.push(instance));
    expect(await told(chat(balancer.url, session, "q1"))).toBe(answer("q1", 1));
    expect(await told(chat(balancer.url, session, "q2"))).toBe(answer("q2", 3));
    expect(await told(chat(balancer.url, session, "q1"))).toBe(answer("q1", 1));
    expect(balancer.handedOn).toBe(1);
    expect(answering).toEqual([url, url, url]);
    expect(balancer.busy(url).waiting).toBe(0);
  });

  test("says 503 when there is none", async () => {
    await using balancer = await startLoadBalancer([`http://127.0.0.1:${await freePort()}`], () => {});
    const { status, headers } = await chat(balancer.url, "s", "q1");
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  });
});
