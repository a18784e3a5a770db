import { once } from "node:events";
import { createServer } from "node:net";
import { type FaultLink, openFaultLink } from "./fault-link";
import { createFaultSettings, type FaultLinks, type FaultMode, type FaultOptions, kindsOf } from "./fault-settings";
import { createLostReplies } from "./lost-replies";

/** A TCP proxy in this process, in front of one server on 127.0.0.1. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** From the call on, until the next one. Calls off a `loseReply` of these connections that has not happened yet. */
  set(mode: FaultMode, options?: FaultOptions): void;
  /** Resets connections, and takes new ones as the mode says. */
  reset(links?: FaultLinks): void;
  /**
   * The next command of such a connection is carried out, but its answer is lost, and the connection with it: without that,
   * the client would take each later answer for the one before. Resolves when it has happened, or was called off.
   */
  loseReply(links?: FaultLinks): Promise<void>;
  /** How many bytes were dropped, lost, or held. */
  readonly kept: number;
  stop(): Promise<void>;
}

export async function startFaultProxy({ port }: { readonly port: number }): Promise<FaultProxy> {
  const links = new Set<FaultLink>();
  const settings = createFaultSettings();
  const lost = createLostReplies<FaultLink>();
  let kept = 0;
  const context = {
    settings,
    lost,
    count(bytes: number) {
      kept += bytes;
    },
    ended: (link: FaultLink) => void links.delete(link),
  };

  const server = createServer((near) => {
    if (kindsOf(undefined).every(settings.isCut)) {
      near.on("error", () => {});
      near.resetAndDestroy();
    } else links.add(openFaultLink(near, port, context));
  });

  function reset(only?: FaultLinks): void {
    for (const link of links) if (kindsOf(only).includes(link.kind)) link.destroy();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system assigned no port");
  return {
    host: "127.0.0.1",
    port: address.port,
    url: `redis://127.0.0.1:${address.port}`,
    set(mode, options = {}) {
      settings.set(mode, options);
      lost.callOff(options.links);
      if (mode === "cut") reset(options.links);
      for (const link of links) link.pump();
    },
    reset,
    loseReply: (only = "commands") => lost.add(only),
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
