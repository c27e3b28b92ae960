#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The part of Meta's Graph API that a WhatsApp gateway sends through, for tests.
//
//   node server.mjs --port 0 [--webhook URL --app-secret S] [--token T]     prints "listening PORT"
//
// A recipient 000<code> is refused with that error code; 001<code> is taken and fails later with a
// status of that code. POST /__control and GET /__requests steer and show (see README.md).
import http from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { checkBody, checkReceipt, graphError } from './rules.mjs';
import { PairBucket, SecondWindow } from './limits.mjs';
import { readNumber } from './numbers.mjs';
import { StatusSender } from './statuses.mjs';
import { wamid } from './webhook.mjs';

const defaults = {
  webhook: '',
  appSecret: '',
  token: '', // empty: any bearer token will do
  known: null, // ids of the messages that users sent; null: any id will do
  numbers: null, // {phone_number_id: fields}; null: any number will do
  templates: null, // {name: {language, parameters, category?, paused?}}; null: any
  statuses: ['sent', 'delivered', 'read'],
  order: 'in order', // 'shuffled', 'repeated', 'none'
  retryMs: 200, // until a status that was not answered 2xx comes again
  latencyMs: 0,
  perSecond: 0, // 80 as Meta has it; 0: no limit
  pairLimit: false,
};

const digits = (to) => String(to ?? '').replace(/\D/g, '');

function readBody(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', reject);
  });
}

