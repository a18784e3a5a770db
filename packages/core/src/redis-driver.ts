import acquireLua from "../lua/acquire.lua";
import acquireOneLua from "../lua/acquire-one.lua";
import extendLua from "../lua/extend.lua";
import forceReleaseLua from "../lua/force-release.lua";
import handOverLua from "../lua/hand-over.lua";
import heartbeatLua from "../lua/heartbeat.lua";
import inspectLua from "../lua/inspect.lua";
import releaseLua from "../lua/release.lua";
import transferLua from "../lua/transfer.lua";
import { acquireAllOf } from "./acquire-all";
import { type Asked, batched } from "./batch";
import type { RedisConnection } from "./connection";
import type {
  AcquireReply,
  AcquireRequest,
  Call,
  Driver,
  ExtendReply,
  ExtendRequest,
  ReleaseReply,
  ReleaseRequest,
} from "./driver";
import { companions } from "./keys";
import { lockKeys } from "./lock-keys";
import { replicatorOf } from "./replicator";
import { acquireReply, flag, integer, list, read, text, transferReply, unknown, unreadable } from "./replies";
import { script } from "./script";
import { CLAIM, WINDOW } from "./times";

/** How long a token that was given up is refused, in ms. */
const TOMBSTONE = "60000";

/** How long a fence is remembered at least, in ms. */
const DAY = 86_400_000;

/** What Redis may say of a command because of one of its keys, before anything is done: each lock is then asked for alone. */
const isOfOne = (error: unknown): boolean =>
  error instanceof Error && /^(ERR|NOSCRIPT|NOPERM|CROSSSLOT)\b/.test(error.message);

interface Request {
  readonly key: string;
  readonly token: string;
}

const isAbandoned = ({ call }: { readonly call: Call | undefined }): boolean => call?.abandoned ?? false;

/** The call of several requests: abandoned once one of them is, as it can't be sent again without that one. */
const together = (asked: readonly { readonly call: Call | undefined }[]): Call => ({
  get abandoned() {
    return asked.some(isAbandoned);
  },
});

/** How many requests share one command: few enough that the server works on some while the client does on others. */
const AT_ONCE = 32;
/** Nobody waits for extensions. */
const EXTENDED_AT_ONCE = 128;

