import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { memoryMutations } from "./memory-mutations.mjs";
import { mutations as coreMutations } from "./mutations.mjs";

const mutations = { ...coreMutations, ...memoryMutations };

const help = `node test/model/mutate.mjs [part of a name]

Breaks the queue, and the store of the memory, on purpose, one rule at a time, and runs the tests that must fail each time. For
the queue these are the model's tests: first its scenarios, then its random runs. Without any change the tests must pass; that is
checked first. The files stay as they are: the change is made while the tests load them. The packages must have been built.

  node test/model/mutate.mjs               all ${Object.keys(mutations).length} mutations (test/model/*mutations.mjs)
  node test/model/mutate.mjs heartbeat     the mutations with such a name; "store" finds some of the memory

Ends with 1 if a mutation survives. REDIS_SERVER chooses the server, MODEL_RUNS the number of random runs.`;

const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const isTerminal = process.stdout.isTTY;

const randomRuns = ["test/model/random-runs.test.ts"];
/** Compares the in-process driver with the scripts: a difference says nothing about what the model sees. */
const agreement = "test/model/agreement.test.ts";
const scenarios = readdirSync(join(root, "test/model"))
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/model/${name}`)
  .filter((file) => file !== agreement && !randomRuns.includes(file));

/** Runs the tests whose names begin so, on the source with the mutation. Returns the title of the first test that failed, or nothing if all passed. */
async function failureOf(mutation, files) {
  const args = [
    "run",
    "--config",
    "test/model/mutant.mjs",
    "--bail=1",
    "--no-color",
    "--no-file-parallelism",
    ...files,
  ];
  const child = spawn(process.execPath, [vitest, ...args], {
    cwd: root,
    env: { ...process.env, ...(mutation !== undefined && { MUTATION: mutation }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (printed += data));
  const [code] = await once(child, "close");
  if (code === 0) return undefined;
  const failed = printed.match(/^ FAIL {2}\S+ > (.*)$/m);
  // Anything but a failed test says nothing about the mutation.
  if (!failed) throw new Error(`the tests did not run:\n${printed}`);
  return failed[1].replace(/ \(MODEL_SEED.*/, "");
}

async function main() {
  const [part = ""] = process.argv.slice(2);
  if (part === "--help" || part === "-h") {
    console.log(help);
    return 0;
  }
  const names = Object.keys(mutations).filter((name) => name.includes(part));
  if (names.length === 0) {
    console.error(`no mutation has a name with ${JSON.stringify(part)}`);
    return 2;
  }
  const runs = names.map((name) => (mutations[name].tests ? [mutations[name].tests] : [scenarios, randomRuns]));
  const wrong = await failureOf(undefined, [...new Set(runs.flat(2))]);
  if (wrong !== undefined) {
    console.error(`the source as it is already fails: ${wrong}`);
    return 1;
  }
  console.log("the source as it is: passes");
  const survivors = [];
  for (const [i, name] of names.entries()) {
    const title = `${String(i + 1).padStart(String(names.length).length)}/${names.length} ${name}`;
    if (isTerminal) process.stdout.write(`${title} …`);
    const start = performance.now();
    let failure;
    for (const files of runs[i]) failure ??= await failureOf(name, files);
    const seconds = `${((performance.now() - start) / 1_000).toFixed(0)} s`;
    const result =
      failure === undefined ? `SURVIVED ${seconds} (${mutations[name].rule})` : `caught ${seconds}: ${failure}`;
    console.log(`${isTerminal ? "\r" : ""}${title}: ${result}`);
    if (failure === undefined) survivors.push(name);
  }
  console.log(`\n${names.length - survivors.length} of ${names.length} mutations caught`);
  for (const name of survivors) console.log(`  survived: ${name}: ${mutations[name].rule}`);
  return survivors.length > 0 ? 1 : 0;
}

process.exitCode = await main();
