import { execFile } from "node:child_process";
import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startRedis } from "@distlock/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const server = await startRedis();
// Inside the checkout, so that the programs find the packages that they import.
const folder = join(root, "test", ".blocks");

async function pages(): Promise<string[]> {
  const found = ["README.md", "CONTRIBUTING.md"];
  const within = async (folder: string) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`);
  for (const place of ["docs", ...(await within("packages")), ...(await within("examples"))]) {
    for (const file of await readdir(join(root, place))) if (file.endsWith(".md")) found.push(`${place}/${file}`);
  }
  return found;
}

interface Block {
  readonly name: string;
  readonly text: string;
}

const blocks: Block[] = [];
for (const page of await pages()) {
  const text = await readFile(join(root, page), "utf8");
  let count = 0;
  for (const [, code] of text.matchAll(/^```ts\n(.*?)^```/gms)) {
    blocks.push({ name: `${page.replaceAll("/", "-").replace(/\.md$/, "")}-${++count}.ts`, text: code! });
  }
}

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { name, text } of blocks) await writeFile(join(folder, name), text);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await server.stop();
});

test("there are blocks", () => {
  expect(blocks.length).toBeGreaterThan(3);
});

test("all blocks of the README and the docs are type-checked", async () => {
  const config = { extends: "../../tsconfig.base.json", include: ["*.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { stdout } = await run(join(root, "node_modules/.bin/tsc"), ["-p", folder]).catch((error) => error);
  expect(stdout).toBe("");
}, 60_000);

test.each(blocks)("$name runs", async ({ name }) => {
  const env = { ...process.env, REDIS_URL: server.url };
  await run(process.execPath, ["--import", "tsx", join(folder, basename(name))], { cwd: root, env, timeout: 20_000 });
});

test("every link within the repository leads somewhere", async () => {
  const dead: string[] = [];
  for (const page of await pages()) {
    for (const [, target] of (await readFile(join(root, page), "utf8")).matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const there = await access(join(root, page, "..", target!)).then(
        () => true,
        () => false,
      );
      if (!there) dead.push(`${page} → ${target}`);
    }
  }
  expect(dead).toEqual([]);
});
