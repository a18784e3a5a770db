import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { completion, type Shell } from "../../src/completion/completion";
import { namesOf } from "../../src/completion/names";
import { modelOf } from "../../src/model/model";
import { program } from "../../src/program";
import { distlock } from "../support/cli";

const folder = mkdtempSync(join(tmpdir(), "distlock-completion-"));

afterAll(() => rmSync(folder, { recursive: true }));

const own = modelOf(program());

/** A program with all that a completion can meet: quotes and brackets in texts, choices, a command behind `--`. */
const odd = modelOf(
  new Command("odd")
    .version("1")
    .addCommand(
      new Command("exec")
        .description(`Runs [it]: "don't" \`touch ${folder}/touched\` $(touch ${folder}/touched), 50 % \\`)
        .usage("<key> -- <command> [argument...]")
        .argument("<key>")
        .addOption(new Option("-o, --on-lost <action>", "it's [odd]: $HOME").choices(["term", "ignore"]))
        .option("-n, --no-wait", "one attempt"),
    )
    .addCommand(new Command("see").argument("[key]").option("--json", "JSON")),
);

const isThere = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

/** The words that bash offers for the last of these words, as its completion does. */
function inBash(script: string, name: string, words: readonly string[]): string[] {
  const driver = `${script}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
complete -p ${name} >&2
_${name}
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", driver, "bash", name, ...words], {
    encoding: "utf8",
    cwd: folder,
  });
  expect(stderr).toBe(`complete -F _${name} ${name}\n`);
  return stdout.split("\n").filter((line) => line !== "");
}

function inFish(script: string, name: string, words: readonly string[]): string[] {
  const path = join(folder, `${name}.fish`);
  writeFileSync(path, script);
  const line = [name, ...words].join(" ");
  const options = { encoding: "utf8", cwd: folder, env: { ...process.env, HOME: folder } } as const;
  const printed = execFileSync(
    "fish",
    ["--no-config", "-c", 'source $argv[1]; complete -C "$argv[2]"', path, line],
    options,
  );
  return printed
    .split("\n")
    .filter((each) => each !== "")
    .map((each) => each.split("\t")[0]!);
}

const shells: readonly (readonly [Shell, typeof inBash])[] = [
  ["bash", inBash],
  ["fish", inFish],
];

describe.each(shells.filter(([shell]) => isThere(shell)))("%s", (shell, offered) => {
  const [script, oddScript] = [completion(shell, own), completion(shell, odd)];

  test("offers the commands", () => {
    expect(offered(script, "distlock", [""]).sort()).toEqual(own.commands.map(({ name }) => name).sort());
    expect(offered(script, "distlock", ["ins"])).toEqual(["inspect"]);
    expect(offered(script, "distlock", ["help", "ins"])).toEqual(["inspect"]);
  });

  test.each(own.commands.map((command) => [command.name, command] as const))(
    "offers the options of %s",
    (name, { options }) => {
      const names = options.flatMap(namesOf).filter((option) => option.startsWith("--"));
      expect(offered(script, "distlock", [name, "--"]).sort()).toEqual(names.sort());
    },
  );

  test("offers choices, in place of an argument and as the value of an option", () => {
    expect(offered(script, "distlock", ["completion", ""]).sort()).toEqual(["bash", "fish", "zsh"]);
    expect(offered(oddScript, "odd", ["exec", "--on-lost", "i"])).toEqual(["ignore"]);
    expect(offered(oddScript, "odd", ["exec", "-o", ""]).sort()).toEqual(["ignore", "term"]);
  });

  test("offers nothing where a key stands, or a value that it does not know", () => {
    writeFileSync(join(folder, "a-file"), "");
    expect(offered(script, "distlock", ["inspect", ""])).toEqual([]);
    expect(offered(script, "distlock", ["inspect", "key", "--url", ""])).toEqual([]);
  });

  test("offers commands and then files behind --, and no options of its own", () => {
    writeFileSync(join(folder, "a-file"), "");
    expect(offered(oddScript, "odd", ["exec", "key", "--", "bas"])).toContain("bash");
    expect(offered(oddScript, "odd", ["exec", "key", "--", "cat", "a-f"])).toEqual(["a-file"]);
    expect(offered(oddScript, "odd", ["exec", "key", "--", "cat", "--"])).not.toContain("--no-wait");
  });

  test("runs nothing that is in a description or on the line", () => {
    offered(oddScript, "odd", [""]);
    if (shell === "bash")
      offered(oddScript, "odd", ["exec", `$(touch ${folder}/touched)`, "--", `$(touch ${folder}/touched)`]);
    expect(() => execFileSync("ls", [join(folder, "touched")], { stdio: "ignore" })).toThrow();
  });
});

test.skipIf(!isThere("zsh"))("zsh understands its script", () => {
  for (const model of [own, odd]) {
    const path = join(folder, "_completion");
    writeFileSync(path, completion("zsh", model));
    expect(spawnSync("zsh", ["-f", "-n", path], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  }
});

test("the built program prints the scripts, and refuses another shell", async () => {
  for (const shell of ["bash", "zsh", "fish"] as const) {
    expect(await distlock(["completion", shell])).toMatchObject({
      code: 0,
      stdout: completion(shell, own),
      stderr: "",
    });
  }
  expect(await distlock(["completion", "tcsh"])).toMatchObject({ code: 64, stdout: "" });
});
