import { once } from "node:events";
import { createServer } from "node:net";

async function take(port: number): Promise<number> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the system assigned no port");
  return address.port;
}

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> => take(0);

/** The number that a node of a Cluster adds to its port, for the other nodes. */
const BUS = 10_000;
/** Both ports are below the range that systems assign to connections, so that no connection is in the way. */
const [FROM, TO] = [10_000, 22_000];

/** A port for a node of a Cluster, free a moment ago, and with it the one on which the nodes talk to each other. */
export async function freeClusterPort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    try {
      await take(port);
      await take(port + BUS);
      return port;
    } catch {} // the port is taken
  }
  throw new Error("found no two free ports for a node of a Cluster");
}
