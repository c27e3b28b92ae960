#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The imaginary SMS provider, as README.md documents it: its API, its errors and limits, its signed
// webhooks. For tests, and to try the transport by hand:
//
//   node provider.mjs --port 9100 --api-key K --webhook URL --secret S
//
// By hand, POST /demo/inbound {"to", "from", "text"} plays a message from a phone in.
import { createHmac } from 'node:crypto';
import http from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

export const kTextLimit = 1600; // characters
const kNumber = /^\+[1-9]\d{6,14}$/;
const kWebhookAttempts = 8;

const defaults = {
  apiKey: 'demo-api-key',
  suspended: false,
  balance: 25.5,
  perSecond: 10, // messages; 0: no limit
  webhook: '',
  secret: 'demo-webhook-secret',
  statuses: ['queued', 'sent', 'delivered'],
  retryMs: 200, // until a webhook that was not answered 2xx comes again; doubled each time
};

// What the provider refuses with; `code` and `title` are stable.
export const kErrors = {
  1001: [400, 'Invalid number'],
  1002: [400, 'Invalid sender'],
  1003: [400, 'Empty text'],
  1004: [400, 'Text too long'],
  1005: [400, 'Malformed request'],
  1401: [401, 'Unknown key'],
  1403: [403, 'Suspended'],
  1404: [404, 'No such resource'],
  1409: [409, 'Duplicate'],
  1429: [429, 'Too many messages'],
  1500: [500, 'Internal error'],
};
// A number that begins with +999 cannot be reached: taken, then failed with this.
export const kAbsent = { code: '3001', title: 'Absent subscriber' };

export const sign = (body, secret) => createHmac('sha256', secret).update(body).digest('hex');

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export class Provider {
  requests = []; // {method, path, headers, body, status}, in order of arrival
  messages = []; // taken: {id, to, from, text, reference}
  webhooks = []; // {event, status}: each attempt with the gateway's answer

  #byKey = new Map(); // Idempotency-Key → message
  #faults = [];
  #second = { at: 0, count: 0 };
  #stopped = new AbortController();
  #ids = 0;

  constructor(options = {}) {
    this.options = { ...defaults, ...options };
    this.server = http.createServer((request, response) => {
      this.#handle(request, response).catch(() => request.socket.destroy());
    });
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  listen(port = 0) {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => resolve(this));
    });
  }

  async stop() {
    this.#stopped.abort();
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  // For the next messages, one each: {code, headers} refuses; 'lost' takes it and loses the answer.
  next(...faults) {
    this.#faults.push(...faults);
  }

  // A message from a phone.
  receive({ to, from, text, id = `in.${++this.#ids}` }) {
    return this.tell({ type: 'message', account: to, id, from, text });
  }

  // Posts a webhook until it is answered 2xx; resolves with the last answer's status.
  async tell(event) {
    const body = JSON.stringify({ ...event, timestamp: Math.floor(Date.now() / 1000) });
    for (let attempt = 0, wait = this.options.retryMs; ; attempt += 1, wait *= 2) {
      const status = await this.#post(body);
      this.webhooks.push({ event, status });
      const enough = attempt + 1 >= kWebhookAttempts || this.#stopped.signal.aborted;
      if ((status >= 200 && status <= 299) || enough) return status;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#stopped.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()));
      });
    }
  }

  async #post(body) {
    const { webhook, secret } = this.options;
    try {
      const answer = await fetch(webhook, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Sms-Signature': sign(body, secret) },
        body,
        signal: this.#stopped.signal,
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 0; // nobody there
    }
  }

  async #handle(request, response) {
    const { method, url: path, headers } = request;
    const text = await bodyOf(request);
    const body = parsed(text);
    if (method === 'POST' && path === '/demo/inbound') {
      const status = await this.receive(body ?? {});
      return this.#answer(response, 200, { webhook: status });
    }
    const seen = { method, path, headers, body };
    this.requests.push(seen);
    const [status, content, more] = this.#decide(seen);
    seen.status = status;
    if (status === 0) return request.socket.destroy();
    this.#answer(response, status, content, more);
  }

  #answer(response, status, content, headers = {}) {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(content));
  }

  #decide({ method, path, headers, body }) {
    if (headers.authorization !== `Bearer ${this.options.apiKey}`) return refuse(1401);
    if (this.options.suspended) return refuse(1403);
    if (method === 'GET' && path === '/balance')
      return [200, { balance: this.options.balance, currency: 'EUR' }];
    if (method !== 'POST' || path !== '/messages') return refuse(1404);

    const fault = this.#faults.shift();
    if (fault?.code !== undefined) return refuse(fault.code, fault.headers);
    const key = headers['idempotency-key'];
    const wrong = wrongWith(key, body);
    if (wrong) return refuse(wrong);
    const known = this.#byKey.get(key);
    if (known) {
      const [status, content] = refuse(1409);
      return [status, { id: known.id, ...content }];
    }
    if (this.#tooMany()) return refuse(1429, { 'Retry-After': '1' });

    const { to, from, reference = '' } = body;
    const message = { id: `sms.${++this.#ids}`, to, from, text: body.text, reference };
    this.#byKey.set(key, message);
    this.messages.push(message);
    this.#tellStatuses(message).catch(() => {});
    return fault === 'lost' ? [0] : [201, { id: message.id, status: 'queued' }];
  }

  #tooMany() {
    const at = Math.floor(Date.now() / 1000);
    if (this.#second.at !== at) this.#second = { at, count: 0 };
    this.#second.count += 1;
    return this.options.perSecond > 0 && this.#second.count > this.options.perSecond;
  }

  async #tellStatuses({ id, to, from, reference }) {
    if (!this.options.webhook) return;
    const absent = to.startsWith('+999');
    for (const status of absent ? ['queued', 'failed'] : this.options.statuses) {
      const error = status === 'failed' ? { error: kAbsent } : {};
      await this.tell({ type: 'status', account: from, id, reference, status, ...error });
    }
  }
}

function refuse(code, headers) {
  const [status, title] = kErrors[code];
  return [status, { error: { code: String(code), title } }, headers];
}

function wrongWith(key, body) {
  if (!key || typeof body !== 'object' || body === null) return 1005;
  if (!kNumber.test(body.to ?? '')) return 1001;
  if (!kNumber.test(body.from ?? '')) return 1002;
  if (typeof body.text !== 'string' || body.text === '') return 1003;
  return [...body.text].length > kTextLimit ? 1004 : undefined;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: { port: text, 'api-key': text, webhook: text, secret: text },
  });
  const given = { apiKey: values['api-key'], webhook: values.webhook, secret: values.secret };
  const options = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
  const provider = await new Provider(options).listen(Number(values.port ?? 9100));
  console.log(`listening ${provider.url}`);
}
