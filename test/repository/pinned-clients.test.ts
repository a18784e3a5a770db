import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { blocks } from "./doc-blocks";
import { pack, root, run } from "./tarballs";

const require = createRequire(import.meta.url);
const pins = [
  ["ioredis", "5.3.2"],
  ["ioredis", "5.10.0"],
  ["ioredis", "6.0.0"],
  ["redis", "4.6.0"],
  ["redis", "5.0.0"],
  ["redis", "5.8.0"],
  ["redis", "6.0.0"],
] as const;

/** `npm install` as by default, whatever the settings of this machine and of the program that runs the tests are. */
const env = {
  ...process.env,
  npm_config_force: "false",
  npm_config_legacy_peer_deps: "false",
  npm_config_strict_peer_deps: "false",
  npm_config_prefer_offline: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
};

const readme = (await blocks()).filter(({ name }) => name.startsWith("README-"));

/** How many installations run at a time, beside whatever else is tested. */
const LANES = 2;

// An application that pins its client installs all packages. Needs npm's registry, or a cache that has the clients.

const folder = await mkdtemp(join(tmpdir(), "distlock-pinned-"));
const packed = pack(folder);

afterAll(() => rm(folder, { recursive: true, force: true }));

const homeOf = (client: string, version: string) => join(folder, `${client}-${version}`);

async function install(client: string, version: string): Promise<string> {
  const home = homeOf(client, version);
  await mkdir(home);
  await writeFile(join(home, "package.json"), JSON.stringify({ dependencies: { [client]: version } }));
  return run(home, "npm", ["install", ...(await packed).map(({ filename }) => filename)], env);
}

// They begin now, and the tests of other things go on meanwhile.
const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => packed);
const installs = pins.map(([client, version], i) => {
  const installed = lanes[i % LANES]!.then(() => install(client, version));
  lanes[i % LANES] = installed.catch(() => {}); // the test of this client reports it
  return { client, version, installed };
});

/** The blocks of the README that use the client. */
const programs = pins.flatMap(([client, version]) =>
  readme
    .filter(({ text }) => text.includes(`from "${client}"`))
    .map(({ name, text }) => ({ file: join(homeOf(client, version), name.replace(".ts", ".mts")), text })),
);

test.for(installs)(
  "all packages install beside $client $version, which stays as it is",
  async ({ client, version, installed }) => {
    await installed;
    const json = async (path: string) => JSON.parse(await readFile(join(homeOf(client, version), path), "utf8"));
    expect((await json("package.json")).dependencies[client]).toBe(version);
    const { packages } = await json("package-lock.json");
    const copies = Object.keys(packages).filter((path) => path.endsWith(`node_modules/${client}`));
    expect(copies.map((path) => packages[path].version)).toEqual([version]);
  },
);

describe("the programs of the README", () => {
  test("compile, with each of the clients", async () => {
    expect(programs.length).toBeGreaterThanOrEqual(pins.length);
    await Promise.all(programs.map(({ file, text }) => writeFile(file, text)));
    const settings = ["--module", "nodenext", "--target", "es2023", "--strict", "--exactOptionalPropertyTypes"];
    const types = ["--skipLibCheck", "--types", "node", "--typeRoots", join(root, "node_modules/@types")];
    const files = programs.map(({ file }) => file);
    await run(folder, process.execPath, [require.resolve("typescript/bin/tsc"), ...settings, ...types, ...files]);
  });

  const compiled = programs.map(({ file }) => file.slice(folder.length + 1).replace(".mts", ".mjs"));
  test.concurrent.for(compiled)("%s runs", async (file) => {
    const server = await startRedis();
    try {
      expect(await run(folder, process.execPath, [file], { ...env, REDIS_URL: server.url })).not.toBe("");
    } finally {
      await server.stop();
    }
  });
});
