// Tested by test/locking/batches.test.ts
import type { Call } from "../driver/driver";

/** A request and the promise that its caller got. */
export interface Pending<Request, Reply> {
  readonly request: Request;
  /** Present where the caller may abandon the request. */
  readonly call: Call | undefined;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

interface Batch<Request, Reply> {
  readonly requests: Pending<Request, Reply>[];
  weight: number;
}

export interface BatchOptions<Request, Reply> {
  /** The largest weight of a batch, unless it is one request alone. */
  readonly limit: number;
  weightOf(request: Request): number;
  /** Requests of the same group may share a batch. */
  groupOf(request: Request): string;
  /** Settles each request, and does not throw. */
  send(batch: readonly Pending<Request, Reply>[]): void;
}

/**
 * Sends the requests of one tick together. At 64 concurrent requests, what a client and a server spend per command is most
 * of the time of a request.
 */
export function batched<Request, Reply>({
  limit,
  weightOf,
  groupOf,
  send,
}: BatchOptions<Request, Reply>): (request: Request, call?: Call) => Promise<Reply> {
  const open = new Map<string, Batch<Request, Reply>>();

  function flush(group: string, batch: Batch<Request, Reply>): void {
    if (open.get(group) === batch) open.delete(group);
    send(batch.requests);
  }

  return (request, call) =>
    new Promise((resolve, reject) => {
      const group = groupOf(request);
      const weight = weightOf(request);
      const batch = open.get(group);
      const pending = { request, call, resolve, reject };
      if (batch !== undefined && batch.weight + weight <= limit) {
        batch.requests.push(pending);
        batch.weight += weight;
      } else {
        const fresh = { requests: [pending], weight };
        open.set(group, fresh);
        process.nextTick(flush, group, fresh);
      }
    });
}
