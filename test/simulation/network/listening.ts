import type { Listener } from "../../../packages/core/src/driver/driver-queue";
import { ARRIVAL } from "../engine/machine";
import { between } from "../engine/random";
import type { Client } from "./connection";
import { createLink } from "./link";

/** The connections on which a process listens. */
export interface Listening {
  listen(inbox: string, listener: Listener, signal: AbortSignal): Promise<() => Promise<void>>;
  /** Breaks all connections. The process is notified. */
  cut(): void;
  /** The network forgets the connections: they stay open, but no message arrives any more. Returns whether there was one. */
  deafen(): boolean;
  /** Ends all connections of a process that is gone. The server is notified. */
  vanish(): void;
}

export function createListening(client: Client): Listening {
  const { engine, random, server, machine, weather } = client;
  const open = new Map<string, { readonly at: Listener; isDeaf: boolean; end(): void }>();

  /** Runs at the server, which then forgets the listener. */
  function forget(inbox: string, at: Listener): void {
    if (server.memory.inboxes.get(inbox) === at) server.memory.inboxes.delete(inbox);
  }

  function pushed(deliver: () => void): void {
    if (weather.isDeaf) return;
    const soonest = push(weather.losePush);
    if (soonest === undefined) return;
    const at = soonest + between(random, ...weather.latePush);
    engine.at(at, machine, ARRIVAL, deliver);
    if (weather.double > 0 && random.chance(weather.double))
      engine.at(at + between(random, 0, weather.late), machine, ARRIVAL, deliver);
  }

  const push = createLink(engine, random, weather, "down", client.isOrdered);
  const up = createLink(engine, random, weather, "up", client.isOrdered);
  const soon = () => engine.now + between(random, ...weather.delay);

  return {
    listen: (inbox, listener, signal) =>
      new Promise((resolve, reject) => {
        const refused = () => engine.at(soon(), machine, ARRIVAL, () => reject(new Error("connect ECONNREFUSED")));
        signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        const at = up(weather.loseRequest);
        if (at === undefined) {
          refused();
          return;
        }
        engine.at(at, server.machine, ARRIVAL, () => {
          if (!server.isUp || server.refusal?.("listen")) refused();
          else subscribed(inbox, listener, resolve);
        });
      }),

    cut() {
      for (const { end } of [...open.values()]) end();
    },

    deafen() {
      for (const one of open.values()) one.isDeaf = true;
      return open.size > 0;
    },

    vanish() {
      for (const [inbox, { at }] of open) engine.at(soon(), server.machine, ARRIVAL, () => forget(inbox, at));
      open.clear();
    },
  };

  function subscribed(inbox: string, listener: Listener, resolve: (close: () => Promise<void>) => void): void {
    const at: Listener = {
      granted: (...grant) => one.isDeaf || pushed(() => listener.granted(...grant)),
      forcedOut: (...holder) => one.isDeaf || pushed(() => listener.forcedOut(...holder)),
      ended() {},
    };
    let isOpen = true;
    const one = {
      at,
      isDeaf: false,
      end() {
        if (!isOpen) return;
        isOpen = false;
        open.delete(inbox);
        forget(inbox, at);
        engine.at(soon(), machine, ARRIVAL, () => listener.ended());
      },
    };
    server.memory.inboxes.set(inbox, at);
    open.set(inbox, one);
    const close = async () => {
      isOpen = false;
      if (open.get(inbox) === one) open.delete(inbox);
      engine.at(soon(), server.machine, ARRIVAL, () => forget(inbox, at));
    };
    engine.at(soon(), machine, ARRIVAL, () => resolve(close));
  }
}
