import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { findRedisServer, startRedis } from "@distlock/testing";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { connect } from "./contestants";
import { measure } from "./measure";

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be an integer, 1 or more.");
  return value;
};

const options = new Command("bench")
  .description("Measures acquire and release of a free key beside the bare SET NX PX and release script.")
  .option("--rounds <count>", "rounds of each contestant", count, 9)
  .option("--cycles <count>", "cycles of a round", count, 4_000)
  .option("--save", "write the numbers to bench/results/cycle.json", false)
  .parse()
  .opts<{ rounds: number; cycles: number; save: boolean }>();

const server = await startRedis();
const { contestants, close } = await connect(server.url);
try {
  const results: Record<string, unknown> = {};
  for (const parallel of [1, 64]) {
    const title = parallel === 1 ? "one after the other" : `${parallel} at once, on different keys`;
    const figures = await measure(contestants, { ...options, parallel }, (done) =>
      process.stderr.write(`\r${title}: ${Math.round(done * 100)} % `),
    );
    process.stderr.write("\n");
    const table = new Table({ head: [title, "cycles/s", "of bare"], style: { head: [], border: [] } });
    for (const { name, median, ofBare } of figures) table.push([name, median, ofBare.toFixed(2)]);
    console.log(table.toString());
    results[title] = figures;
  }
  if (options.save) {
    const folder = fileURLToPath(new URL("../results", import.meta.url));
    const version = execFileSync(findRedisServer(), ["--version"], { encoding: "utf8" }).split(" sha=")[0];
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, server: version };
    mkdirSync(folder, { recursive: true });
    const record = { date: new Date().toISOString(), machine, options, results };
    writeFileSync(`${folder}/cycle.json`, `${JSON.stringify(record, null, 2)}\n`);
  }
} finally {
  close();
  await server.stop();
}
