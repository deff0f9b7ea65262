// The least that any gateway on Node does: Fastify and undici, read the body, forward it, read the usage; streams are relayed as
// they come. Plain JavaScript, so that no compiler's habits are counted against it.
import Fastify from 'fastify';
import { Pool } from 'undici';

const upstream = process.argv[2];
const pool = new Pool(upstream, { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
const HEADERS = ['content-type', 'application/json', 'authorization', 'Bearer bench'];

class Whole {
  constructor(reply) {
    this.reply = reply;
    this.chunks = [];
    this.status = 0;
    this.inputTokens = 0;
  }
  onRequestStart() {}
  onResponseStart(_controller, status) {
    this.status = status;
  }
  onResponseData(_controller, chunk) {
    this.chunks.push(chunk);
  }
  onResponseEnd() {
    const body = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
    this.inputTokens = JSON.parse(body.toString('utf8')).usage.prompt_tokens;
    this.reply.code(this.status).header('content-type', 'application/json').send(body);
  }
  onResponseError() {
    this.reply.code(502).send();
  }
}

class Relay {
  constructor(response) {
    this.response = response;
    this.usage = null;
  }
  onRequestStart(controller) {
    this.response.on('close', () => controller.abort(new Error('the client has left')));
    this.response.on('drain', () => controller.resume());
  }
  onResponseStart(_controller, status, headers) {
    this.response.writeHead(status, { 'content-type': headers['content-type'] });
  }
  onResponseData(controller, chunk) {
    if (chunk.includes('"prompt_tokens"')) this.usage = chunk;
    if (!this.response.write(chunk)) controller.pause();
  }
  onResponseEnd() {
    this.response.end();
  }
  onResponseError() {
    this.response.destroy();
  }
}

const app = Fastify({ logger: false, bodyLimit: 33_554_432 });
app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.post('/v1/chat/completions', (request, reply) => {
  const { body } = request;
  const { model, stream } = JSON.parse(body.toString('utf8'));
  if (typeof model !== 'string') return reply.code(400).send();
  const options = { method: 'POST', path: '/v1/chat/completions', headers: HEADERS, body };
  if (stream === true) {
    reply.hijack();
    pool.dispatch(options, new Relay(reply.raw));
  } else {
    pool.dispatch(options, new Whole(reply));
  }
  return reply;
});
await app.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 });
process.stdout.write(`${JSON.stringify({ port: app.server.address().port })}\n`);
