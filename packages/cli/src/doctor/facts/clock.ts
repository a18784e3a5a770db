import type { Node } from "../../connection/clients";
import type { Ask } from "./ask";
import type { Reading } from "./facts";

const SAMPLES = 5;

/** The clock of a node beside ours, and the median round trip. */
export interface Timing {
  readonly clock: Reading | undefined;
  readonly roundTrip: number;
}

/** Reads the clock of a node some times. The reading with the shortest round trip is the most exact one. */
export async function timingOf(ask: Ask, node: Node): Promise<Timing> {
  const readings: Reading[] = [];
  const trips: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const [before, start] = [Date.now(), performance.now()];
    const answer = await ask(node, "TIME");
    const trip = performance.now() - start;
    trips.push(trip);
    if ("refusal" in answer) continue;
    const [seconds, micros] = answer.reply as [string, string];
    const theirs = Number(seconds) * 1_000 + Number(micros) / 1_000;
    // Our clock counts in whole ms.
    readings.push({ ahead: theirs - (before + trip / 2), error: trip / 2 + 1 });
  }
  const [clock] = readings.sort((a, b) => a.error - b.error);
  return { clock, roundTrip: trips.sort((a, b) => a - b)[SAMPLES >> 1]! };
}
