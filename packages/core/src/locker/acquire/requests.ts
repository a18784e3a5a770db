import type { AcquireAllReply, AcquireReply, Call, Driver, Replicator } from "../../driver/driver";
import { LockBackendError } from "../../driver/errors";
import { now } from "../../driver/lease";
import type { ResolvedOptions } from "../options";
import type { Failed } from "../queue/waiter";

/** The lock was granted, but too few replicas acknowledged it. */
export interface Unreplicated {
  readonly status: "unreplicated";
  readonly error: LockBackendError;
}

export type Reply = AcquireReply | AcquireAllReply | Unreplicated;

/** Where a token waits. The ticket is 0 until a reply said that it does. */
export interface Place {
  readonly key: string;
  readonly ticket: number;
}

/** How long replicas may take, in ms: healthy ones take one round trip. */
export const REPLICATION = 1_000;

/**
 * The requests of one call, for one key or for several (in lock order). Only the latest is awaited: its reply is posted, when
 * `waitReplicas` replicas have the grant.
 */
export class Requests {
  /** When the latest request was sent. */
  sentAt = 0;
  /** The latest request, until its reply is read. */
  inFlight: Promise<Reply> | undefined;
  /** Whether the request in flight was granted, and only replicas are awaited. */
  isReplicating = false;
  #call: { abandoned: boolean } | undefined;
  readonly #until: number;

  constructor(
    readonly driver: Driver,
    readonly openReplicator: () => Replicator,
    readonly keys: readonly string[],
    readonly options: ResolvedOptions,
    readonly mailbox: { post(reply: Reply | Failed): void },
  ) {
    this.#until = now() + options.timeout;
  }

  send(token: string, place: Place | undefined): void {
    const call = { abandoned: false };
    this.#call = call;
    this.isReplicating = false;
    this.sentAt = now();
    const asked = this.#ask(token, place, call);
    const onGrant = () => {
      this.isReplicating = this.inFlight === reply;
    };
    const reply = this.options.waitReplicas === 0 ? asked : this.#replicated(asked, token, call, onGrant);
    this.inFlight = reply;
    reply.then(
      (event) => this.inFlight === reply && this.mailbox.post(event),
      (error: unknown) => this.inFlight === reply && this.mailbox.post({ status: "failed", error }),
    );
  }

  /** Nobody awaits the request in flight any more. */
  abandon(): void {
    if (this.#call && this.inFlight) this.#call.abandoned = true;
  }

  #ask(token: string, place: Place | undefined, call: Call): Promise<Reply> {
    const { driver, keys } = this;
    const { ttl } = this.options;
    return keys.length === 1
      ? driver.acquire({ key: keys[0]!, token, ttl, ticket: place?.ticket }, call)
      : driver.acquireAll({ keys, token, ttl, place }, call);
  }

  async #replicated(asked: Promise<Reply>, token: string, call: Call, onGrant: () => void): Promise<Reply> {
    const reply = await asked;
    if (reply.status !== "granted" || call.abandoned) return reply;
    onGrant();
    const { keys } = this;
    const { ttl, waitReplicas: replicas } = this.options;
    const patience = Math.ceil(Math.min(REPLICATION, ttl / 3, 0.8 * Math.max(this.#until - now(), 1)));
    const count = await this.openReplicator().replicate({ keys, token, ttl, replicas, patience });
    if (count === "lost") throw new Error("the lock was gone before replicas had it");
    if (count >= replicas) return reply;
    const what = `acquire was undone: ${count} of ${replicas} replicas acknowledged it within ${patience} ms`;
    return { status: "unreplicated", error: new LockBackendError(keys[0]!, what) };
  }
}
