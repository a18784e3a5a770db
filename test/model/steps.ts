import fc from "fast-check";
import { answeredLate, type Fault, failed, late, lost, type PushFault, twice, unanswered, type Verb } from "./faults";
import type { Actor, World } from "./world";

/** Something that is done to a world; a plain value, so that a failing list of steps can be made smaller and printed. */
export type Step =
  | {
      do: "acquire";
      actor: number;
      key: number;
      ttl: number;
      how: "queue" | "retry" | "try";
      timeout: number;
      auto: boolean;
    }
  | { do: "release"; lock: number }
  | { do: "extend"; lock: number; ttl: number }
  | { do: "abort"; waiter: number }
  | { do: "crash"; actor: number }
  | { do: "cut"; actor: number }
  | { do: "close"; actor: number }
  | { do: "force"; actor: number; key: number }
  | {
      do: "fault";
      actor: number;
      verb: Verb;
      kind: "lost" | "failed" | "late" | "answered late" | "twice" | "unanswered";
      ms: number;
    }
  | { do: "push"; actor: number; kind: "dropped" | "late" | "twice"; ms: number }
  | { do: "resend"; attempt: number; verb: "acquire" | "release" | "extend"; ms: number }
  | { do: "take"; key: number; ttl: number }
  | { do: "rob"; key: number }
  | { do: "forget"; key: number }
  | { do: "evict"; key: number }
  | { do: "flush scripts" }
  | { do: "pass"; ms: number };

const index = fc.nat(11);
const ttl = fc.constantFrom(100, 150, 250, 400, 1_000);
const ms = fc.constantFrom(1, 20, 80, 150, 350);

const stepOf = <D extends Step["do"]>(
  what: D,
  weight: number,
  fields: { [F in Exclude<keyof Extract<Step, { do: D }>, "do">]: fc.Arbitrary<Extract<Step, { do: D }>[F]> },
): fc.WeightedArbitrary<Step> => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(what), ...fields } as never) as unknown as fc.Arbitrary<Step>,
});

export const step: fc.Arbitrary<Step> = fc.oneof(
  stepOf("acquire", 24, {
    actor: index,
    key: index,
    ttl,
    how: fc.constantFrom("queue", "queue", "queue", "queue", "retry", "try"),
    timeout: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 200),
    auto: fc.boolean(),
  }),
  stepOf("release", 10, { lock: index }),
  stepOf("extend", 5, { lock: index, ttl }),
  stepOf("abort", 4, { waiter: index }),
  stepOf("crash", 2, { actor: index }),
  stepOf("close", 1, { actor: index }),
  stepOf("cut", 1, { actor: index }),
  stepOf("force", 2, { actor: index, key: index }),
  stepOf("fault", 8, {
    actor: index,
    verb: fc.constantFrom("acquire", "extend", "release", "heartbeat"),
    kind: fc.constantFrom("lost", "failed", "late", "answered late", "twice", "unanswered"),
    ms,
  }),
  stepOf("push", 4, { actor: index, kind: fc.constantFrom("dropped", "late", "twice"), ms }),
  stepOf("resend", 4, { attempt: index, verb: fc.constantFrom("acquire", "release", "extend"), ms }),
  stepOf("take", 2, { key: index, ttl: fc.constantFrom(50, 200) }),
  stepOf("rob", 1, { key: index }),
  stepOf("forget", 1, { key: index }),
  stepOf("evict", 1, { key: index }),
  stepOf("flush scripts", 1, {}),
  stepOf("pass", 16, { ms: fc.constantFrom(1, 10, 50, 120, 320) }),
);

const pick = <T>(all: readonly T[], i: number): T | undefined => all[i % Math.max(all.length, 1)];

