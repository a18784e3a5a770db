import { acquireCases, acquireOnServer } from "./acquire";
import { extendCases } from "./extend";
import { fenceCases, fenceOnServer } from "./fence";
import { handOverCases } from "./hand-over";
import { heartbeatCases } from "./heartbeat";
import { keyCases } from "./keys";
import { partyCases } from "./parties";
import { queueCases, queueOnServer } from "./queue";
import { queueCasesOf } from "./queue-scene";
import { releaseCases } from "./release";
import { casesOf, sceneOf, serverSceneOf } from "./scene";
import { serverCases } from "./server";
import { severalCasesOf } from "./several";
import type { ContractCase, DriverTarget } from "./target";
import { transferCases, transferOnServer, transferPastQueue } from "./transfer";
import { newTokens } from "./transfer-scene";

/** The contract as plain cases: hand each to the test runner of your choice. Cases of an ability are there if both drivers have it. */
export function driverContract(target: DriverTarget): readonly ContractCase[] {
  const { drivers, command } = target;
  const canQueue = drivers.every(({ queue }) => queue !== undefined);
  const canTransfer = drivers.every(({ transfer }) => transfer !== undefined);
  const scene = sceneOf(target);
  const withTokens = () => ({ ...scene, ...newTokens() });
  const cases = [
    ...casesOf({ ...acquireCases, ...releaseCases, ...extendCases, ...fenceCases, ...keyCases }, () => scene),
    ...severalCasesOf(target, canQueue),
  ];
  if (canQueue) {
    const queueing = { ...handOverCases, ...queueCases, ...heartbeatCases, ...partyCases };
    cases.push(...queueCasesOf(target, queueing, queueOnServer));
  }
  if (canTransfer) cases.push(...casesOf(transferCases, withTokens));
  if (canTransfer && canQueue) cases.push(...casesOf(transferPastQueue, withTokens));
  if (command) {
    const server = serverSceneOf(target, command);
    cases.push(...casesOf({ ...serverCases, ...acquireOnServer, ...fenceOnServer }, () => server));
    if (canTransfer) cases.push(...casesOf(transferOnServer, () => ({ ...server, ...newTokens() })));
  }
  return cases;
}
