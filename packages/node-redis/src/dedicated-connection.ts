import type { Connection, SingleClient } from "./client-internals";

/** A connection that this package has made for itself. */
export interface DedicatedConnection {
  readonly opened: Connection;
  /**
   * Ends it, even while it connects. A client that is destroyed while it connects connects all the same, and then nothing can
   * end it (redis 4, 5 and 6.0 at least). So its socket has a signal that destroys it.
   */
  end(): Promise<void>;
}

/**
 * Makes a connection like the caller's. It ends when it is lost, so that nothing is sent twice. It may be idle for long, so it
 * has no `socketTimeout`, and no ping keeps the process running. It adds no prefix to keys: some clients of a topology have
 * one and others do not.
 */
export function dedicatedConnection(client: SingleClient): DedicatedConnection {
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
      } catch {} // it had ended already
      ending.abort();
    },
  };
}
