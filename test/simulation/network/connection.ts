import type { Random } from "../../faults/random";
import type { Engine } from "../engine/engine";
import { ARRIVAL, type Machine } from "../engine/machine";
import { between } from "../engine/random";
import type { Server } from "../server/server";
import { createLink, type Weather } from "./link";

/**
 * What a client does with a command that gets no reply because its connection is gone. A client "is silent" until it learns of the
 * loss: when it sends its next packet over a network that works again, or earlier.
 */
export type Manners = "is silent" | "rejects" | "sends again";

/** The longest silence, in ms. */
const SILENCE = 12_000;

export interface Client {
  readonly engine: Engine;
  readonly random: Random;
  readonly server: Server;
  readonly machine: Machine;
  readonly weather: Weather;
  readonly isOrdered: boolean;
  readonly manners: readonly Manners[];
  /** Whether a command is written in the next turn of the event loop. Otherwise it is written at once. */
  readonly writesLate: boolean;
  /** After how many ms a command without a reply is rejected. Its reply is then dropped. */
  readonly patience: number | undefined;
  /** Whether the commands of one turn arrive together. */
  readonly batches: boolean;
  /** For each command about which the client is silent: rejects it soon, once the client learns that the connection is gone. */
  readonly silent: Set<() => void>;
  /** Whether the faults are over: from then on a client soon learns that a connection is gone. */
  isHealed: boolean;
}

/** Sends a command. The server calls `run` once, more than once, or never. */
export type Exchange = <T>(verb: string, run: () => Promise<T>) => Promise<T>;

const AGAIN = 5;
const lost = (): Error => new Error("read ECONNRESET");
const timedOut = (): Error => Object.assign(new Error("the command timed out"), { name: "TimeoutError" });

/** One connection for commands. */
export function createConnection(client: Client): Exchange {
  const { engine, random, server, machine, weather } = client;
  const up = createLink(engine, random, weather, "up", client.isOrdered);
  const down = createLink(engine, random, weather, "down", client.isOrdered);
  /** When the commands of the present turn arrive. */
  let turn = -1;
  let arrival: number | undefined;

  function arrivalOfTurn(): number | undefined {
    if (!client.batches || turn !== engine.events) arrival = up(weather.loseRequest);
    turn = engine.events;
    return arrival;
  }

  return <T>(verb: string, run: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      let isSettled = false;
      let tries = 0;
      const here = (at: number, what: () => void) =>
        engine.at(at, machine, ARRIVAL, () => {
          if (isSettled) return;
          isSettled = true;
          what();
        });

      function fail(): void {
        if (isSettled) return;
        const how = random.pick(client.manners);
        const rejectAfter = (ms: number) => here(engine.now + ms, () => reject(lost()));
        if (how === "rejects" || tries > AGAIN) rejectAfter(between(random, 1, 400));
        else if (how === "is silent" && !client.isHealed) {
          client.silent.add(() => rejectAfter(between(random, 1, 400)));
          rejectAfter(between(random, 500, SILENCE));
        } else if (how === "is silent") rejectAfter(between(random, 1, 400));
        else engine.at(engine.now + between(random, 20, 400), machine, ARRIVAL, send);
      }

      function answer(settle: () => void): void {
        const at = down(weather.loseReply);
        if (at === undefined) fail();
        else here(at, settle);
      }

      function arrive(at: number, life: number): void {
        engine.at(at, server.machine, ARRIVAL, () => {
          const refusal = server.refusal?.(verb);
          if (life !== server.life || !server.isUp) fail();
          else if (refusal) answer(() => reject(refusal));
          else
            run().then(
              (reply) => (life === server.life ? answer(() => resolve(reply)) : fail()),
              (error) => answer(() => reject(error)),
            );
        });
      }

      function send(): void {
        if (isSettled) return;
        tries++;
        const at = tries === 1 ? arrivalOfTurn() : up(weather.loseRequest);
        if (at === undefined) fail();
        else arrive(at, server.life);
        if (weather.double > 0 && random.chance(weather.double))
          arrive(engine.now + between(random, 0, weather.late), server.life);
      }

      if (client.patience !== undefined) here(engine.now + client.patience, () => reject(timedOut()));
      // The client has the command in a microtask, as a batch does.
      if (client.writesLate) queueMicrotask(() => machine.clock.immediate(send));
      else send();
    });
}
