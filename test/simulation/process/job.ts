import { LockError } from "../../../packages/core/src/driver/errors";
import type { LockOptions } from "../../../packages/core/src/locker/options";
import type { Random } from "../../faults/random";
import type { Work } from "../scenario";
import { hold, type Keep } from "./hold";
import { type AnyLock, idsOf, keysOf } from "./looker";
import { ranOnce } from "./period";
import { transferred } from "./transferred";
import type { Workplace } from "./workplace";

const GIVEN_UP = "given up";

/** Chooses a kind of work, as often as the scenario says. */
function pickWork(random: Random, work: Readonly<Partial<Record<Work, number>>>): Work {
  const shares = Object.entries(work) as [Work, number][];
  const whole = shares.reduce((sum, [, share]) => sum + share, 0);
  let rest = random.int(1, whole);
  for (const [name, share] of shares) {
    rest -= share;
    if (rest <= 0) return name;
  }
  return shares[0]![0];
}

/** Random options for a call. */
function optionsFor({ random, isCalm, scenario }: Workplace, work: Work, keep: Keep): LockOptions {
  const { patience } = scenario;
  const timeout = random.pick([random.int(1, 400), random.int(400, 4_000), random.int(400, 4_000), patience]);
  return {
    ttl: random.pick(scenario.ttls),
    timeout: isCalm() ? patience : timeout,
    autoExtend: keep === "autoExtend",
    ...(work === "retry" && { wait: "retry", maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 40 }),
    ...(work === "replicas" && { waitReplicas: 1 }),
    ...(keep === "autoExtend" && random.chance(20) && { maxHold: random.int(50, 4_000) }),
  };
}

function pickKeys({ random, keys }: Workplace, work: Work): string | readonly string[] {
  if (work !== "several" || keys.length < 2) return random.pick(keys);
  return random.shuffled(keys).slice(0, random.int(2, Math.min(3, keys.length)));
}

/** One piece of work, from the call for a lock until the lock is released or lost. */
export async function job(workplace: Workplace): Promise<void> {
  const { random, scenario } = workplace;
  const work = pickWork(random, scenario.work);
  if (work === "transfer") return transferred(workplace);
  if (work === "once") return ranOnce(workplace);
  if (work === "force") {
    const key = random.pick(workplace.keys);
    await workplace.locker.forceRelease(key).catch(onlyLockErrors);
    return;
  }
  await lockOnce(workplace, work);
}

async function lockOnce(workplace: Workplace, work: Work): Promise<void> {
  const { worker, engine, random, locker, record, controllers, course } = workplace;
  const call = workplace.nextCall();
  const keep: Keep = work === "withLock" ? "autoExtend" : random.pick(["autoExtend", "extend", "expire"]);
  const key = pickKeys(workplace, work);
  const controller = new AbortController();
  const options = { ...optionsFor(workplace, work, keep), signal: controller.signal };
  const queues = work === "acquire" || work === "withLock" || work === "several" || work === "replicas";
  let isGranted = false;

  async function use(lock: AnyLock): Promise<void> {
    isGranted = true;
    const fences = "fences" in lock ? [...lock.fences.values()] : [lock.fence];
    const remaining = lock.remaining();
    const ttl = Math.min(options.ttl!, options.maxHold ?? options.ttl!);
    course.held(lock.token);
    idsOf(lock).forEach((id, i) => {
      const { now: at } = engine;
      record({ what: "granted", at, worker, call, key: keysOf(lock)[i]!, id, fence: fences[i]!, remaining, ttl });
    });
    await hold(workplace, lock, { ttl: options.ttl!, keep, releases: work !== "withLock" });
  }

  for (const each of typeof key === "string" ? [key] : key)
    record({ what: "calls", at: engine.now, worker, call, key: each, queues: queues && typeof key === "string" });
  controllers.add(controller);
  try {
    if (work === "withLock") await locker.withLock(key, options, use);
    else {
      const lock = work === "tryAcquire" ? await locker.tryAcquire(key, options) : await locker.acquire(key, options);
      if (lock) await use(lock);
      else record({ what: "refused", at: engine.now, worker, call, why: "held" });
    }
  } catch (error) {
    const why = LockError.is(error) ? error.code : String(error);
    if (!isGranted) record({ what: "refused", at: engine.now, worker, call, why });
    const expected = isGranted
      ? ["LOCK_LOST", "LOCK_BACKEND"]
      : ["LOCK_NOT_ACQUIRED", "LOCK_BACKEND", "LOCKER_CLOSED", GIVEN_UP];
    if (!expected.includes(why)) throw error;
  } finally {
    controllers.delete(controller);
  }
}

/** Aborts a call, as a caller that gives up does. */
export const giveUp = (controller: AbortController): void => controller.abort(GIVEN_UP);

export function onlyLockErrors(error: unknown): void {
  if (!LockError.is(error)) throw error;
}
