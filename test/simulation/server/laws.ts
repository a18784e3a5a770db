import type { AcquireReply } from "../../../packages/core/src/driver/driver";
import type { HeartbeatReply } from "../../../packages/core/src/driver/driver-queue";
import { TOMBSTONE } from "../../../packages/core/src/driver/times";
import type { Server } from "./server";

type Queued = Extract<AcquireReply, { status: "queued" }>;

/** A command that the server has carried out. */
export interface Command {
  readonly verb: string;
  readonly key: string;
  readonly token: string;
  /** The ticket that it brought, 0 for none. */
  readonly ticket: number;
  /** Whether it is the release of a token that is given up. */
  readonly tombstone: boolean;
  readonly reply: unknown;
}

/** A key before a command. */
export interface Before {
  readonly holder: string | undefined;
  /** When the lease ends, on the wall clock of the server. */
  readonly until: number;
  /** Whether the token of the command waits. */
  readonly waits: boolean;
}

/** Laws that the server keeps whatever happens to the network and to the processes. */
export interface Laws {
  before(key: string, token: string): Before;
  /** Returns how the command broke a law, or `undefined`. */
  breach(command: Command, before: Before): string | undefined;
}

/** With more waiters than this, a newcomer is not compared with all of them. */
const MANY = 100;

export function createLaws(server: Pick<Server, "memory" | "holder" | "wall" | "damages">): Laws {
  /** The highest fence that each key has had. */
  const fences = new Map<string, number>();
  /** The token of each key that was released or transferred away last, and the end of its lease. */
  const released = new Map<string, { readonly token: string; readonly until: number }>();
  /** Until when each token may be refused, by its key. */
  const refused = new Map<string, number>();
  let damages = 0;

  const stateOf = (key: string) => server.memory.states.get(key);

  function lastReleased(key: string): string | undefined {
    if (damages !== server.damages) released.clear();
    damages = server.damages;
    const last = released.get(key);
    return last !== undefined && last.until > server.wall ? last.token : undefined;
  }

  function refuse(key: string, token: string, until: number): void {
    refused.set(`${key} ${token}`, Math.max(refused.get(`${key} ${token}`) ?? 0, until));
  }

  function note({ verb, key, token, tombstone, reply }: Command, { holder, until }: Before): void {
    fences.set(key, Math.max(fences.get(key) ?? 0, stateOf(key)?.fence?.value ?? 0));
    const isTransferred = verb === "transfer" && (reply as { status: string }).status === "granted" && holder !== token;
    if (isTransferred || (verb === "release" && holder === token)) {
      released.set(key, { token: holder!, until });
      refuse(key, holder!, until);
    }
    if (verb === "release" && tombstone) refuse(key, token, server.wall + TOMBSTONE);
    if (verb === "forceRelease" && holder !== undefined) refuse(key, holder, until);
  }

  const laws: Readonly<Record<string, (command: Command, before: Before) => boolean>> = {
    "made a lease shorter": ({ key }, { holder, until }) =>
      holder !== undefined && server.holder(key) === holder && stateOf(key)!.lease!.until < until,

    "granted a token that had just been released": ({ key }) =>
      lastReleased(key) !== undefined && server.holder(key) === lastReleased(key),

    "refused a token that nothing refuses": ({ verb, key, token, reply }) => {
      const { status, key: of } = reply as Partial<AcquireReply & { key: string }>;
      return (
        verb === "acquire" && status === "dead" && of === key && !((refused.get(`${key} ${token}`) ?? 0) > server.wall)
      );
    },

    "did not know the token that it had just released": ({ verb, key, token, reply }) =>
      verb === "release" && lastReleased(key) === token && reply !== "released",

    "put a newcomer before or beside others": ({ verb, key, token, ticket }, { waits }) => {
      const { tickets } = stateOf(key)?.queue.data ?? { tickets: new Map<string, number>() };
      const own = tickets.get(token);
      if (verb !== "acquire" || waits || ticket !== 0 || own === undefined || tickets.size > MANY) return false;
      return [...tickets].some(([other, theirs]) => other !== token && theirs >= own);
    },

    "replied with a floor below a fence": ({ verb, key, reply }) => {
      if (verb !== "acquire" && verb !== "heartbeat") return false;
      const { floor = Infinity, key: of = key } = reply as Partial<HeartbeatReply & Queued>;
      return of === key && floor < (fences.get(key) ?? 0);
    },
  };

  return {
    before: (key, token) => ({
      holder: server.holder(key),
      until: stateOf(key)?.lease?.until ?? 0,
      waits: stateOf(key)?.queue.has(token) ?? false,
    }),

    breach(command, before) {
      note(command, before);
      return Object.keys(laws).find((law) => laws[law]!(command, before));
    },
  };
}
