import type { Driver } from "@distlock/core";

/** Sends a command to the server beneath a driver, past the driver, with keys as the server sees them. */
export type Command = (...args: readonly string[]) => Promise<unknown>;

/** A driver to prove. */
export interface DriverTarget {
  /** Two drivers of the same place, as two processes would have. */
  readonly drivers: readonly [Driver, Driver];
  /**
   * Sends a command to the server beneath, past the driver, with keys as the server sees them. Left out where there is no
   * server: cases that need it are then not in the contract.
   */
  readonly command?: Command | undefined;
  /** The text that the client puts before every key. */
  readonly keyPrefix?: string | undefined;
}

/** One thing that a driver must do. `run` rejects with an assertion error if it does not. */
export interface ContractCase {
  readonly title: string;
  readonly run: () => Promise<void>;
}
