import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createPipe, type Passage, type Pipe } from "./pipe";

/**
 * What stands between a client and a server.
 *
 * pass   everything goes through, what was held first
 * delay  everything comes late, in order
 * hold   a black hole: nothing goes through, also no end of a connection; what was sent is kept until it may pass
 * drop   what is sent is thrown away; connections are worth nothing afterwards, except those that only listen
 * cut    connections are reset, new ones too
 */
export type FaultMode = Passage | "cut";

/** Connections that have subscribed (`"messages"`), or that have not (`"commands"`). */
export type FaultLinks = "commands" | "messages";

export interface FaultOptions {
  /** `delay`, `hold`, `drop`: the way on which this happens; the other one passes. Default `"toClient"`. */
  readonly way?: "toClient" | "toServer" | "both";
  /** Only these connections; the others stay as they are. Default: all. */
  readonly links?: FaultLinks;
  /** `delay`: the shortest and the longest, in ms, new for each piece of data. Default 50 and 50. */
  readonly delay?: readonly [shortest: number, longest: number];
}

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

interface Setting {
  readonly mode: FaultMode;
  readonly way: "toClient" | "toServer" | "both";
  readonly delay: readonly [number, number];
}

interface Link {
  readonly near: Socket;
  readonly far: Socket;
  readonly toClient: Pipe;
  readonly toServer: Pipe;
  kind: FaultLinks;
}

interface Losing {
  readonly links: FaultLinks;
  /** Has sent its command. */
  link?: Link | undefined;
  done(): void;
}

/** A client writes it in one piece: it is short. */
const SUBSCRIBE = /\r\n[SP]?SUBSCRIBE\r\n/i;

export async function startFaultProxy({ port }: { readonly port: number }): Promise<FaultProxy> {
  const links = new Set<Link>();
  const passing: Setting = { mode: "pass", way: "both", delay: [0, 0] };
  const settings: Record<FaultLinks, Setting> = { commands: passing, messages: passing };
  const losing = new Set<Losing>();
  let kept = 0;

  function passage({ kind }: Link, way: "toClient" | "toServer"): Passage {
    const setting = settings[kind];
    return setting.mode === "cut" || (setting.way !== way && setting.way !== "both") ? "pass" : setting.mode;
  }

  function destroy({ near, far }: Link): void {
    near.resetAndDestroy();
    far.destroy();
  }

  function keep(link: Link, way: "toClient" | "toServer", data: Buffer): void {
    if (["hold", "drop"].includes(passage(link, way))) kept += data.length;
    link[way].push(data);
  }

  const server = createServer((near) => {
    near.on("error", () => {});
    if (settings.commands.mode === "cut" && settings.messages.mode === "cut") return void near.resetAndDestroy();
    const far = connect(port, "127.0.0.1");
    far.on("error", () => {});
    const pipe = (to: Socket, way: "toClient" | "toServer") =>
      createPipe(
        to,
        () => passage(link, way),
        () => {
          const [shortest, longest] = settings[link.kind].delay;
          return shortest + Math.random() * (longest - shortest);
        },
      );
    const link: Link = {
      near,
      far,
      toClient: pipe(near, "toClient"),
      toServer: pipe(far, "toServer"),
      kind: "commands",
    };
    links.add(link);

    near.on("data", (data: Buffer) => {
      if (SUBSCRIBE.test(data.toString("latin1"))) link.kind = "messages";
      if (settings[link.kind].mode === "cut") return destroy(link);
      for (const one of losing) if (one.links === link.kind) one.link ??= link;
      keep(link, "toServer", data);
    });
    far.on("data", (data: Buffer) => {
      const lost = [...losing].find((one) => one.link === link);
      if (!lost) return keep(link, "toClient", data);
      kept += data.length;
      destroy(link);
      losing.delete(lost);
      lost.done();
    });
    const ended = () => {
      for (const one of losing) if (one.link === link) one.link = undefined;
      if (near.destroyed && far.destroyed) links.delete(link);
    };
    near.on("close", () => {
      link.toServer.end();
      ended();
    });
    far.on("close", () => {
      link.toClient.end();
      ended();
    });
  });

  function reset(only?: FaultLinks): void {
    for (const link of links) if (only === undefined || link.kind === only) destroy(link);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    host: "127.0.0.1",
    port: address.port,
    url: `redis://127.0.0.1:${address.port}`,
    set(mode, { way = "toClient", links: only, delay = [50, 50] }: FaultOptions = {}) {
      for (const kind of ["commands", "messages"] as const)
        if (only === undefined || kind === only) settings[kind] = { mode, way, delay };
      for (const one of losing) {
        if (only !== undefined && one.links !== only) continue;
        losing.delete(one);
        one.done();
      }
      if (mode === "cut") reset(only);
      for (const { toClient, toServer } of links) {
        toClient.pump();
        toServer.pump();
      }
    },
    reset,
    loseReply: (only = "commands") => new Promise((done) => losing.add({ links: only, done })),
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
