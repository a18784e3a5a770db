import { dataFaults } from "./of-data";
import { networkFaults } from "./of-networks";
import { processFaults } from "./of-processes";
import { serverFaults } from "./of-servers";
import type { Strike } from "./strike";

/** All faults, by their names. */
export const catalog = { ...processFaults, ...networkFaults, ...serverFaults, ...dataFaults } satisfies Record<
  string,
  Strike
>;

export type FaultName = keyof typeof catalog;

export const faultNames = Object.keys(catalog) as FaultName[];
