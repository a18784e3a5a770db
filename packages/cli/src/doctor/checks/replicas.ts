import type { NodeFacts } from "../facts/facts";
import { fail, ok, type Verdict, warn } from "../verdict";
import { versionOf } from "./server";

const DOCS = "docs/topologies.md#failover";

/** How many replicas must be connected before Redis writes. If CONFIG is forbidden, INFO says only whether it is more than none. */
function minReplicas({ info, settings }: NodeFacts): number {
  const setting = settings.get("min-replicas-to-write");
  return setting === undefined ? Number(info.has("min_slaves_good_slaves")) : Number(setting);
}

const plural = (n: number): string => (n === 1 ? "1 replica" : `${n} replicas`);

/** Whether another server can take over, and what that costs. */
export function replicas(facts: NodeFacts): Verdict | undefined {
  const { info, replicas: all } = facts;
  if (info.get("role") === "slave") return undefined;
  if (!info.has("connected_slaves")) {
    return warn("not known, since Redis refuses INFO", "look at INFO replication as an administrator", DOCS);
  }
  const needed = minReplicas(facts);
  const online = all.filter(({ state }) => state === "online").length;
  const good = Number(info.get("min_slaves_good_slaves") ?? online);
  if (needed > good) return tooFew(facts, needed, good);
  if (info.get("connected_slaves") === "0") {
    return warn(
      "no replica: while this server is down, nobody can take a lock",
      "add a replica, and Sentinels or a Cluster that promote it",
      DOCS,
    );
  }
  if (online < all.length) {
    return warn(
      `${plural(all.length - online)} of ${all.length} not in step with the primary`,
      "wait, or see the log of the replica",
      DOCS,
    );
  }
  if (needed === 0) {
    return warn(
      `${plural(online)}, but min-replicas-to-write is 0: a primary that is cut off goes on granting locks, and a failover forgets them`,
      "set min-replicas-to-write 1; use waitReplicas (--wait-replicas) and fences where two holders would cost data",
      DOCS,
    );
  }
  if (versionOf(info)[0] < 7) {
    return warn(
      `${plural(online)}, but before Redis 7 scripts write whatever min-replicas-to-write says`,
      "update Redis, or use waitReplicas (--wait-replicas)",
      "docs/topologies.md#servers",
    );
  }
  return ok(
    `${plural(online)}, and min-replicas-to-write is set. A failover can still forget the last grants: see ${DOCS}`,
  );
}

const tooFew = ({ info }: NodeFacts, needed: number, good: number): Verdict =>
  (versionOf(info)[0] < 7 ? warn : fail)(
    `min-replicas-to-write is not met: ${plural(good)} of ${needed} connected, so new locks are refused`,
    "start the replicas, or lower min-replicas-to-write",
    DOCS,
  );
