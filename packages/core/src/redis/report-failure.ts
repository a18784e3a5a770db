// Tested by packages/core/test/observe.test.ts
import { withoutCommand } from "../driver/cause";
import { isReported, report } from "../driver/observe/facts";

/** Reports a command that failed. The error of a client has the command's arguments, so they are taken out. */
export function reportFailure(verb: string, error: unknown): void {
  if (isReported("failure")) report({ name: "failure", verb, error: withoutCommand(error) });
}
