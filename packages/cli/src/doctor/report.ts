import type { Colors } from "../output/colors";
import { escaped } from "../output/escape";
import { print } from "../output/output";
import type { Finding, Status } from "./verdict";

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const satisfies Record<Status, keyof Colors>;

const WIDTH = 12;

/** Findings of several nodes with the same words are one. */
function merged(findings: readonly Finding[]): { finding: Finding; nodes: string[] }[] {
  const groups = new Map<string, { finding: Finding; nodes: string[] }>();
  for (const finding of findings) {
    const id = [finding.check, finding.status, finding.reason].join("\n");
    const group = groups.get(id);
    if (group) group.nodes.push(finding.node);
    else groups.set(id, { finding, nodes: [finding.node] });
  }
  return [...groups.values()];
}

/** Prints the findings for people. `count` is the number of nodes. */
export function report(findings: readonly Finding[], count: number, colors: Colors): void {
  for (const { finding, nodes } of merged(findings)) {
    const { status, check, reason, advice, docs } = finding;
    const where = nodes.length === count || check === "clock" ? "" : `${nodes.join(", ")}: `;
    print(`${colors[COLOURS[status]](status.padEnd(4))}  ${check.padEnd(WIDTH)} ${escaped(where + reason)}`);
    if (advice) print(`${" ".repeat(WIDTH + 7)}→ ${escaped(advice)}${docs ? colors.dim(` (${docs})`) : ""}`);
  }
}
