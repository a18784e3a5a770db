import type { Node } from "../connection/clients";
import { EXIT } from "../exit-codes";
import { codeOf, Failure } from "../failure";

/** Sends commands to a node, and waits for replies for a limited time. */
export interface Ask {
  /** Rejects with a `Failure` if the node refuses, or does not answer in time, or with the reason of the signal. */
  (node: Node, ...command: readonly string[]): Promise<unknown>;
  /** Bounds any other request to Redis. */
  within<T>(reply: Promise<T>): Promise<T>;
}

export interface AskOptions {
  /** For how many ms a reply is awaited. */
  readonly timeout: number;
  /** Ends all waiting. */
  readonly signal?: AbortSignal | undefined;
}

export function createAsk({ timeout, signal }: AskOptions): Ask {
  // One listener for all: thousands of requests may be under way.
  const waiting = new Set<(reason: unknown) => void>();
  signal?.addEventListener("abort", () => {
    for (const reject of waiting) reject(signal.reason);
  });

  function within<T>(reply: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) reject(signal.reason);
      const late = () => reject(new Failure(EXIT.unavailable.code, `Redis did not answer within ${timeout} ms`));
      const timer = setTimeout(late, timeout);
      waiting.add(reject);
      const settle = () => {
        clearTimeout(timer);
        waiting.delete(reject);
      };
      reply.then(resolve, reject).finally(settle);
    });
  }

  const ask = async (node: Node, ...command: readonly string[]): Promise<unknown> => {
    try {
      return await within(node.send(...command));
    } catch (error) {
      if (signal?.aborted || error instanceof Failure) throw error;
      throw refusalOf(node, error);
    }
  };
  return Object.assign(ask, { within });
}

/** Clients reject with errors of their own, which say nothing of the node. */
function refusalOf({ address }: Node, error: unknown): Failure {
  const code = codeOf(error) === EXIT.noPermission.code ? EXIT.noPermission.code : EXIT.unavailable.code;
  return new Failure(code, `Redis at ${address} failed: ${error instanceof Error ? error.message : error}`, {
    cause: error,
  });
}
