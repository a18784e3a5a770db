import type { NodeFacts } from "../facts/facts";
import type { Finding, Verdict } from "../verdict";
import { clocks } from "./clock";
import { cluster } from "./cluster";
import { connections, latency } from "./connection";
import { eviction, memory } from "./memory";
import { persistence } from "./persistence";
import { replicas } from "./replicas";
import { role, server } from "./server";
import { lock, messages, rights } from "./trial";

/** The checks of a node, in the order of their output. */
const CHECKS: Readonly<Record<string, (node: NodeFacts) => Verdict | undefined>> = {
  server,
  role,
  cluster,
  eviction,
  memory,
  persistence,
  replicas,
  connections,
  latency,
  rights,
  messages,
  lock,
};

/** All findings about all primaries. */
export function diagnose(nodes: readonly NodeFacts[]): Finding[] {
  const found = Object.entries(CHECKS).flatMap(([check, of]) =>
    nodes.flatMap((node) => {
      const verdict = of(node);
      return verdict ? [{ check, node: node.address, ...verdict }] : [];
    }),
  );
  return [...found, { check: "clock", node: nodes.map(({ address }) => address).join(","), ...clocks(nodes) }];
}
