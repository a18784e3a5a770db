import { CommanderError } from "commander";
import { EXIT } from "./exit-codes";

/** An end of the program with one sentence for its user. */
export class Failure extends Error {
  override readonly name = "Failure";

  constructor(
    readonly code: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The errors of Redis for a user who lacks a right. A script that calls a forbidden command fails without a code before Redis 7.2. */
const denied = /\b(?:NOAUTH|NOPERM|WRONGPASS)\b|user executing the script can't|ACL failure in script/;

const isDenied = (error: unknown): boolean =>
  error instanceof Error && (denied.test(error.message) || isDenied(error.cause));

/** The options and the keys of the core are checked by the core: its `TypeError` and `RangeError` name them. */
const isUsage = (error: unknown): boolean => error instanceof RangeError || error instanceof TypeError;

/** The exit code for an error. */
export function codeOf(error: unknown): number {
  if (error instanceof Failure) return error.code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done.code : EXIT.usage.code;
  if (isDenied(error)) return EXIT.noPermission.code;
  if ((error as { code?: unknown } | undefined)?.code === "LOCK_BACKEND") return EXIT.unavailable.code;
  return isUsage(error) ? EXIT.usage.code : EXIT.bug.code;
}

/** One sentence for standard error; empty if commander has printed it already. */
export function explain(error: unknown): string {
  if (error instanceof CommanderError) return "";
  if (!(error instanceof Error)) return String(error);
  return codeOf(error) === EXIT.bug.code ? (error.stack ?? error.message) : error.message;
}
