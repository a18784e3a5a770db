import replyFrom from "@fastify/reply-from";
import { type FastifyReply, fastify } from "fastify";

/** The requests of an instance: how many wait for the first byte of their answer, and how many answers are on their way. */
export interface Busy {
  readonly waiting: number;
  readonly answering: number;
}

export interface LoadBalancer extends AsyncDisposable {
  readonly url: string;
  /** Requests that went to another instance because theirs died before it answered. */
  readonly handedOn: number;
  /** The requests that the instance has now. */
  busy(instance: string): Busy;
}

/**
 * Sends each request to the next instance. An instance that can't be reached gets no more requests, and the requests that it had
 * not begun to answer go to another, with the same idempotency key. An answer that breaks off breaks off for the user as well,
 * who has read a part of it.
 */
export async function startLoadBalancer(
  instances: readonly string[],
  onAnswering: (instance: string) => void,
): Promise<LoadBalancer> {
  const app = fastify({ forceCloseConnections: true });
  await app.register(replyFrom);
  const up = new Set(instances);
  const busy = new Map(instances.map((instance) => [instance, { waiting: 0, answering: 0 }]));
  let turn = 0;
  let handedOn = 0;

  function forward(reply: FastifyReply): void {
    const instance = [...up][turn++ % up.size];
    if (instance === undefined) return void reply.code(503).header("retry-after", "1").send();
    const requests = busy.get(instance)!;
    requests.waiting++;
    reply.from(reply.request.url, {
      getUpstream: () => instance,
      onResponse(_request, _reply, { stream }) {
        requests.waiting--;
        requests.answering++;
        reply.raw.once("close", () => requests.answering--);
        reply.send(stream);
        onAnswering(instance);
      },
      onError() {
        requests.waiting--;
        up.delete(instance);
        handedOn++;
        forward(reply);
      },
    });
  }

  app.all("/*", (_, reply) => forward(reply));
  return {
    url: await app.listen({ port: 0, host: "127.0.0.1" }),
    get handedOn() {
      return handedOn;
    },
    busy: (instance) => ({ ...busy.get(instance)! }),
    [Symbol.asyncDispose]: () => app.close(),
  };
}
