/** The states of a token, as its own process knows them. */
export const states = [
  "asking",
  "queued",
  "with some keys",
  "claiming",
  "holding",
  "extending",
  "releasing",
  "giving up",
] as const;
export type State = (typeof states)[number];

/** Follows the tokens of one process, so that the coverage can say which states a fault met. */
export interface Course {
  sent(verb: "acquire" | "extend" | "release" | "transfer", token: string): void;
  replied(verb: "acquire" | "extend" | "release" | "transfer", token: string, reply: string): void;
  /** A message or the reply to a heartbeat says that a waiting token holds its lock. */
  granted(token: string): void;
  /** The call has its lock. */
  held(token: string): void;
  /** The call is done with its lock. */
  left(token: string): void;
  /** The tokens that wait in a queue, according to the replies that their process received. */
  readonly queued: Iterable<string>;
  keysOf(token: string): readonly string[];
  asks(token: string, keys: readonly string[]): void;
  /** The present states of its tokens. */
  readonly states: Iterable<State>;
}

const afterReply = (reply: string): State | undefined => {
  if (reply === "granted") return "claiming";
  if (reply === "queued") return "queued";
  return reply === "some" ? "with some keys" : undefined;
};

const asks = (state: State | undefined): boolean =>
  state === "asking" || state === "queued" || state === "with some keys";

export function createCourse(): Course {
  const stateOf = new Map<string, State>();
  const keysOf = new Map<string, readonly string[]>();

  function become(token: string, state: State | undefined): void {
    if (state === undefined) {
      stateOf.delete(token);
      keysOf.delete(token);
    } else stateOf.set(token, state);
  }

  return {
    asks: (token, keys) => void keysOf.set(token, keys),
    keysOf: (token) => keysOf.get(token) ?? [],
    sent(verb, token) {
      const before = stateOf.get(token);
      if (verb === "acquire" || verb === "transfer") become(token, asks(before) ? before : "asking");
      else if (verb === "extend") become(token, before === "holding" || before === "claiming" ? "extending" : before);
      else become(token, before === "holding" || before === "extending" ? "releasing" : "giving up");
    },
    replied(verb, token, reply) {
      const before = stateOf.get(token);
      if (before === undefined) return;
      // A message may overtake the reply: then the token has its lock already.
      if (verb === "acquire" || verb === "transfer") become(token, asks(before) ? afterReply(reply) : before);
      else if (verb === "release") become(token, undefined);
      else if (before === "extending") become(token, reply === "held" ? "holding" : undefined);
    },
    granted(token) {
      if (asks(stateOf.get(token))) become(token, "claiming");
    },
    held: (token) => become(token, "holding"),
    left(token) {
      if (stateOf.get(token) === "holding" || stateOf.get(token) === "extending") become(token, "releasing");
    },
    get queued() {
      return [...stateOf].filter(([, state]) => state === "queued").map(([token]) => token);
    },
    get states() {
      return stateOf.values();
    },
  };
}
