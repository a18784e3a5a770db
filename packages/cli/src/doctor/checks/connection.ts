import type { NodeFacts } from "../facts/facts";
import { fail, ok, type Verdict, warn } from "../verdict";

const SLOW = 100;
/** Waiters count as dead 3 s after their last sign of life, which takes a round trip. */
const HARMFUL = 1_000;

export function latency({ roundTrip }: NodeFacts): Verdict {
  const reason = `a round trip takes ${roundTrip < 10 ? roundTrip.toFixed(1) : Math.round(roundTrip)} ms`;
  if (roundTrip < SLOW) return ok(reason);
  const advice = "run the lockers near Redis, and look for slow commands by `redis-cli SLOWLOG GET`";
  if (roundTrip < HARMFUL) return warn(`${reason}: each acquire and each release waits for one`, advice);
  return fail(`${reason}: waiters lose their places, and leases end before their extensions are answered`, advice);
}

const NEARLY = 0.8;

/** Each locker that waits needs a connection for messages, and with `waitReplicas` one more. */
export function connections({ info }: NodeFacts): Verdict {
  const [used, limit] = [Number(info.get("connected_clients")), Number(info.get("maxclients"))];
  if (Number.isNaN(used + limit))
    return warn("not known, since Redis does not say it in INFO", "compare connected_clients with maxclients");
  const reason = `${used} of ${limit} connections are in use`;
  if (used < NEARLY * limit) return ok(reason);
  return warn(
    `${reason}: a locker that waits needs one more for messages`,
    "raise maxclients, or close connections",
    "docs/topologies.md#where-things-are",
  );
}
