import { connect, type Socket } from "node:net";
import type { FaultLinks, FaultSettings, Way } from "./fault-settings";
import type { LostReplies } from "./lost-replies";
import { createPipe } from "./pipe";

/** One connection of a client, and the one to the server that belongs to it. */
export interface FaultLink {
  kind: FaultLinks;
  /** Reads the settings again, which may have changed. */
  pump(): void;
  /** Resets both connections. */
  destroy(): void;
}

/** The state that the connections of a proxy share. */
export interface FaultLinkContext {
  readonly settings: FaultSettings;
  readonly lost: LostReplies<FaultLink>;
  /** Called with the number of bytes that were dropped, lost, or held. */
  count(bytes: number): void;
  /** Both connections are gone. */
  ended(link: FaultLink): void;
}

/** A client writes it in one piece: it is short. */
const SUBSCRIBE = /\r\n[SP]?SUBSCRIBE\r\n/i;

/** Connects a client to the server on 127.0.0.1. */
export function openFaultLink(near: Socket, port: number, context: FaultLinkContext): FaultLink {
  const { settings, lost, count } = context;
  const far = connect(port, "127.0.0.1");
  for (const socket of [near, far]) socket.on("error", () => {});

  const pipe = (to: Socket, way: Way) =>
    createPipe(
      to,
      () => settings.passage(link.kind, way),
      () => settings.delay(link.kind),
    );
  const pipes = { toClient: pipe(near, "toClient"), toServer: pipe(far, "toServer") };

  const link: FaultLink = {
    kind: "commands",
    pump() {
      pipes.toClient.pump();
      pipes.toServer.pump();
    },
    destroy() {
      near.resetAndDestroy();
      far.destroy();
    },
  };

  function push(way: Way, data: Buffer): void {
    if (["hold", "drop"].includes(settings.passage(link.kind, way))) count(data.length);
    pipes[way].push(data);
  }

  function ended(way: Way): void {
    pipes[way].end();
    lost.ended(link);
    if (near.destroyed && far.destroyed) context.ended(link);
  }

  near.on("data", (data: Buffer) => {
    if (SUBSCRIBE.test(data.toString("latin1"))) link.kind = "messages";
    if (settings.isCut(link.kind)) return link.destroy();
    lost.sent(link);
    push("toServer", data);
  });
  far.on("data", (data: Buffer) => {
    if (!lost.take(link)) return push("toClient", data);
    count(data.length);
    link.destroy();
  });
  near.on("close", () => ended("toServer"));
  far.on("close", () => ended("toClient"));
  return link;
}
