import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The lanes of the tests, the fastest first. Each test file is in one of them: see `laneOf`. */
export const lanes = ["unit", "redis", "model", "topology", "slow"] as const;
export type Lane = (typeof lanes)[number];

/** The lanes of `pnpm test`. `pnpm test:all` runs all lanes. */
export const quickLanes: readonly Lane[] = ["unit", "redis", "model"];

/** The lanes whose files share processes, since to load the clients anew for each file costs more than most files. */
export const sharing: readonly Lane[] = ["unit", "redis"];

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What takes long: demos, frameworks, rounds of faults, and what only many repetitions or many processes show. */
const slow = [
  "packages/cli/test/contract.test.ts",
  "packages/cli/test/doctor/server.test.ts",
  "packages/cli/test/ls.test.ts",
  "packages/cli/test/many-keys.test.ts",
  "packages/cli/test/run-lost.test.ts",
  "packages/cli/test/run-many.test.ts",
  "packages/cli/test/run-signals.test.ts",
  "packages/cli/test/run-terminal.test.ts",
  "packages/cli/test/terminal.test.ts",
  "packages/cli/test/watch.test.ts",
  "packages/memory/test/frameworks/",
  "packages/memory/test/store/conversation-life.test.ts",
  "packages/memory/test/store/reading.test.ts",
  "test/faults/round.test.ts",
  "test/holding/cycles.test.ts",
  "test/holding/ending.test.ts",
  "test/holding/hand-over.test.ts",
  "test/holding/many.test.ts",
  "test/locking/exclusion-of-clients.test.ts",
  "test/locking/few-rights.test.ts",
  "test/memory/turn-outages.test.ts",
  "test/memory/turn-runs.test.ts",
  "test/model/random-runs.test.ts",
  "test/repository/demos/",
  "test/repository/docs-frameworks.test.ts",
  "test/repository/pinned-clients.test.ts",
  "test/simulation/coverage.test.ts",
  "test/simulation/mutants.test.ts",
  "test/waiting/stalled-waits.test.ts",
];

/** Starts no server, but packs and compiles for longer than a unit test may take. */
const packing = "test/repository/packaging.test.ts";

/** The functions of @distlock/testing that start a process. */
const starts = /^start(Redis|Sentinel|Cluster|Worker|FaultProxy)$/;

const importing = /(?:^|\n)(?:import|export)\s(?:([^;"]*?)\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g;

/** The names that a file takes from @distlock/testing, and the files that it imports. */
interface Imports {
  readonly names: readonly string[];
  readonly files: readonly string[];
}

const known = new Map<string, Imports>();

function importsOf(file: string): Imports {
  const imports = known.get(file) ?? readImports(file);
  known.set(file, imports);
  return imports;
}

function readImports(file: string): Imports {
  const names: string[] = [];
  const files: string[] = [];
  for (const [, list = "", from, loaded] of readFileSync(file, "utf8").matchAll(importing)) {
    const specifier = from ?? loaded!;
    if (specifier === "@distlock/testing") names.push(...(list.match(/\w+/g) ?? []));
    if (!specifier.startsWith(".")) continue;
    const path = resolve(dirname(file), specifier);
    const found = [path, `${path}.ts`, join(path, "index.ts")].find((each) => /\.ts$/.test(each) && existsSync(each));
    if (found !== undefined) files.push(found);
  }
  return { names, files };
}

/** A file and all that it imports, however far, by their whole paths. */
export function filesOf(file: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [join(root, file)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...importsOf(next).files);
  }
  return seen;
}

/** Whether a test file is this file, or imports it. */
export const uses = (test: string, file: string): boolean => filesOf(test).has(join(root, file));

/** The functions with which a file, or one that it imports, starts processes. */
export const startsOf = (file: string): readonly string[] =>
  [...filesOf(file)].flatMap((each) => importsOf(each).names.filter((name) => starts.test(name)));

/**
 * By what a test starts: nothing, one server, a Sentinel or a Cluster; or by its name, if it is about several nodes, takes long,
 * or runs the sources of the core with other times than its own.
 */
export function laneOf(file: string): Lane {
  if (slow.some((start) => file.startsWith(start))) return "slow";
  if (file.startsWith("test/model/")) return "model";
  const started = startsOf(file);
  if (started.length === 0) return file === packing ? "redis" : "unit";
  return file.startsWith("test/topology/") || started.includes("startSentinel") || started.includes("startCluster")
    ? "topology"
    : "redis";
}

const isTest = (name: string): boolean => name.endsWith(".test.ts") && !name.endsWith(".node22.test.ts");

const testsIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : testsIn(path);
    return isTest(entry.name) ? [path] : [];
  });

/** All test files but those that need Node 22. */
export const testFiles: readonly string[] = [
  ...testsIn("test"),
  ...readdirSync(join(root, "packages")).flatMap((name) => {
    const folder = `packages/${name}/test`;
    return existsSync(join(root, folder)) ? testsIn(folder) : [];
  }),
].sort();

/** The test files of a lane, by their paths in the repository. */
export const testFilesOf = (lane: Lane): string[] => testFiles.filter((file) => laneOf(file) === lane);
