import { clock } from "../../../packages/core/src/driver/clock";
import { LockError } from "../../../packages/core/src/driver/errors";
import { leaseEnd, now } from "../../../packages/core/src/driver/lease";
import { idOf } from "../id";
import type { Workplace } from "./workplace";

/** Work that manages its leases itself: acquires a lock, transfers it to another token, and releases it. */
export async function transferred(workplace: Workplace): Promise<void> {
  const { random, leases, pause, keys, scenario } = workplace;
  const key = random.pick(keys);
  const ttl = random.pick(scenario.ttls);
  const from = `leases:${clock.randomUUID()}`;
  const to = `leases:${clock.randomUUID()}`;
  try {
    const first = await held(workplace, key, from, ttl, () => leases.acquire({ key, token: from, ttl }));
    if (!first) return;
    await pause(random.int(0, ttl / 3));
    ends(workplace, key, from, first);
    if (await held(workplace, key, to, ttl, () => leases.transfer({ key, from, to, ttl }))) {
      await pause(random.int(0, ttl / 3));
      ends(workplace, key, to);
    }
    await leases.release({ key, token: to });
  } catch (error) {
    if (!LockError.is(error)) throw error;
  }
}

type Reply = { readonly status: "granted"; readonly fence: number } | { readonly status: "held" | "lost" | "dead" };

/** Asks for a lease. Returns its end, on the clock of the process, if it is granted. */
async function held(
  { worker, engine, record, nextCall, course }: Workplace,
  key: string,
  token: string,
  ttl: number,
  ask: () => Promise<Reply>,
): Promise<number | undefined> {
  const sent = now();
  const call = nextCall();
  record({ what: "calls", at: engine.now, worker, call, key, queues: false });
  const reply = await ask();
  if (reply.status !== "granted") {
    record({ what: "refused", at: engine.now, worker, call, why: reply.status });
    return undefined;
  }
  const end = leaseEnd(sent, ttl);
  const remaining = Math.max(0, end - now());
  course.held(token);
  const id = idOf(token, key);
  record({ what: "granted", at: engine.now, worker, call, key, id, fence: reply.fence, remaining });
  return end;
}

/** Records that the holder no longer counts on its lease. */
function ends({ worker, engine, record }: Workplace, key: string, token: string, end = Number.POSITIVE_INFINITY): void {
  const id = idOf(token, key);
  if (now() < end && end !== Number.POSITIVE_INFINITY)
    record({ what: "looks", at: engine.now, worker, turned: false, held: [id], unwarned: [] });
  record({ what: "releases", at: engine.now, worker, id });
}
