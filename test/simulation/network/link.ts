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
  /** How much later than a reply a message arrives. */
  latePush: readonly [from: number, to: number];
  /** The chance that a request or a message arrives twice, and how much later the copy may arrive. */
  double: number;
  late: number;
  /** Until when nothing reaches the server, and until when nothing arrives from it. */
  blockedUp: number;
  blockedDown: number;
  /** Whether packets are delivered after the block. Otherwise they are lost. */
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

/** One direction of one connection. Returns when a packet that is sent now arrives, or `undefined` if it is lost. */
export type Link = (chanceOfLoss: number) => number | undefined;

/** `isOrdered`: packets arrive in the order in which they were sent. Packets of different connections have no order. */
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
