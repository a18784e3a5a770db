import { Readable } from "node:stream";
import { createLocker, LockError } from "@distlock/core";
import { LockedMemory, RedisMemory, StaleTurnError } from "@distlock/memory";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { fastify } from "fastify";
import { answer } from "./chat";
import { TurnHistory } from "./history";
import type { OpenRedis } from "./redis";

export interface ServiceOptions {
  readonly redis: OpenRedis;
  readonly model: BaseChatModel;
  /** Length of a lease, ms: for how long a session is blocked by an instance that died in the middle of a turn. */
  readonly ttl: number;
  /** What a request does while its session answers another one. */
  readonly whenBusy: "wait" | "reject";
  /** `false` only to see what becomes of a conversation without. */
  readonly locked: boolean;
}

interface Chat {
  readonly session: string;
  readonly message: string;
}

const DAY = 86_400_000;

const chatSchema = {
  headers: { type: "object", required: ["idempotency-key"] },
  body: {
    type: "object",
    required: ["session", "message"],
    properties: {
      session: { type: "string", minLength: 1, maxLength: 200 },
      message: { type: "string", minLength: 1, maxLength: 20_000 },
    },
  },
};

const transcriptSchema = {
  querystring: { type: "object", required: ["session"], properties: { session: { type: "string", minLength: 1 } } },
};

/** The service. `close()` of what it gives lets the answers that are being given end; others go to another instance. */
export function createService({ redis, model, ttl, whenBusy, locked }: ServiceOptions) {
  const locker = createLocker(redis.driver);
  const memoryOf = (session: string) => new RedisMemory(redis.connection, { session, ttl: 7 * DAY });
  const sessions = new LockedMemory(memoryOf, locker, { ttl });
  const draining = new AbortController();
  const app = fastify();

  /** A turn would wait for Redis as long as it may wait for its lock. */
  async function onRequest(): Promise<void> {
    if (!redis.isReady()) throw new Error("no Redis");
  }

  app.post<{ Body: Chat }>("/chat", { schema: chatSchema, onRequest }, async (request, reply) => {
    const { session, message } = request.body;
    const question = { session, message, id: String(request.headers["idempotency-key"]) };
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    // Who has gone, or is to go to another instance, does not wait for a turn.
    const signal = AbortSignal.any([gone.signal, draining.signal]);
    reply.type("text/plain; charset=utf-8");
    if (!locked) return Readable.from(answer(model, new TurnHistory(memoryOf(session)), question, gone.signal));
    const turn = await sessions.for(session).beginTurn({ whenBusy, signal });
    return Readable.from(turn.hold(answer(model, new TurnHistory(turn), question, turn.signal)));
  });

  app.get<{ Querystring: Pick<Chat, "session"> }>(
    "/transcript",
    { schema: transcriptSchema, onRequest },
    async (request) => memoryOf(request.query.session).load(),
  );

  app.get("/health", (_, reply) => {
    const well = redis.isReady() && !draining.signal.aborted;
    reply.code(well ? 200 : 503).send({ redis: redis.isReady(), draining: draining.signal.aborted });
  });

  app.setErrorHandler((error, _, reply) => {
    const again = (status: number, message: string) =>
      reply.code(status).header("retry-after", "1").type("application/json").send({ message });
    if (LockError.is(error) && error.code === "LOCK_NOT_ACQUIRED") return again(409, "the session is busy");
    if (draining.signal.aborted) return again(503, "this instance is about to end");
    if (LockError.is(error) || !redis.isReady()) return again(503, "the memory can't be reached");
    if (StaleTurnError.is(error)) return again(503, "the turn took too long");
    throw error;
  });

  app.addHook("preClose", async () => draining.abort());
  app.addHook("onClose", () => locker.close());
  return app;
}
