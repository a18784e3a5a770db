import type { Command, Hold, Wait } from "./command";
import type { Driver, DriverInspection, Party } from "./core";
import { INBOX_NAMES, KEY_NAMES, TOKEN_NAMES } from "./names";

/** The part of a reply about a key. */
export interface Seen {
  readonly key: string;
  readonly status?: unknown;
  readonly remaining?: number;
  readonly fence?: number;
  readonly floor?: number;
  readonly ticket?: number;
  readonly age?: number | undefined;
  readonly holder?: Party | undefined;
  readonly waiters?: DriverInspection["waiters"];
}

const never = { abandoned: false };

/** A driver that does what commands say, and remembers the tickets of tokens. */
export async function createTwin(driver: Driver) {
  const tickets = new Map<string, number>();
  const messages: Readonly<Record<string, string[]>> = Object.fromEntries(INBOX_NAMES.map((inbox) => [inbox, []]));
  const closers = await Promise.all(INBOX_NAMES.map(listen));

  function listen(inbox: string): Promise<() => Promise<void>> {
    const note = (message: string) => void messages[inbox]!.push(message);
    const listener = {
      granted: (token: string, _fence: number, claim: number) => note(`${token} granted for ${claim} ms`),
      forcedOut: (token: string, reason?: string) => note(`${token} forced out: ${reason}`),
      ended() {},
    };
    return driver.queue!.listen(inbox, listener, new AbortController().signal);
  }

  async function holderOf(key: string): Promise<string> {
    return (await driver.inspect(key)).token ?? TOKEN_NAMES[0]!;
  }
  async function fenceOf(key: string, hold: Hold): Promise<number | undefined> {
    if (hold === "any") return undefined;
    const { fence } = await driver.inspect(key);
    return hold === "last" ? fence || 1 : fence + 1;
  }
  const tokenOf = (token: number | "holder", key: string) =>
    token === "holder" ? holderOf(key) : Promise.resolve(TOKEN_NAMES[token]!);

  function ticketOf(token: string, key: string, wait: "no" | "end" | "old ticket"): number | undefined {
    if (wait === "no") return undefined;
    return wait === "end" ? 0 : (tickets.get(`${key} ${token}`) ?? 0);
  }

  function remember(token: string, seen: Seen): readonly Seen[] {
    if (seen.ticket) tickets.set(`${seen.key} ${token}`, seen.ticket);
    return [seen];
  }

  /** `at` is the key whose ticket it has. */
  async function acquire(
    keys: readonly string[],
    at: string,
    token: string,
    { ttl, wait }: { readonly ttl: number; readonly wait: Wait },
  ): Promise<readonly Seen[]> {
    const ticket = ticketOf(token, at, wait);
    const place = ticket === undefined ? undefined : { key: at, ticket };
    const reply = await driver.acquire({ keys, token, ttl, place }, never);
    if (reply.status !== "granted") return remember(token, reply);
    return reply.fences.map((fence, i) => ({ key: keys[i]!, status: reply.status, fence }));
  }

  async function acquireAll(command: Extract<Command, { do: "acquireAll" }>): Promise<readonly Seen[]> {
    const token = await tokenOf(command.token, KEY_NAMES[0]);
    const key = KEY_NAMES.find((one) => tickets.has(`${one} ${token}`)) ?? KEY_NAMES[0];
    return acquire(KEY_NAMES, key, token, command);
  }

  async function act(command: Exclude<Command, { do: "acquireAll" | "pass" }>): Promise<readonly Seen[]> {
    const key = KEY_NAMES[command.key]!;
    switch (command.do) {
      case "acquire": {
        const token = await tokenOf(command.token, key);
        return acquire([key], key, token, command);
      }
      case "extend": {
        const token = await tokenOf(command.token, key);
        return [{ key, status: await driver.extend({ key, token, ttl: command.ttl }) }];
      }
      case "release": {
        const token = await tokenOf(command.token, key);
        return [{ key, status: await driver.release({ key, token, tombstone: command.tombstone }) }];
      }
      case "heartbeat": {
        const inbox = INBOX_NAMES[command.inbox]!;
        const tokens = TOKEN_NAMES.filter((token) => token.startsWith(inbox));
        return [{ key, ...(await driver.queue!.heartbeat({ key, inbox, tokens })) }];
      }
      case "transfer": {
        const [from, to] = [await tokenOf(command.from, key), await tokenOf(command.to, key)];
        return [{ key, ...(await driver.transfer!({ key, from, to, ttl: command.ttl })) }];
      }
      case "forceRelease":
        return [
          { key, status: await driver.forceRelease({ key, fence: await fenceOf(key, command.hold), reason: "why" }) },
        ];
    }
  }

  return {
    /** To each inbox, in their order. */
    messages,
    inspect: () => Promise.all(KEY_NAMES.map(async (key): Promise<Seen> => ({ key, ...(await driver.inspect(key)) }))),
    act: (command: Exclude<Command, { do: "pass" }>) =>
      command.do === "acquireAll" ? acquireAll(command) : act(command),
    close: () => Promise.all(closers.map((close) => close())),
  };
}

export type Twin = Awaited<ReturnType<typeof createTwin>>;
