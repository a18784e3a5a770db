import { appendCases } from "./append-cases";
import { fenceCases, fencedNameCases } from "./fence-cases";
import { messageCases } from "./message-cases";
import { nameCases } from "./name-cases";
import { pageCases } from "./page-cases";
import { replaceCases } from "./replace-cases";
import { searchCases } from "./search-cases";
import { signalCases } from "./signal-cases";
import type { Cases, ContractCase, MemoryPart, MemoryTarget } from "./target";

export type { ContractCase, Handle, MemoryPart, MemoryTarget } from "./target";

const contract: readonly (readonly [needed: readonly MemoryPart[], cases: (target: MemoryTarget) => Cases])[] = [
  [[], messageCases],
  [["search"], searchCases],
  [["append"], appendCases],
  [["replace"], replaceCases],
  [["pages"], pageCases],
  [["signal"], signalCases],
  [["names"], nameCases],
  [["fences"], fenceCases],
  [["fences", "names"], fencedNameCases],
];

const known = contract.flatMap(([needed]) => (needed.length === 1 ? needed : []));

/**
 * The contract of a memory of messages, as plain cases: hand each to the test runner of your choice. Throws `TypeError` for a
 * target that is not one, or unknown parts.
 */
export function memoryContract(target: MemoryTarget): readonly ContractCase[] {
  if (typeof target?.create !== "function" || !Array.isArray(target.parts)) {
    throw new TypeError("memoryContract needs a target with create and parts");
  }
  for (const part of target.parts) {
    if (!known.includes(part))
      throw new TypeError(`unknown part ${JSON.stringify(part)}; there are ${known.join(", ")}`);
  }
  return contract
    .filter(([needed]) => needed.every((part) => target.parts.includes(part)))
    .flatMap(([, cases]) => Object.entries(cases(target)))
    .map(([title, run]) => ({ title, run }));
}
