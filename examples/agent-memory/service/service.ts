import { Readable } from "node:stream";
import { createLocker, LockError } from "@distlock/core";
import { RedisMemory, StaleTurnError, UnknownOutcomeError } from "@distlock/memory";
import { fastify } from "fastify";
import { type AgentOptions, createAgent } from "../agent";
import { closeGracefully } from "./close-gracefully";
import type { OpenRedis } from "./open-redis";

interface Chat {
  readonly session: string;
  readonly message: string;
}

const DAY = 86_400_000;

const session = { type: "string", minLength: 1, maxLength: 200 };
const message = { type: "string", minLength: 1, maxLength: 20_000 };
const chatSchema = {
  headers: {
    type: "object",
    required: ["idempotency-key"],
    properties: { "idempotency-key": { type: "string", minLength: 1, maxLength: 200 } },
  },
  body: { type: "object", required: ["session", "message"], properties: { session, message } },
};
const transcriptSchema = { querystring: { type: "object", required: ["session"], properties: { session } } };

/** The service. Its `close()` waits until every request has its answer. */
export function createService(redis: OpenRedis, options: Omit<AgentOptions, "memoryOf" | "locker">) {
  const locker = createLocker(redis.driver);
  const memoryOf = (session: string) => new RedisMemory(redis.connection, { session, ttl: 7 * DAY });
  const agent = createAgent({ ...options, memoryOf, locker });
  const app = fastify();
  const closing = closeGracefully(app);

  /**
   * In your service, find out here who the user is too, and make the session from that: see "Whose conversation it is" in the README of
   * `@distlock/memory`. A turn notices after about 5 s that Redis is away; the client knows it at once.
   */
  async function onRequest(): Promise<void> {
    if (!redis.isReady()) throw new Error("no Redis");
  }

  app.post<{ Body: Chat }>("/chat", { schema: chatSchema, onRequest }, async (request, reply) => {
    const question = { id: String(request.headers["idempotency-key"]), text: request.body.message };
    // A user who hangs up ends the wait for a turn, or the turn.
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const config = { configurable: { sessionId: request.body.session }, signal: gone.signal };
    reply.type("text/plain; charset=utf-8");
    return Readable.from(await agent.stream(question, config));
  });

  app.get<{ Querystring: Pick<Chat, "session"> }>(
    "/transcript",
    { schema: transcriptSchema, onRequest },
    async (request) => {
      const messages = await memoryOf(request.query.session).load();
      return messages.map(({ role, content, id }) => ({ role, content, id }));
    },
  );

  app.get("/health", async (_, reply) => {
    const state = { redis: redis.isReady(), draining: closing.draining };
    reply.code(state.redis && !state.draining ? 200 : 503);
    return state;
  });

  app.setErrorHandler((error, _, reply) => {
    const comeAgain = (status: number, message: string) =>
      reply.code(status).header("retry-after", "1").type("application/json").send({ message });
    if (LockError.is(error) && error.code === "LOCK_NOT_ACQUIRED") return comeAgain(409, "the session is busy");
    if (LockError.is(error) || !redis.isReady()) return comeAgain(503, "the memory can't be reached");
    if (StaleTurnError.is(error)) return comeAgain(503, "another turn has taken over");
    // A request that is sent again looks for its answer before it asks the model.
    if (UnknownOutcomeError.is(error)) return comeAgain(503, "it is not known whether the answer was kept");
    throw error;
  });

  app.addHook("onClose", () => locker.close());
  return app;
}
