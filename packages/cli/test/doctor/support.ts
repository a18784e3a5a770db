import { parseAddress } from "../../src/connection/address";
import { openConnection } from "../../src/connection/open";
import { redisOptions } from "../../src/connection/options";
import { diagnose } from "../../src/doctor/checks/diagnose";
import { gather } from "../../src/doctor/facts/gather";
import type { Finding } from "../../src/doctor/verdict";
import { distlock, type RunOptions } from "../support/cli";

const told = (findings: readonly Finding[]) => ({
  findings,
  /** The findings of one check, as `status: reason`. */
  of: (check: string) =>
    findings.filter((each) => each.check === check).map(({ status, reason }) => `${status}: ${reason}`),
  /** The checks that are not ok. */
  bad: findings.filter(({ status }) => status !== "ok").map(({ check, status }) => `${status} ${check}`),
});

/** What `distlock doctor --json` says. */
export async function doctor(url: string, args: readonly string[] = [], options: RunOptions = {}) {
  const { code, stdout, stderr } = await distlock(["doctor", "--json", "--url", url, ...args], options);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { code, stderr, ...told(lines.map((line) => JSON.parse(line) as Finding)) };
}

/** What its checks say, without the program around them: for tables of servers. */
export async function checks(url: string) {
  const options = { ...redisOptions({ url: parseAddress(url), prefix: "", timeout: 5_000 }), keys: "distlock:doctor:" };
  const connection = await openConnection(options, { fenceTtl: 0 });
  try {
    return told(diagnose(await gather(connection, options)));
  } finally {
    connection.close();
  }
}
