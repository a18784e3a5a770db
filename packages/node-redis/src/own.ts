import type { Duplicable, Subscriber } from "./client";

/** A connection of our own. */
export interface Own {
  readonly opened: Subscriber;
  /**
   * Ends it, also while it connects: a client that is destroyed then connects all the same, and nothing can end it
   * any more (redis 4, 5 and 6.0 at least). So its socket has a signal that destroys it.
   */
  end(): Promise<void>;
}

/**
 * Made like the caller's connection. It ends when it is lost, so that nothing is sent twice. Nothing may be said there for
 * long, which is not a reason to end it where silence is one (`socketTimeout`); no ping keeps the process alive. It adds no
 * prefix to keys: of the clients of one topology, some have one and some do not.
 */
export function own(client: Duplicable): Own {
  const ending = new AbortController();
  const opened = client.duplicate({
    socket: {
      ...client.options?.socket,
      reconnectStrategy: false,
      socketTimeout: undefined,
      signal: ending.signal,
    },
    pingInterval: undefined,
    keyPrefix: undefined,
  });
  return {
    opened,
    async end() {
      try {
        if (opened.destroy) opened.destroy();
        else await opened.disconnect();
      } catch {} // it was ended already
      ending.abort();
    },
  };
}
