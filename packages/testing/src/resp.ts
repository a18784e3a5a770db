import { connect } from "node:net";

/** A reply of a server: text, a number, nothing, or a list of these. */
export type Reply = string | number | null | readonly Reply[];

/** How long a server may take to answer one command. */
const PATIENCE = 5_000;

/** The reply at `at`, and where the next one begins; undefined if it has not arrived as a whole. An error is thrown. */
function parse(data: Buffer, at = 0): readonly [Reply, number] | undefined {
  const end = data.indexOf("\r\n", at);
  if (end < 0) return;
  const line = data.toString("utf8", at + 1, end);
  const next = end + 2;
  switch (data.toString("latin1", at, at + 1)) {
    case "+":
      return [line, next];
    case "-":
      throw new Error(line);
    case ":":
      return [Number(line), next];
    case "$": {
      const length = Number(line);
      if (length < 0) return [null, next];
      return data.length < next + length + 2
        ? undefined
        : [data.toString("utf8", next, next + length), next + length + 2];
    }
    case "*": {
      if (Number(line) < 0) return [null, next];
      const list: Reply[] = [];
      let from = next;
      while (list.length < Number(line)) {
        const item = parse(data, from);
        if (!item) return;
        list.push(item[0]);
        from = item[1];
      }
      return [list, from];
    }
    default:
      throw new Error(`no reply of Redis: ${line}`);
  }
}

/** Sends one command on a connection of its own. Rejects with the error of a server that refuses, or if it does not answer. */
export const send = (port: number, args: readonly string[]): Promise<Reply> =>
  new Promise((resolve, reject) => {
    let arrived = Buffer.alloc(0);
    const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
    const socket = connect(port, "127.0.0.1", () => socket.write(`*${args.length}\r\n${parts.join("")}`));
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(PATIENCE, () => fail(new Error(`no answer to ${args[0]} within ${PATIENCE} ms`)));
    socket.on("error", fail);
    socket.on("close", () => reject(new Error(`the server ended the connection before it answered ${args[0]}`)));
    socket.on("data", (data) => {
      arrived = Buffer.concat([arrived, data]);
      try {
        const reply = parse(arrived);
        if (!reply) return;
        resolve(reply[0]);
        socket.destroy();
      } catch (error) {
        fail(error as Error);
      }
    });
  });
