import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import pc from "picocolors";
import { showProgress } from "../progress";
import { openServer } from "../server";
import { barsOf } from "./bars";
import { callers, callsOfAll } from "./callers";
import { reachCollector } from "./collector";
import { findHandOver } from "./hand-over";
import { judge } from "./judge";
import type { ObservabilityOptions } from "./options";
import { drawPicture } from "./picture";
import { run, workers } from "./run";
import { listTally } from "./table";
import { tallyOf } from "./tally";
import { drawHandOver } from "./tree";

export interface ObservabilityDemo {
  readonly options: ObservabilityOptions;
  /** The program that calls `work`. */
  readonly worker: URL;
}

/** Plays the load and prints what telemetry says of it; returns whether that is true. */
export async function playLoad({ options, worker }: ObservabilityDemo, signal: AbortSignal): Promise<boolean> {
  const { redisUrl, calls, svg, otlp } = options;
  if (otlp) await reachCollector(otlp);
  // A hash tag keeps all keys of a demo in one slot. The id is a part of its own, so that a key template finds it.
  const prefix = `{distlock-demo:${randomUUID()}}`;
  await using server = await openServer(redisUrl, prefix);
  console.log(`${workers.length} processes of ${callers.length} callers each share locks in ${server.place}`);
  if (otlp) console.log(`their spans go to ${new URL(otlp).host}, too`);

  const progress = showProgress("the load", workers.length * callsOfAll(calls), "calls made");
  const request = { worker, redisUrl: server.url, prefix, rounds: calls, tracesUrl: otlp, signal };
  const reports = await run({ ...request, onCalled: progress.step }).finally(progress.stop);

  const [{ spans }] = reports as [(typeof reports)[number]];
  const rows = workers.flatMap((each) => callers.map(({ name }) => `${each} ${name}`));
  await writeFile(svg, await drawPicture(barsOf(spans), rows, "Who waited and who held: the spans of both processes"));
  const handOver = findHandOver(spans);
  const tally = tallyOf(reports);
  const { good, sentence } = judge(tally, handOver);
  if (handOver) console.log(`\n${drawHandOver(handOver, spans)}`);
  console.log(`\n${listTally(tally, workers)}\n\npicture: ${svg}\n`);
  console.log(good ? pc.green(sentence) : pc.red(sentence));
  return good;
}
