import { formatDuration } from "../../output/duration";
import type { NodeFacts, Reading } from "../facts/facts";
import { fail, ok, type Verdict, warn } from "../verdict";

const DOCS = "docs/guarantees.md#not-promised";

/** A difference of the clocks that no machine with NTP has, in ms. */
const ODD = 1_000;
/** The default ttl: a server that takes over with a clock so far ahead ends every lease at once. */
const HARMFUL = 30_000;

const OURS = "this machine";

interface Clock extends Reading {
  readonly of: string;
}

const levelOf = (difference: number): typeof fail | undefined =>
  difference >= HARMFUL ? fail : difference >= ODD ? warn : undefined;

/** The servers' clocks, and how far the first is ahead of the last one at least. */
function compared(clocks: readonly Clock[]) {
  const sorted = [...clocks].sort((a, b) => b.ahead - a.ahead);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  return { first, last, difference: first.ahead - last.ahead - first.error - last.error };
}

const clocksOf = ({ address, clock, replicas }: NodeFacts): Clock[] =>
  [{ address, clock }, ...replicas].flatMap((each) => (each.clock ? [{ of: each.address, ...each.clock }] : []));

/** The clocks of all servers, compared with each other: if they agree, with ours. One verdict for all nodes. */
export function clocks(nodes: readonly NodeFacts[]): Verdict {
  const known = nodes.flatMap(clocksOf);
  if (!nodes.some(({ clock }) => clock))
    return warn("not known, since Redis refuses TIME", "grant the user +time", "docs/topologies.md#rights");
  const servers = compared(known);
  const between = levelOf(servers.difference);
  if (between) {
    return between(
      `the clock of ${servers.first.of} is ${formatDuration(servers.difference)} ahead of the clock of ${servers.last.of}: if one takes over from the other, leases end early or late, and fences can fall`,
      "set the clocks of all servers by NTP",
      "docs/topologies.md#failover",
    );
  }
  const { first, last, difference } = compared([...known, { of: OURS, ahead: 0, error: 0 }]);
  const level = levelOf(difference);
  if (level) {
    return level(
      `the clock of ${first.of} is ${formatDuration(difference)} ahead of the clock of ${last.of}: one of them is wrong. When the clock of Redis is set right, leases end early or late, and fences can fall`,
      "set both clocks by NTP, the clock of Redis while no lock is held",
      DOCS,
    );
  }
  return unread(nodes, known.length);
}

/** All clocks that were read agree. */
function unread(nodes: readonly NodeFacts[], count: number): Verdict {
  const silent = nodes
    .flatMap(({ address, clock, replicas }) => [{ address, clock }, ...replicas])
    .filter(({ clock }) => !clock);
  const agree = `the clocks of ${count === 1 ? "Redis" : `${count} servers`} and of this machine agree`;
  if (silent.length === 0) return ok(agree);
  const names = silent.map(({ address }) => address).join(", ");
  return warn(
    `${agree}; not known is the clock of ${names}, which did not answer`,
    "compare it by `redis-cli TIME`",
    DOCS,
  );
}