function faultOf(kind: Extract<Step, { do: "fault" }>["kind"], verb: Verb, ms: number): Fault {
  switch (kind) {
    case "lost":
      return lost(ms);
    case "late":
      return late(ms);
    case "answered late":
      return answeredLate(ms);
    case "twice":
      return twice(ms);
    case "unanswered":
      // A client that never answers ends an endless wait for good; a heartbeat it must not.
      return verb === "heartbeat" ? unanswered : failed;
    case "failed":
      return failed;
  }
}

const pushFaultOf =
  (kind: "dropped" | "late" | "twice", ms: number): PushFault =>
  (deliver) => {
    if (kind === "twice") deliver();
    if (kind !== "dropped") setTimeout(deliver, ms);
  };

/** Requests that were sent by the locker before, carried out once more, in the name of a broken connection. */
async function resend({ attempts }: World, { attempt, verb }: Extract<Step, { do: "resend" }>): Promise<void> {
  const lock = pick(
    attempts.flatMap(({ lock }) => lock ?? []),
    attempt,
  );
  const actor = attempts.find((one) => one.lock === lock)?.actor;
  if (!lock || !actor) return;
  const { key, token } = lock;
  const unheld = !lock.isHeld;
  if (verb === "acquire") await actor.driver.acquire({ keys: [key], token, ttl: 150 }, { abandoned: false });
  else if (verb === "extend") await actor.driver.extend({ key, token, ttl: 150 });
  else if (unheld) await actor.driver.release({ key, token, tombstone: false });
}

/** Does one step. Slow work goes on beside the next steps, and `settle` waits for it. */
export async function doStep(world: World, step: Step): Promise<void> {
  const actors = world.actors.filter(({ crashed }) => !crashed);
  const actorOf = (i: number) => pick(actors, i)!;
  const keyOf = (i: number) => pick(world.keys, i)!;
  const ignore = () => {};
  switch (step.do) {
    case "acquire": {
      const { how, ttl, timeout, auto: autoExtend } = step;
      const options = { ttl, autoExtend, timeout: how === "try" ? 0 : timeout };
      const retry = how === "retry" ? ({ wait: "retry", maxAttempts: 4, retryDelay: 30 } as const) : {};
      world.attempt(actorOf(step.actor), keyOf(step.key), { ...options, ...retry });
      break;
    }
    case "release": {
      const lock = pick(world.held(), step.lock);
      if (lock) void world.release(lock);
      break;
    }
    case "extend": {
      const lock = pick(world.held(), step.lock);
      if (lock) void world.extend(lock, step.ttl);
      break;
    }
    case "abort":
      pick(
        world.attempts.filter(({ isWaiting, actor }) => isWaiting && !actor.crashed),
        step.waiter,
      )?.controller.abort();
      break;
    case "crash":
    case "close": {
      const actor: Actor = actorOf(step.actor);
      await (step.do === "crash" ? actor.crash() : actor.locker.close());
      await world.add();
      break;
    }
    case "cut":
      await actorOf(step.actor).cut();
      break;
    case "force":
      void actorOf(step.actor).locker.forceRelease(keyOf(step.key)).catch(ignore);
      break;
    case "fault":
      actorOf(step.actor).faults.next(step.verb, faultOf(step.kind, step.verb, step.ms));
      break;
    case "push":
      actorOf(step.actor).faults.nextPush(pushFaultOf(step.kind, step.ms));
      break;
    case "resend":
      setTimeout(() => void resend(world, step).catch(ignore), step.ms);
      break;
    case "take":
      void world.redis.set(keyOf(step.key), "somebody", "PX", step.ttl, "NX");
      break;
    case "rob":
      await world.rob(keyOf(step.key));
      break;
    case "forget":
      await world.forget(keyOf(step.key));
      break;
    case "evict":
      await world.redis.del(`{${keyOf(step.key)}}~fence`);
      break;
    case "flush scripts":
      await world.redis.script("FLUSH");
      break;
    case "pass":
      await new Promise((resolve) => setTimeout(resolve, step.ms));
  }
}