/** Locks kept in Redis: scripts, run through a connection. */
export function redisDriver(connection: RedisConnection): Driver {
  const { keyPrefix } = connection;
  const subscribe = connection.subscribe?.bind(connection);
  const names = lockKeys(connection);
  const addKeys = names.add;

  const keysOf = (key: string, token?: string): string[] => {
    const keys: string[] = [];
    addKeys(keys, key, token);
    return keys;
  };

  const slotOf = ({ key }: Request): string => names.slotOf(key);

  /** A script that serves many locks at once, with one reply for each. `first` are the arguments before theirs. */
  function perLock<Q extends Request, R>(
    lua: string,
    largest: number,
    groupOf: (request: Q) => string,
    first: (request: Q) => string[],
    add: (request: Q, keys: string[], args: string[]) => void,
    parse: (key: string, reply: unknown) => R,
  ): (request: Q, call?: Call) => Promise<R> {
    const run = script(connection, lua);

    function flush(asked: readonly Asked<Q, R>[]): void {
      try {
        send(asked);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }

    function send(asked: readonly Asked<Q, R>[]): void {
      const [{ request, call }] = asked as readonly [Asked<Q, R>];
      const alone = asked.length === 1;
      const keys: string[] = [];
      const args = first(request);
      for (const { request } of asked) add(request, keys, args);
      run(keys, args, alone ? call : together(asked)).then(
        (reply) => answer(asked, reply),
        (error) => {
          for (const one of asked) {
            if (!alone && isOfOne(error) && !isAbandoned(one)) flush([one]);
            else one.reject(error);
          }
        },
      );
    }

    function answer(asked: readonly Asked<Q, R>[], reply: unknown): void {
      const isList = Array.isArray(reply) && reply.length === asked.length;
      asked.forEach(({ request: { key }, resolve, reject }, i) => {
        try {
          resolve(parse(key, isList ? reply[i] : undefined));
        } catch (error) {
          reject(unreadable(key, error));
        }
      });
    }
    return batched<Q, R>(largest, groupOf, flush);
  }

  const claim = String(CLAIM);
  const window = String(WINDOW);

  const acquire = perLock<AcquireRequest, AcquireReply>(
    handOverLua + acquireOneLua + acquireLua,
    AT_ONCE,
    slotOf,
    () => [claim, window],
    ({ key, token, ttl, ticket = "" }, keys, args) => {
      addKeys(keys, key, token);
      args.push(token, `${ttl}`, `${ticket}`);
    },
    acquireReply,
  );

  const extend = perLock<ExtendRequest, ExtendReply>(
    extendLua,
    EXTENDED_AT_ONCE,
    (request) => `${request.ttl} ${slotOf(request)}`,
    ({ ttl }) => [`${ttl}`, `${Math.max(DAY, ttl)}`],
    ({ key, token }, keys, args) => {
      keys.push(key, `${companions(keyPrefix, key)}fence`);
      args.push(token);
    },
    (key, reply) => (flag(key, reply) ? "held" : "lost"),
  );

  const release = perLock<ReleaseRequest, ReleaseReply>(
    handOverLua + releaseLua,
    AT_ONCE,
    slotOf,
    () => [claim],
    ({ key, token, undo }, keys, args) => {
      addKeys(keys, key, token);
      args.push(token, undo ? TOMBSTONE : "0");
    },
    (key, reply) => (flag(key, reply) ? "released" : "lost"),
  );

  const heartbeat = script(connection, handOverLua + heartbeatLua);
  const transfer = script(connection, handOverLua + transferLua);
  const inspect = script(connection, handOverLua + inspectLua);
  const forceRelease = script(connection, handOverLua + forceReleaseLua);
  const states = ["missing", "queued", "granted"] as const;

  return {
    acquire,
    acquireAll: acquireAllOf(connection, names, release),
    extend,
    release,

    async heartbeat({ key, inbox, tokens }) {
      const reply = await heartbeat(keysOf(key), [claim, window, inbox, ...tokens]);
      return read(key, () => {
        const [remaining, fence, floor, head, ...each] = list(reply, 4 + tokens.length).map(integer);
        return {
          remaining: remaining!,
          fence: fence!,
          floor: floor!,
          head: head === 1,
          states: each.map((state) => states[state]!),
        };
      });
    },

    async transfer({ key, from, to, ttl }) {
      const reply = await transfer(keysOf(key, to), [claim, from, to, `${ttl}`]);
      return read(key, () => transferReply(key, reply));
    },

    async inspect(key) {
      const reply = await inspect(keysOf(key), []);
      return read(key, () => {
        if (!Array.isArray(reply)) throw unknown(key, reply);
        const [held, remaining, fence, waiting] = list(reply, 5).slice(0, 4).map(integer);
        const token = held === 1 ? text(reply[4]) : null;
        return { held: held === 1, remaining: remaining!, fence: fence!, waiting: waiting!, token };
      });
    },

    async forceRelease(key) {
      const reply = await forceRelease(keysOf(key), [claim]);
      return read(key, () => flag(key, reply));
    },

    listen: subscribe && listening(subscribe),
    replicator: replicatorOf(connection, names),
  };
}

/** Messages are `<token> <fence> <claim>`, as the scripts publish them; the fence 0 tells that the token was forced out. */
const listening =
  (subscribe: NonNullable<RedisConnection["subscribe"]>): NonNullable<Driver["listen"]> =>
  (inbox, { granted, forcedOut, reset }, signal) =>
    subscribe(
      `distlock:${inbox}`,
      (message) => {
        const [token = "", fence, claim] = message.split(" ");
        if (fence === "0") forcedOut(token);
        else granted(token, Number(fence), Number(claim));
      },
      reset,
      signal,
    );
