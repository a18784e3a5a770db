import { constants } from "node:os";
import { explain } from "./explain";
import { parseOptions } from "./options";
import { showProgress } from "./progress";
import { faultCount, type RoundResult, runRound } from "./round";

/** Round by round, until the time is over or something is wrong. */
const { seed: first, minutes, bare } = parseOptions(process.argv.slice(2));

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // The servers and the workers die with this process.
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

const began = performance.now();
const whole = minutes * 60_000;
const progress = showProgress();
let grants = 0;
let failure: string | undefined;
let seed = first;
for (; ; seed++) {
  let faults = 0;
  const result: RoundResult = await runRound({
    seed,
    bare,
    onFault: (name) => {
      faults++;
      const part = whole > 0 ? (performance.now() - began) / whole : faults / faultCount;
      progress.step(part, `seed ${seed}: ${name}`);
    },
  });
  grants += result.counts.granted ?? 0;
  progress.line(`seed ${seed}: ${faults} faults, ${result.counts.granted ?? 0} grants`);
  if (result.violations.length > 0) failure = explain(result, seed);
  if (failure !== undefined || performance.now() - began >= whole) break;
}
progress.stop();
if (failure === undefined)
  console.log(`${seed - first + 1} rounds from seed ${first} on, ${grants} grants: every promise was kept.`);
else {
  const again = `npx -y pnpm@10.34.9 faults -- --seed ${seed} --minutes 0${bare ? " --bare" : ""}`;
  console.error(`${failure}\nPlay it again: ${again}`);
}
// A client that was connecting when its server was killed may not end by itself.
process.exit(failure === undefined ? 0 : 1);
