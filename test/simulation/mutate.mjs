import { hunt } from "./mutant.mjs";
import { simulated } from "./mutations.mjs";

const SECONDS = 60;
const help = `node test/simulation/mutate.mjs [part of a name]

Breaks the locker or the in-process driver on purpose, one mutation at a time, and simulates for up to ${SECONDS} s until a promise is
broken: all scenarios in turn. found.mjs names the scenario and the seed that found each mutation last. The files are not changed. The exit code is 1 if a mutation survives.`;

const [part = ""] = process.argv.slice(2);
if (part === "--help" || part === "-h") console.log(help);
else {
  const names = Object.keys(simulated).filter((name) => name.includes(part));
  let survivors = 0;
  for (const name of names) {
    const start = performance.now();
    const found = await hunt(simulated[name], SECONDS);
    const seconds = `${((performance.now() - start) / 1_000).toFixed(0)} s`;
    if (!found) survivors++;
    console.log(
      `${name}: ${found ? `caught ${seconds}: ${found.scenario} ${found.seed}: ${found.why}` : `SURVIVED ${seconds}`}`,
    );
  }
  console.log(`\n${names.length - survivors} of ${names.length} mutations caught`);
  process.exitCode = survivors > 0 ? 1 : 0;
}
