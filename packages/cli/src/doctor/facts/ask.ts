import { ErrorReply } from "@redis/client";
import type { Node } from "../../connection/clients";
import { EXIT } from "../../exit-codes";
import { Failure } from "../../failure";
import type { Fields } from "./facts";

/** The reply to a command, or the sentence with which Redis refused it. */
export type Answer = { readonly reply: unknown } | { readonly refusal: string };

export type Ask = (node: Node, ...command: string[]) => Promise<Answer>;

/** Asks nodes. Rejects with a `Failure` if a node does not answer in time, or does not know the user. */
export const asking =
  (timeout: number): Ask =>
  async (node, ...command) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer to ${command[0]} within ${timeout} ms`)), timeout);
    });
    try {
      const sent = node.send(...command);
      sent.catch(() => {});
      return { reply: await Promise.race([sent, late]) };
    } catch (error) {
      const { message } = error as Error;
      if (/\bNOAUTH\b/.test(message)) throw new Failure(EXIT.noPermission.code, `${node.address}: ${message}`);
      if (error instanceof ErrorReply) return { refusal: message };
      throw new Failure(EXIT.unavailable.code, `Redis at ${node.address} does not answer: ${message}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  };

/** The fields of a reply in lines of `name:value`; none if Redis refused. */
export function fieldsOf(answer: Answer): Fields {
  if ("refusal" in answer) return new Map();
  const lines = String(answer.reply).split(/\r?\n/);
  return new Map(lines.flatMap((line) => (line.includes(":") ? [splitAt(line, line.indexOf(":"))] : [])));
}

const splitAt = (line: string, at: number): [string, string] => [line.slice(0, at), line.slice(at + 1)];
