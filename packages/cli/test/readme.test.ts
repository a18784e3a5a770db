import { readFileSync } from "node:fs";
import { startRedis } from "@distlock/testing";
import { expect, test } from "vitest";
import { EXIT } from "../src/exit-codes";
import { modelOf } from "../src/model/model";
import { program } from "../src/program";
import { distlock } from "./support/cli";

const page = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const { commands, options } = modelOf(program());

test("the table of exit codes is the table of the program", () => {
  const rows = [...page.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => ({
    code: Number(code),
    meaning,
  }));
  expect(rows).toEqual(Object.values(EXIT));
});

test("it names each command, and no option that there is not", () => {
  for (const { name } of commands) if (name !== "help") expect(page).toMatch(new RegExp(`\\bdistlock ${name}\\b`));
  const own = [...options, ...commands.flatMap((command) => command.options)].map(({ long }) => long);
  const named = [...page.matchAll(/(?<![\w-])--[a-z]+(?:-[a-z]+)*/g)].map(([name]) => name);
  expect(named.filter((name) => name !== "--global" && !own.includes(name))).toEqual([]);
});

test("the JSON of inspect and of doctor has the fields that it shows", async () => {
  const shown = [...page.matchAll(/^```json\n(.+?)^```$/gms)].map(([, text]) => JSON.parse(text!));
  const [lock, finding] = shown.map((value) => Object.keys(value).sort());
  const server = await startRedis({ args: ["--maxmemory-policy", "allkeys-lru"] });
  try {
    const printed = async (...args: string[]) => {
      const { stdout } = await distlock([...args, "--json", "--url", server.url]);
      return stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    };
    const findings = await printed("doctor");
    const { key: _, ...inspected } = (await printed("inspect", "key"))[0];
    expect(Object.keys(findings.find(({ check }) => check === "eviction")).sort()).toEqual(finding);
    expect(Object.keys({ key: "", ...inspected }).sort()).toEqual(lock);
    expect(findings.map(({ check }) => check)).toContain("clock");
  } finally {
    await server.stop();
  }
});
