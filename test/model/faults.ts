import type { Driver } from "./core";

/** The fate of one request on its way; `send` carries it out at the server, each time that it is called. */
export type Fault = <R>(send: () => Promise<R>) => Promise<R>;

/** The fate of one message. */
export type PushFault = (deliver: () => void) => void;

export type Verb = "acquire" | "extend" | "release" | "heartbeat";

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const broken = (): Error => new Error("the connection was lost");

/** Never arrives; the client says so after a while. */
export const lost =
  (ms: number): Fault =>
  async () => {
    await sleep(ms);
    throw broken();
  };

/** Carried out, but the client only says that the connection was lost. */
export const failed: Fault = async (send) => {
  await send().catch(() => {});
  throw broken();
};

/** Carried out, and the client never says anything. */
export const unanswered: Fault = (send) => {
  send().catch(() => {});
  return new Promise(() => {});
};

export const late =
  (ms: number): Fault =>
  async (send) => {
    await sleep(ms);
    return send();
  };

export const answeredLate =
  (ms: number): Fault =>
  async (send) => {
    const reply = await send();
    await sleep(ms);
    return reply;
  };

/** Sent again, as clients do after a reconnection; only the second answer comes back. */
export const twice =
  (ms: number): Fault =>
  async (send) => {
    await send().catch(() => {});
    await sleep(ms);
    return send();
  };

/** Waits for the promise before it is sent, or before it is answered. */
export const sentAfter =
  (gate: Promise<unknown>): Fault =>
  async (send) => {
    await gate;
    return send();
  };
export const answeredAfter =
  (gate: Promise<unknown>): Fault =>
  async (send) => {
    const reply = await send();
    await gate;
    return reply;
  };

/** The faults of one locker: each is used up by the next request of its verb, `always` stays. */
export interface Faults {
  next(verb: Verb, ...faults: Fault[]): void;
  always(verb: Verb, fault: Fault): void;
  nextPush(...faults: PushFault[]): void;
  alwaysPush(fault: PushFault): void;
  clear(): void;
  /** From now on nothing is sent, answered or delivered. */
  die(): void;
}

/** A driver whose requests and messages suffer faults; requests that arrive are carried out by the real one. */
export function faulty(driver: Driver): { readonly driver: Driver; readonly faults: Faults } {
  const queues = new Map<Verb | "push", (Fault | PushFault)[]>();
  const standing = new Map<Verb | "push", Fault | PushFault>();
  let dead = false;

  const take = (verb: Verb | "push") => queues.get(verb)?.shift() ?? standing.get(verb);
  const add = (verb: Verb | "push", faults: (Fault | PushFault)[]) =>
    queues.set(verb, [...(queues.get(verb) ?? []), ...faults]);

  function suffer<R>(verb: Verb, send: () => Promise<R>): Promise<R> {
    const alive = (): Promise<R> => (dead ? new Promise(() => {}) : send());
    const fault = take(verb) as Fault | undefined;
    const answer = fault && !dead ? fault(alive) : alive();
    return new Promise((resolve, reject) =>
      answer.then(
        (reply) => dead || resolve(reply),
        (error) => dead || reject(error),
      ),
    );
  }

  return {
    driver: {
      ...driver,
      acquire: (request, call) => suffer("acquire", () => driver.acquire(request, call)),
      extend: (request) => suffer("extend", () => driver.extend(request)),
      release: (request) => suffer("release", () => driver.release(request)),
      queue: {
        heartbeat: (request) => suffer("heartbeat", () => driver.queue!.heartbeat(request)),
        listen(inbox, listener, signal) {
          const between: typeof listener = {
            granted(...news) {
              const fault = take("push") as PushFault | undefined;
              const deliver = () => dead || listener.granted(...news);
              if (fault) fault(deliver);
              else deliver();
            },
            forcedOut: (...holder) => dead || listener.forcedOut(...holder),
            ended: () => dead || listener.ended(),
          };
          return driver.queue!.listen(inbox, between, signal);
        },
      },
    },
    faults: {
      next: (verb, ...faults) => void add(verb, faults),
      always: (verb, fault) => void standing.set(verb, fault),
      nextPush: (...faults) => void add("push", faults),
      alwaysPush: (fault) => void standing.set("push", fault),
      clear() {
        queues.clear();
        standing.clear();
      },
      die() {
        dead = true;
      },
    },
  };
}
