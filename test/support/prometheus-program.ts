import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The programs of Prometheus. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

const programsIn = (folder: string): PrometheusPrograms => ({
  prometheus: join(folder, "prometheus"),
  promtool: join(folder, "promtool"),
});

function isComplete(folder: string): boolean {
  try {
    for (const program of Object.values(programsIn(folder))) accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Unpacks Debian's package to a folder, without an installation: that would start a service, and bring a web site along. The
 * programs need nothing but the C library.
 */
async function unpack(folder: string): Promise<void> {
  const own = `${folder}-${process.pid}`;
  await mkdir(own, { recursive: true });
  try {
    // A machine that never looked for packages knows none. Only root may ask for them.
    const download = () => run("apt-get", ["download", "prometheus"], { cwd: own });
    await download().catch(async () => {
      await run("apt-get", ["update"]);
      await download();
    });
    const [file] = (await readdir(own)).filter((name) => name.endsWith(".deb"));
    await run("dpkg-deb", ["-x", join(own, file!), own]);
    await rm(join(own, file!));
    // Another run may have been faster.
    await rename(own, folder).catch(() => {});
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** The programs on PATH, otherwise Debian's in the folder for temporary files. Rejects with a sentence that says what to do. */
export async function findPrometheus(): Promise<PrometheusPrograms> {
  const installed = (process.env.PATH ?? "").split(delimiter).filter(Boolean).find(isComplete);
  if (installed !== undefined) return programsIn(installed);
  const folder = join(tmpdir(), "distlock-prometheus");
  const programs = join(folder, "usr/bin");
  if (!isComplete(programs)) {
    await unpack(folder).catch(({ message }: Error) => {
      throw new Error(
        `there is no prometheus on PATH: install Prometheus (its programs prometheus and promtool): ${message}`,
      );
    });
  }
  return programsIn(programs);
}
