import { within } from "../within";

const PATIENCE = 4_000;

/** Rejects with one sentence if the caller's collector takes no spans. */
export async function reachCollector(url: string): Promise<void> {
  const empty = { method: "POST", headers: { "content-type": "application/json" }, body: '{"resourceSpans":[]}' };
  try {
    const response = await within(PATIENCE, fetch(url, empty));
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message;
    throw new Error(`the collector at ${new URL(url).host} can't be used, see --otlp: ${why}`);
  }
}
