import type { FastifyInstance } from 'fastify';
import { BadInput } from '../config/bad-input.ts';
import type { Gateway } from '../config/load-gateway.ts';

/**
 * Connections that may wait to be taken. Clients of streams come in crowds; of more than Node's 511 the rest would
 * have to try again after a second. The system may allow fewer (`net.core.somaxconn`).
 */
const BACKLOG = 4_096;

/** Begins to listen, and gives the address. @throws BadInput when the port is taken or cannot be had */
export async function listen(app: FastifyInstance, { path, form }: Gateway): Promise<string> {
  const { host, port } = form.server;
  try {
    return await app.listen({ host, port, backlog: BACKLOG });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'is taken; choose another port' : `cannot be used (${code})`;
    throw new BadInput(`${path}: server: ${host}:${port} ${reason}`);
  }
}
