// SPDX-License-Identifier: Apache-2.0
//
// The admin REST for tests: JSON in and out, and the journal followed live as server-sent events.
import http from 'node:http';
import { Queue, kPatience } from './queue.mjs';

// One request on a connection of its own, raw bytes allowed: what fetch would refuse to send.
export function request(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const req = http.request(url, {
      method,
      agent: false,
      headers: { ...headers, ...(bytes && { 'Content-Length': bytes.length }) },
    });
    req.setTimeout(kPatience, () => req.destroy(new Error(`${method} ${url}: no answer`)));
    req.on('error', reject);
    req.on('response', (res) => {
      const parts = [];
      res.on('data', (part) => parts.push(part));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(parts).toString();
        let json;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: res.statusCode, headers: res.headers, text, body: json });
      });
    });
    req.end(bytes);
  });
}

export class Rest {
  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.streams = new Set();
  }

  call(method, path, body, headers = {}) {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    return request(this.url + (path.startsWith('/api/') ? path : `/api/v1${path}`), {
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...json, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  // The body of a call that must succeed.
  async ok(method, path, body, headers) {
    const answer = await this.call(method, path, body, headers);
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  get(path) {
    return this.ok('GET', path);
  }
  post(path, body, headers) {
    return this.ok('POST', path, body, headers);
  }

  // Every element of a list, page by page.
  async list(path) {
    const all = [];
    let cursor = null;
    do {
      const join = path.includes('?') ? '&' : '?';
      const page = await this.get(
        `${path}${join}limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      );
      all.push(...page.data);
      cursor = page.data.length === 0 ? null : page.next_cursor; // the journal's goes on
    } while (cursor !== null);
    return all;
  }

  // The journal from `after` on, live. `ended` resolves when the gateway ends the stream.
  follow(after = 0) {
    const events = new Queue('journal');
    const url = `${this.url}/api/v1/events?after_seq=${after}`;
    const headers = { Authorization: `Bearer ${this.token}`, Accept: 'text/event-stream' };
    const req = http.get(url, { headers, agent: false });
    this.streams.add(req);
    events.opened = new Promise((resolve, reject) => {
      req.on('error', reject);
      req.on('response', (res) => {
        if (res.statusCode !== 200) return reject(new Error(`GET /events: ${res.statusCode}`));
        resolve(res);
      });
    });
    events.opened.catch(() => {});
    events.ended = new Promise((resolve) => {
      req.on('close', resolve);
      req.on('response', (res) => {
        let rest = '';
        res.setEncoding('utf8');
        res.on('data', (part) => {
          rest += part;
          const blocks = rest.split(/\r?\n\r?\n/);
          rest = blocks.pop();
          for (const block of blocks) {
            const data = block
              .split(/\r?\n/)
              .filter((l) => l.startsWith('data:'))
              .map((l) => l.slice(5).trimStart());
            if (data.length > 0) events.push(JSON.parse(data.join('\n')));
          }
        });
        res.on('error', () => {});
        res.on('close', resolve);
      });
    });
    return events;
  }

  close() {
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  // The newest position of the journal.
  async seq() {
    const events = await this.list('/events?after_seq=0');
    return events.length === 0 ? 0 : events[events.length - 1].seq;
  }
}
