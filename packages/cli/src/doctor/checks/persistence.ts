import type { NodeFacts } from "../facts/facts";
import { fail, ok, type Verdict, warn } from "../verdict";

const DOCS = "docs/guarantees.md#not-promised";
const FORGETS = "Two holders can then exist until the old lease would have ended";

/** How much a crash of the machine can cost, by `appendfsync`. */
function aof(appendfsync: string | undefined): Verdict {
  if (appendfsync === "always") return ok("AOF, written to disk before each reply");
  if (appendfsync === "everysec") {
    return ok("AOF, written to disk once a second: a crash of the machine can forget the locks of the last second");
  }
  if (appendfsync === "no") {
    return warn(
      "AOF, but the system decides when it is written to disk: a crash of the machine can forget half a minute of locks",
      "set appendfsync everysec, or always",
      DOCS,
    );
  }
  return warn(
    "AOF, but appendfsync is not known, since Redis refuses CONFIG GET",
    "look it up where the server is configured: it must be everysec or always",
    DOCS,
  );
}

/** What a restart forgets. */
export function persistence({ info, settings }: NodeFacts): Verdict {
  if (info.get("aof_last_write_status") === "err") {
    return fail(
      "the last write to the AOF failed: Redis refuses all writes",
      "free disk space, and see the log of the server",
    );
  }
  const appendonly = settings.get("appendonly");
  const enabled = info.get("aof_enabled") ?? (appendonly && (appendonly === "yes" ? "1" : "0"));
  if (enabled === undefined) {
    return warn(
      "not known, since Redis refuses INFO and CONFIG GET",
      "look up appendonly where the server is configured: without it, a restart forgets locks",
      DOCS,
    );
  }
  if (enabled === "1") return aof(settings.get("appendfsync"));
  const advice = "set appendonly yes, and pass fences to the store that a lock protects";
  if (info.get("rdb_last_bgsave_status") === "err") {
    return warn(
      "no AOF, and the last snapshot failed: Redis may refuse all writes",
      "free disk space, and see the log of the server",
      DOCS,
    );
  }
  const save = settings.get("save");
  if (save === "")
    return warn(`no AOF and no snapshots: a restart forgets every lock and fence. ${FORGETS}`, advice, DOCS);
  const snapshots = save === undefined ? "no AOF; whether there are snapshots is not known" : "snapshots, but no AOF";
  return warn(`${snapshots}: a restart forgets the locks and fences since the last snapshot. ${FORGETS}`, advice, DOCS);
}
