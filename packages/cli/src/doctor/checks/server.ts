import type { Fields, NodeFacts } from "../facts/facts";
import { fail, ok, type Verdict, warn } from "../verdict";

const DOCS = "docs/topologies.md#servers";

/** The parts of a version: `7.0.15` → 7, 0. */
export const versionOf = (info: Fields): readonly [major: number, minor: number] => {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(info.get("redis_version") ?? "") ?? [];
  return [Number(major), Number(minor)];
};

/** Programs that speak the protocol of Redis and say so in INFO. */
const OTHERS = ["dragonfly_version", "garnet_version", "kvrocks_version"];

const untested = (name: string): Verdict =>
  warn(`distlock was not tested with ${name}`, "run the tests of distlock on it, or use Redis or Valkey", DOCS);

/** The program and its version. */
export function server({ info }: NodeFacts): Verdict {
  const redis = info.get("redis_version");
  const valkey = info.get("valkey_version");
  if (redis === undefined) {
    return warn(
      "the version is not known, since Redis refuses INFO",
      "ask for it: it must be Redis 5 or Valkey 8, or later",
      DOCS,
    );
  }
  const other = OTHERS.find((name) => info.has(name));
  if (other !== undefined) return untested(other.replace("_version", ""));
  if (valkey !== undefined)
    return Number.parseInt(valkey, 10) >= 8 ? ok(`Valkey ${valkey}`) : untested(`Valkey ${valkey}`);
  if (versionOf(info)[0] < 5) return fail(`Redis ${redis} is older than 5.0`, "update it", DOCS);
  return ok(`Redis ${redis}`);
}

/** Only a primary takes locks. */
export function role({ info }: NodeFacts): Verdict {
  if (info.get("redis_mode") === "sentinel") {
    return fail(
      "this is a Sentinel: it holds no locks",
      "use the URL redis-sentinel://host1,host2/name",
      "docs/topologies.md",
    );
  }
  const found = info.get("role");
  if (found === undefined)
    return warn("not known, since Redis refuses INFO", "run `redis-cli ROLE`: it must say master");
  if (found === "master") return ok("a primary");
  const primary = `${info.get("master_host")}:${info.get("master_port")}`;
  return fail(
    `a replica of ${primary}: it takes no locks`,
    `connect to the primary, or use the Sentinels or the Cluster`,
    "docs/topologies.md",
  );
}
