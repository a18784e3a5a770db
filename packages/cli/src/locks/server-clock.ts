import type { Node } from "../connection/clients";
import type { Ask } from "./ask";

/** The time of a server in ms since 1970. Ages are differences of its times: our own clock may be wrong. */
export type ServerClock = () => number;

/** Asks a server for its time once, and goes on from there. */
export async function serverClock(node: Node, ask: Ask): Promise<ServerClock> {
  const before = performance.now();
  const [seconds, micros] = (await ask(node, "TIME")) as readonly [string, string];
  const ahead = Number(seconds) * 1_000 + Number(micros) / 1_000 - (before + performance.now()) / 2;
  return () => performance.now() + ahead;
}
