import type { Node } from "../../connection/clients";
import type { Answer, Ask } from "./ask";
import type { Rights } from "./facts";

/**
 * Calls each command that the scripts of distlock call, in a way that changes nothing, since there is no such key. Returns
 * the errors.
 */
const SCRIPT = `
local key, errors = KEYS[1], {}
local function try(name, ...)
  local reply = redis.pcall(name, ...)
  if type(reply) == 'table' and reply.err then errors[#errors + 1] = name .. ' ' .. reply.err end
end
try('del', key)
try('exists', key)
try('get', key)
try('mget', key)
try('pexpire', key, '1')
try('pttl', key)
try('rename', key, key)
try('set', key, '', 'PX', '1', 'XX')
try('zadd', key, 'XX', '1', 'a')
try('zcount', key, '1', '2')
try('zrangebyscore', key, '1', '2')
try('zrank', key, 'a')
try('zrem', key, 'a')
try('zremrangebyscore', key, '1', '2')
try('zrevrange', key, '0', '0')
try('zscore', key, 'a')
try('time')
return errors`;

/** The commands that the script tries. */
export const tried: readonly string[] = [...SCRIPT.matchAll(/^try\('(\w+)'/gm)].map(([, name]) => name!);

/** Redis says in many ways, by its version, that a user may not do something, or that somebody removed the command. */
const isDenied = (text: string): boolean =>
  /NOPERM|ACL failure|user executing the script|unknown (redis )?command/i.test(text);

const isAboutKeys = (text: string): boolean => isDenied(text) && /\bkeys?\b/.test(text);

const refusalOf = (answer: Answer): string => ("refusal" in answer ? answer.refusal : "");

/** Tries what the user may do with a key. */
export async function rightsOf(ask: Ask, node: Node, key: string): Promise<Rights> {
  const refused: string[] = [];
  // Redis knows no such script: the user may ask for it if that is the answer.
  const evalsha = refusalOf(await ask(node, "EVALSHA", "0".repeat(40), "1", key));
  const answer = await ask(node, "EVAL", SCRIPT, "1", key);
  const refusal = refusalOf(answer);
  const foreignKey = [evalsha, refusal].some(isAboutKeys);
  if (isDenied(evalsha) && !isAboutKeys(evalsha)) refused.push("evalsha");
  if (isDenied(refusal) && !isAboutKeys(refusal)) refused.push("eval");
  if ("reply" in answer) {
    const errors = (answer.reply as string[]).filter((text) => isDenied(text));
    refused.push(...errors.map((text) => text.split(" ", 1)[0]!));
  }
  const untried = refusal === "" || isDenied(refusal) ? undefined : refusal;
  return { key, refused, foreignKey, untried };
}
