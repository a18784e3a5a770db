import { createLocker, inProcessDriver } from "@distlock/core";
import {
  type Agent,
  type AgentInputItem,
  OpenAIResponsesCompactionSession,
  Runner,
  run,
  type Session,
  type SessionHistoryRewriteAwareSession,
  type SessionHistoryTransactionAwareSession,
} from "@openai/agents";
import { expectTypeOf, test } from "vitest";
import { lockRun, type RedisSession } from "../../../src/frameworks/openai-agents";

const locker = createLocker(inProcessDriver());

test("a RedisSession is a session of the SDK, whose items are any unless they are named", () => {
  expectTypeOf<RedisSession>().toExtend<Session>();
  expectTypeOf<RedisSession<AgentInputItem>>().toExtend<Session>();
  expectTypeOf<RedisSession<AgentInputItem>>().toExtend<SessionHistoryTransactionAwareSession>();
  expectTypeOf<RedisSession<AgentInputItem>>().toExtend<SessionHistoryRewriteAwareSession>();
  expectTypeOf<RedisSession>().toExtend<SessionHistoryTransactionAwareSession & SessionHistoryRewriteAwareSession>();
  expectTypeOf<RedisSession<AgentInputItem>["popItem"]>().returns.resolves.toEqualTypeOf<AgentInputItem | undefined>();
  expectTypeOf(OpenAIResponsesCompactionSession).toBeConstructibleWith(
    {} as { underlyingSession: RedisSession<AgentInputItem> },
  );
});

test("a locked run, and a locked Runner, have the types of the SDK's own", () => {
  expectTypeOf(lockRun(run, locker)).toEqualTypeOf(run);
  expectTypeOf(lockRun(new Runner(), locker, { whenBusy: "reject" })).toEqualTypeOf<Runner>();
  const whole = (agent: Agent, session: Session) => lockRun(run, locker)(agent, "Hello", { session });
  expectTypeOf(whole).returns.resolves.toHaveProperty("finalOutput").toEqualTypeOf<string | undefined>();
  const streamed = (agent: Agent, session: Session) =>
    lockRun(new Runner(), locker).run(agent, "Hello", { session, stream: true });
  expectTypeOf(streamed).returns.resolves.toHaveProperty("completed").toEqualTypeOf<Promise<void>>();
});

test("lockRun takes only a run as its argument", () => {
  const wrong = () => {
    // @ts-expect-error no run
    lockRun({}, locker);
    // @ts-expect-error a signal is an option of each run
    lockRun(run, locker, { signal: AbortSignal.abort() });
  };
  expectTypeOf(wrong).toBeFunction();
});
