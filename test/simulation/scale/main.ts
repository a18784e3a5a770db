import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { showProgress } from "../../faults/progress";
import { quiet } from "../quiet";
import { measure } from "./measure";
import { draw } from "./picture";
import type { Recovery } from "./recovery";
import { merged, onPage, type Result, rounded, type SizeName, sizes } from "./result";
import type { Calm, Size } from "./scene";
import { nameOf, tablesOf, withTables } from "./tables";

const SEED = 1;
const folder = new URL("../../../docs/internals/", import.meta.url);
const inFolder = (name: string) => new URL(name, folder);

const program = new Command("scale")
  .description(
    "Simulates 10 to 10,000 processes on one key, and 1,000 processes on 10,000 keys, without a failure and with failures of " +
      "the server. Writes the numbers, the tables and the picture of docs/internals/scale.md. The same code makes the same numbers.",
  )
  .addOption(
    new Option("--only <sizes...>", "measure only these, and keep the other numbers").choices(Object.keys(sizes)),
  )
  .option("--print", "print the tables, and write nothing", false);
const args = process.argv.slice(2);
// `pnpm scale -- --print` passes the "--" on to this program.
const options = program
  .parse(args[0] === "--" ? args.slice(1) : args, { from: "user" })
  .opts<{ only?: SizeName[]; print: boolean }>();

quiet();
const names = options.only ?? onPage;
const progress = showProgress();
const began = performance.now();
const calms: Calm[] = [];
const recoveries: (Recovery & Size)[] = [];
for (const [i, name] of names.entries()) {
  const size = sizes[name];
  const measured = await measure(SEED, size, (what) =>
    progress.line(`${nameOf(size)}, ${what}: done after ${((performance.now() - began) / 1_000).toFixed(0)} s`),
  );
  progress.step((i + 1) / names.length, nameOf(size));
  calms.push(measured.calm);
  recoveries.push(...measured.recoveries);
}
progress.stop();

const isThere = existsSync(inFolder("scale.json"));
const known =
  options.only && isThere ? (JSON.parse(readFileSync(inFolder("scale.json"), "utf8")) as Result) : undefined;
const result: Result = rounded({
  command: "pnpm scale",
  seed: SEED,
  calm: merged(known?.calm ?? [], calms),
  recoveries: merged(known?.recoveries ?? [], recoveries),
});
for (const text of Object.values(tablesOf(result))) console.log(`\n${text}`);
if (!options.print) {
  writeFileSync(inFolder("scale.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(inFolder("scale.svg"), await draw(result));
  writeFileSync(inFolder("scale.md"), withTables(readFileSync(inFolder("scale.md"), "utf8"), result));
}
