import type { Socket } from "node:net";

/** How bytes go one way; see `FaultMode`. */
export type Passage = "pass" | "delay" | "hold" | "drop";

/** One way of a connection: pushed data is delivered in order, or not at all. */
export interface Pipe {
  push(data: Buffer): void;
  /** The sender's end of the connection, after all data that it sent. */
  end(): void;
  /** Looks again: the passage may be another. */
  pump(): void;
}

/** `delay()` is for one piece of data, in ms. */
export function createPipe(to: Socket, passage: () => Passage, delay: () => number): Pipe {
  const items: { readonly data: Buffer | undefined; readonly due: number }[] = [];
  let timer: NodeJS.Timeout | undefined;

  function pump(): void {
    clearTimeout(timer);
    while (items.length > 0 && passage() !== "hold") {
      const { data, due } = items[0]!;
      const wait = due - performance.now();
      if (wait > 0) {
        timer = setTimeout(pump, wait);
        return;
      }
      items.shift();
      if (data === undefined) to.destroy();
      else to.write(data);
    }
  }

  function add(data: Buffer | undefined): void {
    items.push({ data, due: passage() === "delay" ? performance.now() + delay() : 0 });
    pump();
  }

  to.once("close", () => {
    clearTimeout(timer);
    items.length = 0;
  });
  return {
    push(data) {
      if (passage() !== "drop") add(data);
    },
    end: () => add(undefined),
    pump,
  };
}