function answer(response, status, body, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

export class Graph {
  requests = []; // {at, method, path, phoneNumberId, body, status, id}
  #faults = [];
  #waiters = [];
  #hanging = new Set();
  #perSecond = new SecondWindow();
  #pairs = new PairBucket();

  constructor(options = {}) {
    this.options = { ...defaults, ...options };
    this.statusSender = new StatusSender(this.options, options.seed ?? 1);
    this.server = http.createServer((request, response) => {
      this.#handle(request, response).catch((error) => {
        if (!response.headersSent) answer(response, 500, String(error));
      });
    });
    this.server.keepAliveTimeout = 60_000;
  }

  get port() { return this.server.address().port; }
  get url() { return `http://127.0.0.1:${this.port}`; }

  listen(port = 0, host = '127.0.0.1') {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => resolve(this));
    });
  }

  async stop() {
    this.statusSender.stop();
    for (const socket of this.#hanging) socket.destroy();
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  /** Faults for the next requests, one each: see README.md. */
  next(...faults) { this.#faults.push(...faults); }

  /** Changes options; `next`, `forget` as in POST /__control. */
  control({ next = [], forget = false, pair, ...options }) {
    this.next(...next);
    if (forget) {
      this.requests.length = 0;
      this.#faults.length = 0;
      this.#pairs = new PairBucket(pair);
      this.#perSecond = new SecondWindow();
    } else if (pair) {
      this.#pairs = new PairBucket(pair);
    }
    for (const [key, value] of Object.entries(options)) {
      if (!(key in defaults)) throw new Error(`no such option: ${key}`);
      this.options[key] = value;
    }
  }

  /** The sends that were taken. */
  get taken() { return this.requests.filter((r) => r.id !== undefined); }

  /** The read receipts that were taken, those with typing too. */
  get receipts() {
    return this.requests.filter((r) => r.status === 200 && r.body?.status === 'read');
  }

  /** Resolves when so many requests have arrived, answered or not. */
  arrived(count) {
    if (this.requests.length >= count) return Promise.resolve();
    return new Promise((resolve) => { this.#waiters.push({ count, resolve }); });
  }

  /** Resolves when every status so far was answered 2xx. */
  idle() { return this.statusSender.idle(); }

  async #handle(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://graph');
    const { method } = request;
    const raw = await readBody(request);
    if (pathname === '/__requests' && request.method === 'GET') {
      answer(response, 200, { requests: this.requests, statuses: this.statusSender.delivered });
      return;
    }
    if (pathname === '/__control' && request.method === 'POST') {
      try {
        this.control(JSON.parse(raw));
        answer(response, 200, { success: true });
      } catch (error) {
        answer(response, 400, { error: String(error.message) });
      }
      return;
    }
    const path = /^\/(v\d+\.\d+)\/([^/]+)(\/messages)?$/.exec(pathname);
    if (!path || method !== (path[3] ? 'POST' : 'GET')) {
      const { status, body } = graphError(100, 'Unknown path', { error_subcode: 33 });
      answer(response, status, body);
      return;
    }
    const record = {
      at: Date.now(), method, path: pathname, phoneNumberId: path[2], body: null, status: 0,
    };
    this.requests.push(record);
    if (this.options.latencyMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, this.options.latencyMs));
    }
    this.#decide(request, response, record, (reply) => {
      if (path[3]) this.#message(raw, record, reply);
      else reply(readNumber(path[2], searchParams.get('fields'), this.options.numbers));
    });
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      if (this.requests.length >= count) resolve();
      return this.requests.length < count;
    });
  }

  // The next fault, or what is wrong with the token, or what `serve` makes of it.
  #decide(request, response, record, serve) {
    const reply = ({ status, body, headers }) => {
      record.status = status;
      answer(response, status, body, headers);
    };
    const fault = this.#faults.shift();
    if (fault === 'hang') {
      this.#hanging.add(request.socket);
      return;
    }
    if (fault === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault === 'garbage') {
      reply({ status: 200, body: '<html>not what you think</html>' });
      return;
    }
    if (typeof fault === 'number') {
      reply(graphError(fault));
      return;
    }
    if (fault && typeof fault === 'object') {
      const made = fault.code === undefined ? {} : graphError(fault.code, fault.details);
      reply({ status: fault.status ?? made.status, body: fault.body ?? made.body ?? '',
        headers: fault.headers });
      return;
    }
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '');
    if (!bearer) {
      reply(graphError(104));
    } else if (this.options.token && bearer[1] !== this.options.token) {
      reply(graphError(190));
    } else {
      serve(fault === 'lost' ? () => request.socket.resetAndDestroy() : reply);
    }
  }

  #message(raw, record, reply) {
    try {
      record.body = JSON.parse(raw);
    } catch {
      reply(graphError(100, 'The body is not JSON'));
      return;
    }
    // A message that is a receipt has "status" in the place of "type".
    const receipt = record.body?.status !== undefined;
    const refusal = receipt ? checkReceipt(record.body, this.options.known)
      : this.#refusal(record);
    if (refusal) {
      reply(refusal);
    } else if (receipt) {
      reply({ status: 200, body: { success: true } });
    } else {
      this.#take(record, reply);
    }
  }

  #refusal(record) {
    const bad = checkBody(record.body, this.options.templates);
    if (bad) return bad;
    const to = digits(record.body.to);
    const asked = /^000(\d+)$/.exec(to);
    if (asked) return graphError(Number(asked[1]));
    if (!this.#perSecond.take(record.phoneNumberId, this.options.perSecond)) {
      return graphError(130429);
    }
    const pair = `${record.phoneNumberId} ${to || record.body.recipient}`;
    return this.options.pairLimit && !this.#pairs.take(pair) ? graphError(131056) : null;
  }

  // What comes of it later: a reaction is never told to be delivered or read, and one to a message
  // that there is not is taken, then fails.
  #fate({ type, reaction }, to) {
    const failing = /^001(\d+)$/.exec(to);
    if (failing) return { failure: Number(failing[1]) };
    if (type !== 'reaction') return {};
    const { known } = this.options;
    return known && !known.includes(reaction.message_id) ? { failure: 131009 } : { only: ['sent'] };
  }

  #take(record, reply) {
    const { body, phoneNumberId } = record;
    const group = body.recipient_type === 'group';
    const to = group ? body.to : digits(body.to);
    record.id = wamid(to);
    const contact = to ? { input: body.to, wa_id: to }
      : { input: body.recipient, user_id: body.recipient };
    reply({
      status: 200,
      body: {
        messaging_product: 'whatsapp',
        contacts: [contact],
        messages: [{
          id: record.id,
          ...(body.type === 'template' ? { message_status: 'accepted' } : {}),
        }],
      },
    });
    this.statusSender.begin({
      phoneNumberId,
      id: record.id,
      recipient: to || undefined,
      reference: body.biz_opaque_callback_data,
      ...this.#fate(body, to),
    });
  }
}

/** Starts one; `port` 0 takes a free one. */
export function startGraph({ port = 0, host, ...options } = {}) {
  return new Graph(options).listen(port, host);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      webhook: { type: 'string', default: '' },
      'app-secret': { type: 'string', default: '' },
      token: { type: 'string', default: '' },
    },
  });
  const graph = await startGraph({
    port: Number(values.port),
    webhook: values.webhook,
    appSecret: values['app-secret'],
    token: values.token,
  });
  process.stdout.write(`listening ${graph.port}\n`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => graph.stop().then(() => process.exit(0)));
}
