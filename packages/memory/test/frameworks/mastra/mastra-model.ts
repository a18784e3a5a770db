/** A model that answers when the test lets it, and keeps the questions. */
export function scriptedModel() {
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  let gate: Promise<unknown> = Promise.resolve();

  /** A model of one instance: it answers with what it was given, once the gate is open. */
  const modelOf = (instance: string) => ({
    specificationVersion: "v2" as const,
    provider: "scripted",
    modelId: "scripted",
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error("this model streams")),
    async doStream({ prompt }: { prompt: readonly { role: string; content: unknown }[] }) {
      const texts = prompt
        .filter(({ role }) => role !== "system")
        .map(({ content }) => (content as { text?: string }[]).map(({ text = "" }) => text).join(""));
      asked.push(`${instance}: ${texts.join(" / ")}`);
      most = Math.max(most, ++running);
      const stream = new ReadableStream({
        async start(controller) {
          controller.enqueue({ type: "stream-start", warnings: [] });
          controller.enqueue({ type: "text-start", id: "1" });
          await gate;
          running--;
          controller.enqueue({ type: "text-delta", id: "1", delta: `re ${texts.at(-1)}` });
          controller.enqueue({ type: "text-end", id: "1" });
          const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
          controller.enqueue({ type: "finish", finishReason: "stop", usage });
          controller.close();
        },
      });
      return { stream };
    },
  });

  return {
    modelOf,
    asked,
    /** How many ran at the same time. */
    get most() {
      return most;
    },
    /** Answers wait from now on, until the returned function is called. */
    hold(): () => void {
      let open!: () => void;
      gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      return open;
    },
  };
}
