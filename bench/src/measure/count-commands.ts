import type { Redis } from "ioredis";

/**
 * Counts what clients send, until the function given back is called, which gives the count: a monitor tells commands of
 * clients from those of scripts, which statistics do not. It slows the server, so nothing else is measured meanwhile.
 */
export async function countCommands(control: Redis): Promise<() => Promise<number>> {
  const monitor = await control.monitor();
  let count = 0;
  monitor.on("monitor", (_time: string, _args: string[], source: string) => {
    if (source !== "lua") count++;
  });
  return async () => {
    // What came before this command has been seen when this one is.
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
