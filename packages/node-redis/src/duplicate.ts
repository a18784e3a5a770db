import type { Duplicable, Subscriber } from "./client";

/**
 * A connection to listen on, made like the caller's. Nothing may be said there for long, which is no reason to end it where
 * silence is (`socketTimeout`): it pings, and so also notices a server that is frozen.
 */
export function duplicate(client: Duplicable, reconnectStrategy: false | ((tries: number) => number)): Subscriber {
  const { socket, pingInterval } = client.options ?? {};
  const silence = socket?.socketTimeout;
  return client.duplicate({
    socket: { ...socket, reconnectStrategy },
    pingInterval: silence ? Math.min(pingInterval ?? silence, silence / 2) : pingInterval,
  });
}
