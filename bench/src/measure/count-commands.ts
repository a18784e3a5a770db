import type { Redis } from "ioredis";

/**
 * Counts the commands of clients until the returned function is called, which returns the count. A monitor tells commands of
 * clients from commands of scripts; the server's statistics do not. It slows the server, so nothing else is measured meanwhile.
 */
export async function countCommands(control: Redis): Promise<() => Promise<number>> {
  const monitor = await control.monitor();
  let count = 0;
  monitor.on("monitor", (_time: string, _args: string[], source: string) => {
    if (source !== "lua") count++;
  });
  return async () => {
    // When this command is seen, all commands before it have been seen.
    const mark = `end of count ${process.hrtime.bigint()}`;
    const seen = new Promise<void>((resolve) => {
      monitor.on("monitor", (_time: string, args: string[]) => {
        if (args[1] === mark) resolve();
      });
    });
    await control.echo(mark);
    await seen;
    monitor.disconnect();
    return count - 1;
  };
}
