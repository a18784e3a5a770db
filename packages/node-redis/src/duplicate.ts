import type { Duplicable, Subscriber } from "./client";

/** A connection of our own. */
export interface Own {
  readonly opened: Subscriber;
  /**
   * Ends it, also while it connects: a client that is destroyed then connects all the same, and can't be ended by anything
   * any more (redis 4, 5 and 6.0 at least). So its socket has a signal that destroys it.
   */
  end(): Promise<void>;
}

type Overrides = Parameters<Duplicable["duplicate"]>[0];

/** Made like the caller's connection, except for what `overrides` say. */
export function own(client: Duplicable, overrides: Overrides): Own {
  const ending = new AbortController();
  const socket = { ...client.options?.socket, ...overrides.socket, signal: ending.signal };
  const opened = client.duplicate({ ...overrides, socket });
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

/**
 * A connection to listen on. Nothing may be said there for long, which is no reason to end it where silence is
 * (`socketTimeout`): it pings, and so also notices a server that is frozen.
 */
export function duplicate(client: Duplicable, reconnectStrategy: false | ((tries: number) => number)): Own {
  const { socket, pingInterval } = client.options ?? {};
  const silence = socket?.socketTimeout;
  return own(client, {
    socket: { reconnectStrategy },
    pingInterval: silence ? Math.min(pingInterval ?? silence, silence / 2) : pingInterval,
  });
}
