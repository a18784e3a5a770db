import { openConnection } from "../connection/open";
import { EXIT } from "../exit-codes";
import { colors } from "../output/colors";
import type { OutputOptions } from "../output/options";
import { note, printJson } from "../output/output";
import { diagnose } from "./checks/diagnose";
import { type GatherOptions, gather } from "./facts/gather";
import { report } from "./report";
import type { Finding, Status } from "./verdict";

type DoctorOptions = GatherOptions & OutputOptions;

/** The companions of the keys that are tried end with their leases. */
const driverOptions = { fenceTtl: 0 };

/** Checks whether Redis is fit for locks, and prints the findings. Returns the exit code. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const connection = await openConnection(options, driverOptions);
  try {
    const nodes = await gather(connection, options);
    const findings = diagnose(nodes);
    if (options.json) for (const finding of findings) printJson(finding);
    else report(findings, nodes.length, colors(options));
    return conclude(findings);
  } finally {
    connection.close();
  }
}

function conclude(findings: readonly Finding[]): number {
  const count = (wanted: Status) => findings.filter(({ status }) => status === wanted).length;
  note(`${count("fail")} failed, ${count("warn")} warned, ${count("ok")} ok`);
  return count("fail") > 0 ? EXIT.no.code : EXIT.done.code;
}
