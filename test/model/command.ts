import fc from "fast-check";
import { INBOX_NAMES, KEY_NAMES, TOKEN_NAMES } from "./names";

/** One call of a driver, or time that passes; a plain value, so that a failing list can be made smaller and printed. */
export type Command =
  | { do: "acquire"; key: number; token: Token; ttl: number; wait: Wait }
  | { do: "acquireAll"; token: Token; ttl: number; wait: Wait }
  | { do: "extend"; key: number; token: Token; ttl: number }
  | { do: "release"; key: number; token: Token; tombstone: boolean }
  | { do: "heartbeat"; key: number; inbox: number }
  | { do: "transfer"; key: number; from: Token; to: Token; ttl: number }
  | { do: "forceRelease"; key: number; hold: Hold }
  | { do: "pass"; ms: number };

/** One of a few tokens by its number, or whichever holds the key now. */
export type Token = number | "holder";
/** Not at all, at the end of the queue, or with the ticket that the token got last. */
export type Wait = "no" | "end" | "old ticket";

/** Any hold, the one that the last fence is of, or one with another fence. */
export type Hold = "any" | "last" | "other";

/**
 * Time passes in multiples of this. Every ttl below, and every time of the protocol, ends `MARGIN` or more after one of them:
 * a run that takes less time than that never looks at a value at the moment at which it ends.
 */
const UNIT = 2_100;
export const MARGIN = 900;

const DAY = 86_400_000;
const TTLS = [1_000, 4_000, 8_000, 70_500];
export const FENCE_TTLS = [undefined, undefined, 0, 5_200];

const key = fc.nat(KEY_NAMES.length - 1);
const number = fc.nat(TOKEN_NAMES.length - 1);
const token = fc.oneof({ weight: 2, arbitrary: number }, { weight: 1, arbitrary: fc.constant("holder" as const) });
const holder = fc.oneof({ weight: 1, arbitrary: number }, { weight: 3, arbitrary: fc.constant("holder" as const) });
const ttl = fc.constantFrom(...TTLS);
const wait = fc.constantFrom<Wait>("no", "end", "end", "old ticket");

const command = <D extends Command["do"]>(
  what: D,
  weight: number,
  fields: { [F in Exclude<keyof Extract<Command, { do: D }>, "do">]: fc.Arbitrary<Extract<Command, { do: D }>[F]> },
): fc.WeightedArbitrary<Command> => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(what), ...fields } as never) as unknown as fc.Arbitrary<Command>,
});

export const commands: fc.Arbitrary<readonly Command[]> = fc.array(
  fc.oneof(
    command("acquire", 24, { key, token, ttl, wait }),
    command("acquireAll", 8, { token, ttl, wait }),
    command("extend", 5, { key, token: holder, ttl }),
    command("release", 14, { key, token: holder, tombstone: fc.boolean() }),
    command("heartbeat", 10, { key, inbox: fc.nat(INBOX_NAMES.length - 1) }),
    command("transfer", 6, { key, from: holder, to: token, ttl }),
    command("forceRelease", 4, { key, hold: fc.constantFrom<Hold>("any", "any", "last", "other") }),
    command("pass", 12, {
      ms: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(UNIT, UNIT, 2 * UNIT, 3 * UNIT) },
        { weight: 1, arbitrary: fc.constantFrom(29 * UNIT, Math.ceil(DAY / UNIT) * UNIT) },
      ),
    }),
  ),
  { minLength: 1, maxLength: 50, size: "max" },
);
