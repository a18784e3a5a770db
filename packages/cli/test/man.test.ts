import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { EXIT } from "../src/exit-codes";
import { roff } from "../src/man/roff";
import { modelOf } from "../src/model/model";
import { program } from "../src/program";
import { distlock } from "./support/cli";

const home = fileURLToPath(new URL("..", import.meta.url));
const { man, version } = JSON.parse(readFileSync(`${home}/package.json`, "utf8"));
const path = fileURLToPath(new URL(`../${man}`, import.meta.url));

const commands = modelOf(program()).commands.filter(({ name }) => name !== "help");

/** Runs a program that reads the page; undefined if it is not on this machine. */
function read(...[name, ...args]: [string, ...string[]]) {
  const { error, status, stdout, stderr } = spawnSync(name, args, {
    encoding: "utf8",
    env: { ...process.env, MANWIDTH: "200", MANPAGER: "cat", LC_ALL: "C.UTF-8", GROFF_NO_SGR: "1" },
  });
  return error ? undefined : { status, stderr, text: stdout.replace(/.[\b]/g, "") };
}

/** The options of a command, as its help shows them. */
const optionsIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, name]) => name!);

test("package.json names the page, and the build has made it of this version", () => {
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, "utf8")).toContain(`distlock ${version}`);
});

const groff = read("groff", "-ww", "-man", "-Tutf8", "-rLL=190n", path);

describe.skipIf(!groff)("groff", () => {
  test("reads it without a warning", () => {
    expect(groff).toMatchObject({ status: 0, stderr: "" });
  });

  test.each(commands.map(({ name }) => [name]))(
    "shows the options and the notes of %s as --help does",
    async (name) => {
      const { stdout } = await distlock([name, "--help"]);
      const options = optionsIn(stdout);
      expect(options).toContain("--help");
      const text = groff!.text;
      const own = text.slice(text.indexOf(`\n   ${name}\n`) + 1).split(/\n(?= {3}\w|\w)/)[0]!;
      const part = own + text.slice(text.indexOf("REDIS OPTIONS"), text.indexOf("EXIT STATUS"));
      for (const option of options) expect(part).toMatch(new RegExp(`^ +(-\\w, )?${option}\\b`, "m"));
      const notes = stdout.split("\n").filter((line) => /^ {2}\$ /.test(line));
      expect(notes.length).toBeGreaterThan(0);
      for (const line of notes) expect(own).toContain(line);
    },
  );

  test("shows the exit codes", () => {
    const codes = groff!.text.slice(groff!.text.indexOf("EXIT STATUS"));
    for (const { code, meaning } of Object.values(EXIT))
      expect(codes).toMatch(new RegExp(`^ +${code} +${meaning.slice(0, 20)}`, "m"));
  });
});

const viewed = read("man", "-l", path);

test.skipIf(!viewed)("man shows it", () => {
  expect(viewed).toMatchObject({ status: 0, text: expect.stringContaining("distlock - Locks of distlock") });
});

const lint = read("mandoc", "-Tlint", "-W", "warning", path);

test.skipIf(!lint)("mandoc finds nothing but that it has no date, with which each build would differ", () => {
  const found = lint!.text.split("\n").filter((line) => line !== "" && !line.includes("missing date"));
  expect(found).toEqual([]);
});

test.skipIf(!groff)("characters that mean something to roff, and others than ASCII's, are shown as they are", () => {
  const page = `.TH X 1 "" "" ""\n.SH X\n.nf\n${roff(".SH no\n'br\n\\fB-w …é")}\n`;
  const { stdout, stderr } = spawnSync("groff", ["-ww", "-man", "-Tutf8"], { input: page, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toContain(" .SH no\n       'br\n       \\fB-w …é\n");
});
