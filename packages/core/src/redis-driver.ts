import acquireLua from "../lua/acquire.lua";
import extendLua from "../lua/extend.lua";
import forceReleaseLua from "../lua/force-release.lua";
import handOverLua from "../lua/hand-over.lua";
import heartbeatLua from "../lua/heartbeat.lua";
import inspectLua from "../lua/inspect.lua";
import releaseLua from "../lua/release.lua";
import { isRefusal } from "./backend-error";
import { batched } from "./batch";
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
import { LockBackendError } from "./errors";
import { assertKeyPrefix, companion, hashed } from "./keys";
import { isNoScript, script } from "./script";
import { CLAIM, WINDOW } from "./times";

/** How long a token that was given up is refused, in ms. */
const TOMBSTONE = 60_000;

const text = (reply: unknown): string => String(reply);

const integer = (reply: unknown): number => {
  const value = Number(text(reply));
  if (reply === null || reply === "" || !Number.isSafeInteger(value))
    throw new TypeError(`not an integer: ${text(reply)}`);
  return value;
};

/** Reads a reply strictly: what has another shape did not come from our scripts. */
function read<T>(key: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new LockBackendError(key, "Redis answered in a form that no script of ours gives", error);
  }
}

const list = (reply: unknown, length: number): readonly unknown[] => {
  if (!Array.isArray(reply) || reply.length !== length) throw new TypeError(`not ${length} values: ${text(reply)}`);
  return reply;
};

/** The error for a status that is none of the known: the key is no lock, or what Redis said of this lock alone. */
function refusal(key: string, status: string): Error {
  if (status === "foreign") {
    return new LockBackendError(key, "the key holds something that is no lock: another type, or a string without ttl");
  }
  return new Error(status);
}

const flag = (key: string, value: unknown): boolean => {
  if (text(value) === "1" || text(value) === "0") return text(value) === "1";
  throw refusal(key, text(value));
};

interface Request {
  readonly key: string;
  readonly token: string;
  readonly call?: Call | undefined;
}

const isAbandoned = ({ call }: Request): boolean => call?.abandoned ?? false;

/** Locks kept in Redis: scripts, run through a connection. */
export function redisDriver(connection: RedisConnection): Driver {
  const { keyPrefix, cluster, subscribe } = connection;
  assertKeyPrefix(keyPrefix);

  const keysOf = (key: string, token = ""): string[] => {
    const beside = (suffix: string) => companion(keyPrefix, key, suffix);
    return [key, beside("fence"), beside("queue"), beside("alive"), beside("released"), beside(`dead:${token}`)];
  };

  /** A script that serves many locks at once: `width` values answer each. */
  function perLock<Q extends Request, R>(
    lua: string,
    first: readonly number[],
    argsOf: (request: Q) => readonly string[],
    width: number,
    parse: (key: string, values: readonly unknown[]) => R,
  ): (request: Q) => Promise<R> {
    const run = script(connection, handOverLua + lua);

    async function send(requests: readonly Q[]): Promise<readonly Promise<R>[]> {
      const keys = requests.flatMap(({ key, token }) => keysOf(key, token));
      const args = [...first.map(String), ...requests.flatMap(argsOf)];
      const call = {
        get abandoned() {
          return requests.some(isAbandoned);
        },
      };
      let reply: unknown;
      try {
        reply = await run(keys, args, call);
      } catch (error) {
        // One script may not use all those keys (a node of a Cluster, a user of few rights): one by one.
        if (isRefusal(error) && requests.length > 1) return requests.map(async (one) => (await send([one]))[0]!);
        const others = requests.filter((request) => !isAbandoned(request));
        if (!isNoScript(error) || others.length === 0) throw error;
        const replies = await send(others);
        return requests.map((request) => replies[others.indexOf(request)] ?? Promise.reject(error));
      }
      return requests.map(async ({ key }, i) =>
        read(key, () => parse(key, list(reply, width * requests.length).slice(width * i, width * (i + 1)))),
      );
    }
    return batched<Q, R>(({ key }) => (cluster ? hashed(keyPrefix + key) : ""), send);
  }

  const acquire = perLock<AcquireRequest & Request, AcquireReply>(
    acquireLua,
    [CLAIM, WINDOW],
    ({ token, ttl, ticket }) => [token, String(ttl), ticket === undefined ? "" : String(ticket)],
    5,
    (key, [status, value, ticket, floor, before]) => {
      switch (text(status)) {
        case "granted":
          return { status: "granted", fence: integer(value) };
        case "held":
          return { status: "held", remaining: integer(value) };
        case "queued":
          return {
            status: "queued",
            remaining: integer(value),
            ticket: integer(ticket),
            floor: integer(floor),
            head: integer(before) === 0,
          };
        case "dead":
          return { status: "dead" };
        default:
          throw refusal(key, text(status));
      }
    },
  );

  const extend = perLock<ExtendRequest, ExtendReply>(
    extendLua,
    [],
    ({ token, ttl }) => [token, String(ttl)],
    1,
    (key, [value]) => (flag(key, value) ? "held" : "lost"),
  );

  const release = perLock<ReleaseRequest, ReleaseReply>(
    releaseLua,
    [CLAIM],
    ({ token, undo }) => [token, undo ? String(TOMBSTONE) : "0"],
    1,
    (key, [value]) => (flag(key, value) ? "released" : "lost"),
  );

  const heartbeat = script(connection, handOverLua + heartbeatLua);
  const inspect = script(connection, handOverLua + inspectLua);
  const forceRelease = script(connection, handOverLua + forceReleaseLua);
  const states = ["missing", "queued", "granted"] as const;

  return {
    acquire: (request, call) => acquire({ ...request, call }),
    extend,
    release,

    async heartbeat({ key, inbox, tokens }) {
      const reply = await heartbeat(keysOf(key), [String(CLAIM), String(WINDOW), inbox, ...tokens]);
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

    async inspect(key) {
      const reply = await inspect(keysOf(key), []);
      return read(key, () => {
        if (Array.isArray(reply) && text(reply[0]) === "foreign") throw refusal(key, "foreign");
        const [held, remaining, fence, waiting] = list(reply, 4).map(integer);
        return { held: held === 1, remaining: remaining!, fence: fence!, waiting: waiting! };
      });
    },

    async forceRelease(key) {
      const reply = await forceRelease(keysOf(key), [String(CLAIM)]);
      return read(key, () => flag(key, Array.isArray(reply) ? reply[0] : reply));
    },

    listen: subscribe && listening(subscribe),
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
