import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/**
 * What stands between a client and a server.
 *
 * pass   everything goes through, what was held first
 * drop   what the server sends is thrown away
 * hold   what the server sends is kept until it may pass
 * cut    connections are ended, new ones refused
 */
export type FaultMode = "pass" | "drop" | "hold" | "cut";

/** A TCP proxy in this process, in front of one server on 127.0.0.1. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** For all connections, from the call on. */
  set(mode: FaultMode): void;
  /** Ends all connections, and takes new ones as the mode says. */
  reset(): void;
  /** How many bytes of the server were dropped, or are held. */
  readonly kept: number;
  stop(): Promise<void>;
}

interface Link {
  readonly near: Socket;
  readonly far: Socket;
  readonly held: Buffer[];
}

export async function startFaultProxy({ port }: { readonly port: number }): Promise<FaultProxy> {
  const links = new Set<Link>();
  let mode: FaultMode = "pass";
  let kept = 0;

  const server = createServer((near) => {
    near.on("error", () => {});
    if (mode === "cut") return void near.destroy();
    const far = connect(port, "127.0.0.1");
    const link: Link = { near, far, held: [] };
    const end = () => {
      links.delete(link);
      near.destroy();
      far.destroy();
    };
    links.add(link);
    far.on("error", () => {});
    near.on("data", (data) => far.write(data));
    far.on("data", (data: Buffer) => {
      if (mode === "pass") return void near.write(data);
      kept += data.length;
      if (mode === "hold") link.held.push(data);
    });
    near.on("close", end);
    far.on("close", end);
  });

  function reset(): void {
    for (const { near } of links) near.destroy();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    host: "127.0.0.1",
    port: address.port,
    url: `redis://127.0.0.1:${address.port}`,
    set(next) {
      mode = next;
      if (mode === "pass") for (const { near, held } of links) for (const data of held.splice(0)) near.write(data);
      if (mode === "cut") reset();
    },
    reset,
    get kept() {
      return kept;
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      reset();
      await closed;
    },
  };
}
