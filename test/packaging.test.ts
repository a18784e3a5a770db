import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startRedis } from "@distlock/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const SLOW = 120_000;
const packages = ["core", "ioredis", "memory", "node-redis", "otel", "testing"];
/** What entries of a package have in common. */
const isChunk = (path: string) => /^dist\/[\w-]+-[\w-]{8}\.(c?js|d\.c?ts)$/.test(path);

/** Resolves with what the program printed, or rejects with it. */
const run = (cwd: string, program: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(program, args, { cwd }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(stdout),
    );
  });

const folder = await mkdtemp(join(tmpdir(), "distlock-packaging-"));
const tarballs = new Map<string, { filename: string; files: { path: string }[] }>();

beforeAll(async () => {
  const pack = ["-r", "--filter", "./packages/*", "pack", "--json", "--pack-destination", folder];
  for (const each of JSON.parse(await run(root, "pnpm", ...pack))) tarballs.set(each.name, each);
}, SLOW);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.for(packages)("%s", (name) => {
  const at = (path: string) => readFile(join(root, "packages", name, path), "utf8");

  const shipped = () => tarballs.get(`@distlock/${name}`)!.files.map(({ path }) => path);
  const built = () => shipped().filter((path) => path.startsWith("dist/"));

  test("ships what it exports and was built, a README and the license", async () => {
    const { exports } = JSON.parse(await at("package.json"));
    const targets = [...JSON.stringify(exports).matchAll(/"\.\/(dist\/[^"]+)"/g)].map(([, path]) => path!);
    expect(targets).toEqual(
      expect.arrayContaining(["dist/index.cjs", "dist/index.d.cts", "dist/index.d.ts", "dist/index.js"]),
    );
    expect(
      shipped()
        .filter((path) => !isChunk(path))
        .sort(),
    ).toEqual(["LICENSE", "README.md", ...targets, "package.json"].toSorted());
  });

  test("depends on core alone, and needs a peer only if it imports it", async () => {
    const {
      dependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = JSON.parse(await at("package.json"));
    expect(dependencies).toEqual(name === "core" ? {} : { "@distlock/core": "workspace:^" });
    const code = (await Promise.all(built().map(at))).join("\n");
    const imports = new Set(
      [...code.matchAll(/^import .*from ['"](.+)['"]|require\(['"](.+)['"]\)/gm)].map((m) => m[1] ?? m[2]!),
    );
    const optional = (peer: string) => peerDependenciesMeta[peer]?.optional === true;
    const required = Object.keys(peerDependencies).filter((peer) => !optional(peer));
    const foreign = [...imports].filter((from) => !/^(node:|\.)/.test(from) && from !== "@distlock/core");
    expect(foreign).toEqual(required);
  });

  test("has no trace of the folder that it was built in", async () => {
    for (const path of built()) expect(await at(path), path).not.toMatch(/node_modules|file:\/\/|sourceMappingURL/);
    for (const path of built()) expect((await at(path)).includes(root.slice(0, -1)), path).toBe(false);
  });
});

/** What each package is proved with, besides a lock in this process; `pkg` is the package. */
const proofs: Record<string, string> = {
  core: 'assert.ok(pkg.LockError.is(new pkg.LockLostError("key", "why")));',
  ioredis: `// @ts-expect-error: no client
  assert.throws(() => pkg.ioredisDriver({ status: "ready" }), TypeError);`,
  memory: "assert.deepEqual(await new pkg.InProcessMemory().load(), []);",
  "node-redis": `// @ts-expect-error: no client
  assert.throws(() => pkg.nodeRedisDriver({ isOpen: true }), TypeError);`,
  testing: 'assert.equal(typeof pkg.startRedis, "function");',
};

type Load = (variable: string, from: string) => string;

const asImport: Load = (variable, from) =>
  from.startsWith("node:") ? `import ${variable} from "${from}"` : `import * as ${variable} from "${from}"`;
const asRequire: Load = (variable, from) => `const ${variable} = require("${from}")`;
const asImportRequire: Load = (variable, from) => `import ${variable} = require("${from}")`;

const program = (name: string, load: Load) => `
${load("assert", "node:assert")};
${load("core", "@distlock/core")};
${load("pkg", `@distlock/${name}`)};

async function main() {
  const locker = core.createLocker(core.inProcessDriver(), { timeout: 0 });
  const lock = await locker.acquire("key", { ttl: 1_000 });
  assert.ok(lock.isHeld && !lock.signal.aborted && lock.fence > 0 && lock[Symbol.asyncDispose]);
  await assert.rejects(locker.acquire("key"), core.LockNotAcquiredError);
  await lock.release();
  assert.equal((await locker.inspect("key")).held, false);
  ${proofs[name]}
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;

/** How each adapter gets a real client of `library`, which is none of the packages in the folder. */
const clients = {
  ioredis: { from: "ioredis-6", open: "pkg.ioredisDriver(new library.Redis(url))" },
  "node-redis": { from: "redis-6", open: "pkg.nodeRedisDriver(await library.createClient({ url }).connect())" },
};

const withClient = (name: keyof typeof clients, url: string) => `
import { createRequire } from "node:module";
import { createLocker } from "@distlock/core";
import * as pkg from "@distlock/${name}";

const library = createRequire(import.meta.url)(${JSON.stringify(require.resolve(clients[name].from))});
const url = ${JSON.stringify(url)};
const locker = createLocker(${clients[name].open});
console.log(await locker.withLock("key", (lock) => lock.fence > 0 && lock.isHeld), await locker.inspect("key"));
process.exit();
`;

/** The compiler, with the least that a program of ours needs: one lib, and the types of Node. */
const compile = (...args: string[]) => {
  const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--lib", "es2022"];
  const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  return run(folder, process.execPath, require.resolve("typescript/bin/tsc"), ...options, ...types, ...args);
};

describe("alone in a folder", () => {
  const names = Object.keys(proofs);
  const inAll = (...files: string[]) => names.flatMap((name) => files.map((file) => join(name, file)));

  beforeAll(async () => {
    for (const name of names) {
      const home = join(folder, name);
      const wanted = [...new Set(["core", name])].map((each) => tarballs.get(`@distlock/${each}`)!.filename);
      await mkdir(home);
      await run(home, "npm", "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", ...wanted);
      await writeFile(join(home, "esm.mjs"), program(name, asImport));
      await writeFile(join(home, "cjs.cjs"), program(name, asRequire));
      await writeFile(join(home, "esm.mts"), program(name, asImport));
      await writeFile(join(home, "cjs.cts"), program(name, asImportRequire));
    }
  }, SLOW);

  test.for(names)("%s brings core and nothing else", async (name) => {
    const lock = JSON.parse(await readFile(join(folder, name, "node_modules/.package-lock.json"), "utf8"));
    const expected = [...new Set(["core", name])].map((each) => `node_modules/@distlock/${each}`);
    expect(Object.keys(lock.packages)).toEqual(expected);
  });

  test.for(inAll("esm.mjs", "cjs.cjs"))("%s runs", async (file) => {
    await run(folder, process.execPath, file);
  });

  test.for([
    ["--module", "node16", ...inAll("esm.mts", "cjs.cts")],
    ["--module", "nodenext", ...inAll("esm.mts", "cjs.cts")],
    ["--module", "esnext", "--moduleResolution", "bundler", ...inAll("esm.mts")],
  ])("compiles with %s %s", { timeout: SLOW }, async (args) => {
    await compile(...args);
  });

  test.for(["ioredis", "node-redis"] as const)("%s locks through a real client", async (name) => {
    const server = await startRedis();
    try {
      const file = join(folder, name, "client.mjs");
      await writeFile(file, withClient(name, server.url));
      expect(await run(folder, process.execPath, file)).toMatch(/^true { held: false, remaining: 0, fence: \d{16},/);
    } finally {
      await server.stop();
    }
  });
});
