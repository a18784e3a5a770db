import type { NodeFacts } from "../facts/facts";
import { fail, ok, type Verdict, warn } from "../verdict";

const DOCS = "docs/guarantees.md#not-promised";
const SET = "set maxmemory-policy noeviction, and use another Redis for what may be evicted";

/** Every policy but `noeviction` can delete a lock that is held. */
export function eviction({ info, settings }: NodeFacts): Verdict {
  const policy = info.get("maxmemory_policy") ?? settings.get("maxmemory-policy");
  if (policy === undefined) {
    return warn(
      "the maxmemory-policy is not known, since Redis refuses INFO and CONFIG GET",
      "look it up where the server is configured: it must be noeviction",
      DOCS,
    );
  }
  if (policy === "noeviction") return ok("noeviction: Redis deletes no lock to free memory");
  const victims = policy.startsWith("volatile-")
    ? "the keys that have a ttl: locks and their fences"
    : "any key, also locks that are held";
  const limit = info.get("maxmemory") ?? settings.get("maxmemory");
  const now = limit === "0" ? ". maxmemory is not set now, so nothing is evicted until somebody sets it" : "";
  const evicted = Number(info.get("evicted_keys") ?? 0);
  const before = evicted > 0 ? `. It has evicted ${evicted} keys since its start` : "";
  return fail(`${policy}: when memory is full, Redis deletes ${victims}${now}${before}`, SET, DOCS);
}

/** From this part of maxmemory on, new locks will soon be refused. */
const NEARLY = 0.9;

export function memory({ info, settings }: NodeFacts): Verdict {
  const limit = Number(info.get("maxmemory") ?? settings.get("maxmemory") ?? Number.NaN);
  const used = Number(info.get("used_memory") ?? Number.NaN) - Number(info.get("mem_not_counted_for_evict") ?? 0);
  if (limit === 0) return ok("maxmemory is not set");
  if (Number.isNaN(limit / used)) {
    return warn(
      "not known, since Redis refuses INFO",
      "watch used_memory and maxmemory: when memory is full, new locks are refused",
    );
  }
  const percent = `${Math.floor((100 * used) / limit)} % of maxmemory is used`;
  const advice = "raise maxmemory, or delete keys that are not needed";
  if (used >= limit) return fail(`${percent}: new locks are refused`, advice);
  return used >= NEARLY * limit ? warn(`${percent}: when it is full, new locks are refused`, advice) : ok(percent);
}
