import { createLocker } from "@distlock/core";
import { openConnection } from "../connection/open";
import type { RedisOptions } from "../connection/options";
import { EXIT } from "../exit-codes";
import { printJson } from "../output/output";

interface InspectOptions extends RedisOptions {
  readonly quiet?: true;
  readonly json?: true;
}

/** Prints what Redis knows of a key. Returns the exit code. */
export async function inspect(key: string, options: InspectOptions): Promise<number> {
  const connection = await openConnection(options);
  const locker = createLocker(connection.driver);
  try {
    const found = await locker.inspect(key);
    if (!options.quiet) printJson({ key, ...found });
    return found.held ? EXIT.done.code : EXIT.no.code;
  } finally {
    await locker.close();
    connection.close();
  }
}
