import { mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { luaForEsbuild } from "../../../lua-script";

const from = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** What the core's files for observers export, as they would be in a library without observers. */
const stubs: Readonly<Record<string, string>> = {
  observed: `export const isObserved = () => false;
    export const begin = () => ({ run: (work) => work(), end() {} });
    export const observed = (operation, work) => work();
    export const isFailure = () => true;
    export const noteOutcome = () => {};`,
  facts: `export const isReported = () => false;
    export const report = () => {};
    export const reportBroken = () => {};
    export const warn = (error) => process.emitWarning(error.message);`,
  through: `export const background = (work) => work();
    export const within = (operation, work) => work();`,
};

const withoutObservers: Plugin = {
  name: "without-observers",
  setup({ onLoad }) {
    onLoad({ filter: /core\/src\/driver\/observe\/(observed|facts|through)\.ts$/ }, ({ path }) => ({
      contents: stubs[/(\w+)\.ts$/.exec(path)![1]!]!,
      loader: "js",
    }));
  },
};

export interface ObservingBuild {
  readonly worker: URL;
  remove(): Promise<void>;
}

/** Builds the worker with the library's sources, with observers or without them. */
export async function buildObserving(hasObservers: boolean): Promise<ObservingBuild> {
  // Inside the package, so that the worker finds the clients.
  const folder = await mkdtemp(from("bench/.observing-"));
  const file = `${folder}/worker.mjs`;
  await build({
    entryPoints: [from("bench/src/worker/observing-worker.ts")],
    outfile: file,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["ioredis", "redis", "@opentelemetry/*"],
    alias: {
      "@distlock/core/driver": from("packages/core/src/for-drivers.ts"),
      "@distlock/core": from("packages/core/src/index.ts"),
      "@distlock/ioredis": from("packages/ioredis/src/index.ts"),
      "@distlock/node-redis": from("packages/node-redis/src/index.ts"),
      "@distlock/otel": from("packages/otel/src/index.ts"),
    },
    plugins: [luaForEsbuild, ...(hasObservers ? [] : [withoutObservers])],
  });
  return { worker: new URL(`file://${file}`), remove: () => rm(folder, { recursive: true, force: true }) };
}
