import { LockError, observe } from "@distlock/core";
import { monotonic } from "./clock";
import { idOf } from "./id";
import { hold, nextCall, type Workplace } from "./job";

/** The period of every job, in ms: long enough for some of them to meet a fault. */
const PER = 700;
const FAILED = "the job failed";

/** Runs a job once per period. It fails now and then. */
export async function ranOnce(workplace: Workplace): Promise<void> {
  const { worker, jobs, random, locker, record } = workplace;
  const key = random.pick(jobs);
  const ttl = random.pick([300, 600, 1_200]);
  const onError = random.pick(["free", "keep"] as const);
  const call = nextCall();
  let id = "";
  let isKnown = true;
  const observing = observe({
    event(fact) {
      if (fact.name === "warning" && fact.error.key === key) isKnown = false;
    },
  });
  const worked = (isKept: boolean) =>
    record({ what: "worked", at: monotonic(), worker, key, id, per: PER, isKept: isKept && isKnown });
  record({ what: "calls", at: monotonic(), worker, call, key, queues: false });
  try {
    const result = await locker.once(key, { per: PER, ttl, onError }, async (lock) => {
      id = idOf(lock.token);
      const { fence } = lock;
      record({ what: "granted", at: monotonic(), worker, call, key, id, fence, remaining: lock.remaining() });
      await hold(workplace, lock, { ttl, keep: "autoExtend", releases: false });
      if (random.chance(20)) throw FAILED;
    });
    if (result.ran) worked(true);
    else record({ what: "refused", at: monotonic(), worker, call, why: "held" });
  } catch (error) {
    if (error === FAILED) worked(onError === "keep");
    else if (!LockError.is(error)) throw error;
    else if (id === "") record({ what: "refused", at: monotonic(), worker, call, why: error.code });
  } finally {
    observing[Symbol.dispose]();
  }
}
