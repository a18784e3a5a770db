import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { until } from "../../support/until";

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A demonstration that is started as its users start it, with a folder of its own for temporary files. */
export interface Demo {
  readonly folder: string;
  run(args: readonly string[], onOutput?: (stdout: string, child: ChildProcess) => void): Promise<Outcome>;
  /** Expects that neither a process nor a folder is left of it, and that nothing listens on the ports that it printed. */
  expectNothingLeft(stdout: string): Promise<void>;
  /** Deletes its folder. */
  remove(): Promise<void>;
}

/** Processes that were started with this folder for temporary files. Only Linux tells. */
async function processesWith(folder: string): Promise<string[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const environments = pids.map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => ""));
  return (await Promise.all(environments)).flatMap((text, i) => (text.includes(folder) ? [pids[i]!] : []));
}

export async function demoOf(script: string): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), "distlock-demo-test-"));
  const path = fileURLToPath(new URL(`../../../scripts/${script}`, import.meta.url));
  return {
    folder,
    async run(args, onOutput = () => {}) {
      const env = { ...process.env, TMPDIR: folder, NO_COLOR: "1" };
      const child = spawn(process.execPath, [path, ...args], { env });
      const outcome: Outcome = { code: null, stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (text) => {
        outcome.stdout += text;
        onOutput(outcome.stdout, child);
      });
      child.stderr.setEncoding("utf8").on("data", (text) => {
        outcome.stderr += text;
      });
      [outcome.code] = await once(child, "close");
      return outcome;
    },
    async expectNothingLeft(stdout) {
      const place = /^\d .* in (a .* of its own .*)$/m.exec(stdout)?.[1] ?? "";
      const ports = [...place.matchAll(/\d+/g)].map(Number);
      expect(ports.length).toBeGreaterThan(0);
      for (const port of ports) {
        const [error] = await once(connect(port, "127.0.0.1"), "error");
        expect(error).toMatchObject({ code: "ECONNREFUSED" });
      }
      expect((await readdir(folder)).filter((name) => /^distlock-redis-/.test(name))).toEqual([]);
      await until(async () => (await processesWith(folder)).length === 0);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
