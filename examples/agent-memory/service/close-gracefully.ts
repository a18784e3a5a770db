import type { FastifyInstance } from "fastify";

/**
 * Has `app.close()` wait until all requests are answered, but not for idle connections: neither for one that has just carried its
 * answer, nor for one that never carried a request.
 */
export function closeGracefully(app: FastifyInstance): { readonly draining: boolean } {
  let draining = false;
  let running = 0;
  function endConnections(): void {
    if (draining && running === 0) app.server.closeAllConnections();
  }
  app.addHook("onRequest", async (_, reply) => {
    running++;
    reply.raw.once("close", () => {
      running--;
      endConnections();
    });
  });
  app.addHook("preClose", async () => {
    draining = true;
    endConnections();
  });
  return {
    get draining() {
      return draining;
    },
  };
}
