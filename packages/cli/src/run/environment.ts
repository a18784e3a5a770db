/** What the command finds in its environment: the key and the fence, never the token. A `distlock run` around this one leaves nothing behind. */
export function environment(fences: ReadonlyMap<string, number>): NodeJS.ProcessEnv {
  const { DISTLOCK_KEY: _key, DISTLOCK_FENCE: _fence, DISTLOCK_FENCES: _fences, ...env } = process.env;
  if (fences.size > 1) return { ...env, DISTLOCK_FENCES: JSON.stringify(Object.fromEntries(fences)) };
  const [[key, fence]] = [...fences] as [[string, number]];
  return { ...env, DISTLOCK_KEY: key, DISTLOCK_FENCE: String(fence) };
}
