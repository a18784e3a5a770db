import { mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { publint } from "publint";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pack, root, run, type Tarball } from "./tarballs";

const cli = join(root, "packages/cli");
const { bin, dependencies, man } = JSON.parse(await readFile(join(cli, "package.json"), "utf8"));
const own = ["cli", "core", "node-redis"];

const folder = await mkdtemp(join(tmpdir(), "distlock-packed-cli-"));
const home = join(folder, "home");
let tarballs: readonly Tarball[];
const tarballOf = (name: string) => tarballs.find((each) => each.name === `@distlock/${name}`)!;

beforeAll(async () => {
  tarballs = await pack(folder, own);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const built = async () => (await readdir(join(cli, "dist"))).map((name) => `dist/${name}`);

test("ships the built files, a README and the license, and what it names is among them", async () => {
  const files = tarballOf("cli").files.map(({ path }) => path);
  expect(files.sort()).toEqual(["LICENSE", "README.md", "package.json", ...(await built())].sort());
  expect(files).toEqual(expect.arrayContaining([bin.distlock.replace("./", ""), man.replace("./", "")]));
});

test("publint finds nothing", async () => {
  const { buffer: tarball } = Uint8Array.from(await readFile(tarballOf("cli").filename));
  const { messages } = await publint({ pack: { tarball }, strict: true });
  expect(messages).toEqual([]);
});

/** What a built file imports when it is loaded. */
const importsOf = (text: string): string[] =>
  [...text.matchAll(/^(?:import .+ |\} )from ["']([^"']+)["'];$|^import ["']([^"']+)["'];$/gm)].map(
    (m) => m[1] ?? m[2]!,
  );

/** The packages among these, without the modules of Node. */
const packagesOf = (imports: readonly string[]): string[] => {
  const foreign = imports.filter((from) => !/^(node:|\.)/.test(from));
  return [...new Set(foreign.map((from) => /^(?:@[^/]+\/)?[^/]+/.exec(from)![0]))].sort();
};

const codeOf = (path: string) => readFile(join(cli, "dist", path), "utf8");

test("depends on what it imports, and has no trace of the folder that it was built in", async () => {
  const scripts = (await readdir(join(cli, "dist"))).filter((path) => path.endsWith(".js"));
  const code = await Promise.all(scripts.map(codeOf));
  expect(packagesOf(code.flatMap(importsOf))).toEqual(Object.keys(dependencies).sort());
  for (const text of code) {
    expect(text).not.toMatch(/file:\/\/|sourceMappingURL/);
    expect(text.includes(root.slice(0, -1))).toBe(false);
  }
});

test("starts with commander alone: a command loads what it needs when it runs", async () => {
  const [loaded, foreign] = [new Set<string>(), [] as string[]];
  const waiting = ["main.js"];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    const imports = importsOf(await codeOf(next));
    foreign.push(...imports);
    waiting.push(...imports.filter((from) => from.startsWith("./")));
  }
  expect(packagesOf(foreign)).toEqual(["commander"]);
});

test("installed in an empty folder, npx runs it on a real server", async () => {
  const others = Object.keys(dependencies).filter((name) => !name.startsWith("@distlock/"));
  const installed = await Promise.all(others.map((name) => realpath(join(cli, "node_modules", name))));
  const wanted = [...own.map((name) => tarballOf(name).filename), ...installed];
  await run(root, "mkdir", [home]);
  await run(home, "npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", ...wanted]);
  const npx = (...args: string[]) => run(home, "npx", ["--offline", "distlock", ...args]);
  expect(await npx("--help")).toMatch(/^Usage: distlock /);

  const server = await startRedis();
  const client = new Redis(server.url);
  try {
    const lock = await createLocker(ioredisDriver(client)).acquire("key", { label: "a holder" });
    const printed = JSON.parse(await npx("inspect", "key", "--json", "--url", server.url));
    expect(printed).toMatchObject({ key: "key", held: true, fence: lock.fence, holder: { label: "a holder" } });
    await lock.release();
  } finally {
    client.disconnect();
    await server.stop();
  }
});
