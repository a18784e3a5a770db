import { LockError } from "../../../packages/core/src/driver/errors";
import { idOf } from "../id";
import { hold } from "./hold";
import type { Workplace } from "./workplace";

/** The period of a key, in ms: each key has one, as each job of a program has. */
const PERIODS = [700, 2_000, 5_000];

/** The error of work that fails. */
const FAILED = "the job failed";

/** Runs the job of a key once per period. It fails now and then. */
export async function ranOnce(workplace: Workplace): Promise<void> {
  const { worker, engine, random, locker, record, keys, course, scenario } = workplace;
  const call = workplace.nextCall();
  const key = random.pick(keys);
  const per = PERIODS[keys.indexOf(key) % PERIODS.length]!;
  const ttl = random.pick(scenario.ttls);
  const onError = random.pick(["free", "keep"] as const);
  let id = "";
  record({ what: "calls", at: engine.now, worker, call, key, queues: false });
  const worked = (isKept: boolean) => record({ what: "worked", at: engine.now, worker, key, id, per, isKept });
  try {
    const result = await locker.once(key, { per, ttl, onError }, async (lock) => {
      id = idOf(lock.token, key);
      const { fence } = lock;
      course.held(lock.token);
      record({ what: "granted", at: engine.now, worker, call, key, id, fence, remaining: lock.remaining(), ttl });
      await hold(workplace, lock, { ttl, keep: "autoExtend", releases: false });
      if (random.chance(20)) throw FAILED;
    });
    if (result.ran) worked(true);
    else record({ what: "refused", at: engine.now, worker, call, why: "held" });
  } catch (error) {
    if (error === FAILED) worked(onError === "keep");
    else if (!LockError.is(error)) throw error;
    else if (id === "") record({ what: "refused", at: engine.now, worker, call, why: error.code });
  }
}
