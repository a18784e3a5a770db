import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type RedisServer, startRedis } from "@distlock/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const SLOW = 120_000;
const packages = ["core", "ioredis", "memory", "node-redis", "otel", "testing"];
const built = ["dist/index.cjs", "dist/index.d.cts", "dist/index.d.ts", "dist/index.js"];
const shipped = ["LICENSE", "README.md", ...built, "package.json"];

/** Resolves with what the program printed, or rejects with it. */
const output = (cwd: string, program: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(program, args, { cwd, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(stdout),
    );
  });

const run = async (...call: Parameters<typeof output>): Promise<void> => {
  await output(...call);
};

const folder = await mkdtemp(join(tmpdir(), "distlock-packaging-"));
const tarballs = new Map<string, { filename: string; files: { path: string }[] }>();

beforeAll(async () => {
  const pack = ["-r", "--filter", "./packages/*", "pack", "--json", "--pack-destination", folder];
  for (const each of JSON.parse(await output(root, "pnpm", ...pack))) tarballs.set(each.name, each);
}, SLOW);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.for(packages)("%s", (name) => {
  const at = (path: string) => readFile(join(root, "packages", name, path), "utf8");

  test("ships what was built, a README and the license", () => {
    const { files } = tarballs.get(`@distlock/${name}`)!;
    expect(files.map(({ path }) => path).sort()).toEqual(shipped.toSorted());
  });

  test("depends on core alone, and needs a peer only if it imports it", async () => {
    const {
      dependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = JSON.parse(await at("package.json"));
    expect(dependencies).toEqual(name === "core" ? {} : { "@distlock/core": "workspace:^" });
    const code = (await Promise.all(built.map(at))).join("\n");
    const imports = new Set(
      [...code.matchAll(/^import .*from ['"](.+)['"]|require\(['"](.+)['"]\)/gm)].map((m) => m[1] ?? m[2]!),
    );
    const optional = (peer: string) => peerDependenciesMeta[peer]?.optional === true;
    const required = Object.keys(peerDependencies).filter((peer) => !optional(peer));
    const foreign = [...imports].filter((from) => !from.startsWith("node:") && from !== "@distlock/core");
    expect(foreign).toEqual(required);
  });

  test("has no trace of the folder that it was built in", async () => {
    for (const path of built) expect(await at(path), path).not.toMatch(/node_modules|file:\/\/|sourceMappingURL/);
    for (const path of built) expect((await at(path)).includes(root.slice(0, -1)), path).toBe(false);
  });
});

/** What each package is proved with, besides a lock in this process; `pkg` is the package. */
const proofs: Record<string, string> = {
  core: "assert.ok(pkg.LockError.is(new pkg.LockLostError('key', 'why')));",
  ioredis: "// @ts-expect-error: no client\n  assert.throws(() => pkg.ioredisDriver({ status: 'ready' }), TypeError);",
  "node-redis":
    "// @ts-expect-error: no client\n  assert.throws(() => pkg.nodeRedisDriver({ isOpen: true }), TypeError);",
  testing: "assert.equal(typeof pkg.startRedis, 'function');",
};

const program = (name: string, load: (variable: string, from: string) => string) => `
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

const asImport = (variable: string, from: string) =>
  from.startsWith("node:") ? `import ${variable} from "${from}"` : `import * as ${variable} from "${from}"`;
const asRequire = (variable: string, from: string) => `const ${variable} = require("${from}")`;
const asImportRequire = (variable: string, from: string) => `import ${variable} = require("${from}")`;

/** The compiler, with the least that a program of ours needs: one lib, and the types of Node. */
const compile = (...args: string[]) => {
  const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022"];
  const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  return run(folder, process.execPath, require.resolve("typescript/bin/tsc"), ...options, ...types, ...args);
};

describe("each alone in a folder", () => {
  const names = Object.keys(proofs);
  const homes = (...files: string[]) => names.flatMap((name) => files.map((file) => join(name, file)));

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

  test.for(homes("esm.mjs", "cjs.cjs"))("%s runs", (file) => run(folder, process.execPath, file));

  test.for([
    ["--module", "node16", ...homes("esm.mts", "cjs.cts")],
    ["--module", "nodenext", ...homes("esm.mts", "cjs.cts")],
    ["--module", "preserve", "--moduleResolution", "bundler", ...homes("esm.mts", "cjs.cts")],
    ["--module", "esnext", "--moduleResolution", "bundler", ...homes("esm.mts")],
  ])("compiles with %s %s", { timeout: SLOW }, (args) => compile("--lib", "es2022", ...args));

  describe("with a client", () => {
    let server: RedisServer;

    beforeAll(async () => {
      server = await startRedis();
      for (const [name, client, alias] of [
        ["ioredis", "ioredis", "ioredis-6"],
        ["node-redis", "redis", "redis-6"],
      ] as const)
        await symlink(join(root, "node_modules", alias), join(folder, name, "node_modules", client));
      for (const name of names) {
        const readme = await readFile(join(folder, name, "node_modules/@distlock", name, "README.md"), "utf8");
        const url = JSON.stringify(server.url);
        const code = readme
          .match(/```ts\n(.*?)```/s)![1]!
          .replace("new Redis()", `new Redis(${url})`)
          .replace("createClient()", `createClient({ url: ${url} })`);
        await writeFile(join(folder, name, "readme.mts"), code);
      }
    });

    afterAll(() => server.stop());

    test("the READMEs compile", { timeout: SLOW }, () =>
      compile("--lib", "es2022,esnext.disposable", "--module", "nodenext", "--skipLibCheck", ...homes("readme.mts")),
    );

    test.for(homes("readme.mts"))("%s runs", (file) =>
      run(folder, process.execPath, "--import", pathToFileURL(require.resolve("tsx")).href, file),
    );
  });
});
