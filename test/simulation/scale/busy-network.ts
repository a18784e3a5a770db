import type { Driver } from "../../../packages/core/src/driver/driver";
import { type Client, createConnection } from "../network/connection";
import { createNetwork, type Network } from "../network/network";
import { createBatches } from "./batches";
import type { Kind, Meter } from "./meter";
import type { Processor } from "./processor";

/** As in `redisScripts`: how many requests share a command. */
export const BATCH_LIMIT = 32;
export const BACKGROUND_BATCH_LIMIT = 128;
export const TOKENS_OF_A_KEY = 8;

/** A network between a process and a server that needs time for each command. The requests of one turn share commands. */
export function createBusyNetwork(client: Client, server: Driver, process: Processor, meter: Meter): Network {
  const network = createNetwork(client, server);
  const exchange = createConnection(client);
  const { engine, machine, server: own } = client;

  /** One command. A server that stops in the meantime does not carry it out. */
  const sendAs =
    <Request, Reply>(kind: Kind, method: (request: Request) => Promise<Reply>) =>
    (requests: readonly Request[]) =>
      exchange(kind, async (): Promise<PromiseSettledResult<Reply>[]> => {
        const { life } = own;
        await process(kind, requests.length);
        return life === own.life ? Promise.allSettled(requests.map(method)) : [];
      });

  const batched = <Request, Reply>(kind: Kind, limit: number, method: (request: Request) => Promise<Reply>) =>
    createBatches<Request, Reply>(engine, machine, { limit, send: sendAs(kind, method) });

  const call = { abandoned: false };
  const { heartbeat } = server.queue!;
  const { listen } = network.driver.queue!;
  const driver: Driver = {
    ...network.driver,
    acquire: batched("acquire", BATCH_LIMIT, (request) => server.acquire(request, call)),
    extend: batched("extend", BACKGROUND_BATCH_LIMIT, server.extend),
    release: batched("release", BATCH_LIMIT, server.release),
    queue: {
      heartbeat: createBatches(engine, machine, {
        limit: BACKGROUND_BATCH_LIMIT,
        weightOf: ({ tokens }) => Math.max(1, tokens.length / TOKENS_OF_A_KEY),
        send: sendAs("heartbeat", heartbeat),
      }),
      async listen(...args) {
        const close = await listen(...args);
        meter.count("listen");
        return close;
      },
    },
  };
  return { ...network, driver };
}
