import type { Driver, ReplicateRequest, Replicator } from "../../../packages/core/src/driver/driver";
import { between } from "../engine/random";
import { type Client, createConnection, type Exchange } from "./connection";
import { createListening } from "./listening";

export interface Network {
  /** The driver of one process. Its requests go over the network. */
  readonly driver: Driver;
  /** Breaks the connections for messages. */
  cut(): void;
  /** The network forgets these connections: no message arrives any more. Returns whether there was one. */
  deafen(): boolean;
  /** Ends the connections of a process that is gone. */
  vanish(): void;
}

type Method = (...args: readonly unknown[]) => Promise<unknown>;

/** Puts the network between a process and the server. Every method sends a command, except the methods that open connections. */
export function createNetwork(client: Client, server: Driver): Network {
  const exchange = createConnection(client);
  const listening = createListening(client);
  const send =
    (verb: string, method: Method): Method =>
    (...args) =>
      exchange(verb, () => method(...args));

  const { queue, ...methods } = server;
  const sent = Object.entries(methods).map(([verb, method]) => [verb, send(verb, method as Method)]);
  const driver: Driver = {
    ...(Object.fromEntries(sent) as Driver),
    queue: {
      heartbeat: (request) => exchange("heartbeat", () => queue!.heartbeat(request)),
      listen: listening.listen,
    },
    replicas: () => createReplicator(client, server),
  };
  return { driver, cut: listening.cut, deafen: listening.deafen, vanish: listening.vanish };
}

/** One replica. It confirms a write within a few ms while it follows the server, and not at all while it does not. */
function createReplicator(client: Client, server: Driver): Replicator {
  const exchange: Exchange = createConnection(client);
  const { random, server: own } = client;
  return {
    replicate: ({ keys, token, ttl, patience }: ReplicateRequest) =>
      exchange("replicate", async () => {
        for (const key of keys) if ((await server.extend({ key, token, ttl })) !== "held") return "lost";
        const isFollowed = !own.isReplicaStuck;
        await new Promise<void>(
          (resolve) => void own.machine.clock.after(isFollowed ? between(random, 1, 6) : patience, resolve, true),
        );
        return isFollowed ? 1 : 0;
      }),
    close() {},
  };
}
