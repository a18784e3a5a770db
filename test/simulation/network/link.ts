import type { Random } from "../../faults/random";
import type { Engine } from "../engine/engine";
import { between } from "../engine/random";

/** How the network treats one process. Chances are in percent, times in ms. */
export interface Weather {
  /** How long a message takes, one way. */
  delay: readonly [from: number, to: number];
  loseRequest: number;
  loseReply: number;
  losePush: number;
  /** By how much a message comes later than a reply. */
  latePush: readonly [from: number, to: number];
  /** A request, or a push, comes twice; the second time up to this much later. */
  double: number;
  late: number;
  /** Nothing goes to the server, or comes from it, before this time. */
  blockedUp: number;
  blockedDown: number;
  /** What is sent meanwhile arrives then. */
  keepsBlocked: boolean;
  /** Messages do not reach the process, though its connection stays open. */
  isDeaf: boolean;
}

export const fair = (): Weather => ({
  delay: [0.2, 2],
  loseRequest: 0,
  loseReply: 0,
  losePush: 0,
  latePush: [0, 0],
  double: 0,
  late: 0,
  blockedUp: 0,
  blockedDown: 0,
  keepsBlocked: true,
  isDeaf: false,
});

/** One direction of one connection: says when what is sent now arrives, or `undefined` if it never does. */
export type Link = (chanceOfLoss: number) => number | undefined;

/** `isOrdered`: what was sent first arrives first. Across connections nothing is in order. */
export function createLink(
  engine: Engine,
  random: Random,
  weather: Weather,
  direction: "up" | "down",
  isOrdered: boolean,
): Link {
  let last = 0;
  return (chanceOfLoss) => {
    if (chanceOfLoss > 0 && random.chance(chanceOfLoss)) return undefined;
    const blocked = direction === "up" ? weather.blockedUp : weather.blockedDown;
    if (blocked > engine.now && !weather.keepsBlocked) return undefined;
    const at = Math.max(engine.now, blocked) + between(random, ...weather.delay);
    if (!isOrdered) return at;
    last = Math.max(last, at);
    return last;
  };
}
