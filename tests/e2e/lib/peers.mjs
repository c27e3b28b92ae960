// SPDX-License-Identifier: Apache-2.0
//
// Thousands of Pusher clients at once, each as little as it can be, and witnesses that say how
// everybody else fares meanwhile.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, within } from './queue.mjs';
import { parse } from './raw_socket.mjs';
import { request } from './rest.mjs';

const kText = 1;
const kClose = 8;
const kPing = 9;
const kPong = 10;
export const kMiB = 2 ** 20;

const hmac = (secret, text) => crypto.createHmac('sha256', secret).update(text).digest('hex');

// A client's frame: masked, with a mask of zeros.
export function masked(opcode, payload, { fin = true } = {}) {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(14);
  head[0] = (fin ? 0x80 : 0) | opcode;
  let size = 2;
  if (bytes.length < 126) head[1] = 0x80 | bytes.length;
  else if (bytes.length < 65536) {
    head[1] = 0x80 | 126;
    size += head.writeUInt16BE(bytes.length, 2) - 2;
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(bytes.length), 2);
    size = 10;
  }
  return Buffer.concat([head.subarray(0, size + 4), bytes]);
}

export class Peer {
  // `closed` resolves with the code of the close frame, or with undefined when there was none.
  constructor(gardu, { answers = true, subscribe = [], user } = {}) {
    Object.assign(this, { gardu, answers, user, rest: Buffer.alloc(0), events: [], handlers: [] });
    this.socket = net.connect(gardu.pusherPort, '127.0.0.1');
    this.socket.setNoDelay();
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve(this.code)));
    this.socket.on('data', (part) => this.#read(part));
    this.socket.write(
      `GET /app/${gardu.app.key}?protocol=7 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n` +
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n',
    );
    this.ready = this.next('pusher:connection_established').then(async (e) => {
      this.id = JSON.parse(e.data).socket_id;
      for (const channel of subscribe) await this.subscribe(channel);
      return this;
    });
    this.ready.catch(() => {});
  }

  // The next event of that name from now on.
  next(name) {
    return within(
      new Promise((resolve, reject) => {
        this.handlers.push({ name, resolve });
        this.closed.then((code) => reject(new Error(`closed with ${code} instead of ${name}`)));
      }),
      name,
      60000,
    );
  }

  async subscribe(channel) {
    const data = { channel };
    const signed = [this.id, channel];
    if (channel.startsWith('presence-')) {
      data.channel_data = JSON.stringify({ user_id: this.user, user_info: { name: this.user } });
      signed.push(data.channel_data);
    }
    const { key, secret } = this.gardu.app;
    if (/^p(resence|rivate)-/.test(channel)) data.auth = `${key}:${hmac(secret, signed.join(':'))}`;
    const done = this.next('pusher_internal:subscription_succeeded');
    this.say('pusher:subscribe', data);
    return done;
  }

  say(event, data) {
    this.socket.write(masked(kText, JSON.stringify({ event, data })));
  }
  // In order, with the server's answer; resolves when it has come.
  leave() {
    this.socket.write(masked(kClose, Buffer.from([3, 232])));
    return this.closed;
  }
  vanish() {
    this.socket.destroy();
    return this.closed;
  }

  #read(part) {
    this.rest = this.rest.length ? Buffer.concat([this.rest, part]) : part;
    if (!this.upgraded) {
      const end = this.rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.upgraded = true;
      this.rest = this.rest.subarray(end + 4);
    }
    for (let frame = parse(this.rest); frame; frame = parse(this.rest)) {
      this.rest = this.rest.subarray(frame.size);
      this.#frame(frame);
    }
  }

  #frame({ opcode, payload }) {
    if (opcode === kPing && this.answers) this.socket.write(masked(kPong, payload));
    if (opcode === kClose) {
      this.code = payload.readUInt16BE(0);
      this.socket.end();
    }
    if (opcode !== kText) return;
    const event = JSON.parse(payload.toString());
    if (event.event === 'pusher:ping' && this.answers) this.say('pusher:pong', {});
    this.on?.(event);
    const at = this.handlers.findIndex((h) => h.name === event.event);
    if (at >= 0) this.handlers.splice(at, 1)[0].resolve(event);
  }
}

// `make(i)` for each, so many at once.
export async function inTurns(count, parallel, make) {
  let next = 0;
  const worker = async () => {
    while (next < count) await make(next++);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

export async function connectMany(gardu, count, options = () => ({})) {
  const peers = [];
  await inTurns(count, 64, async (i) => {
    peers[i] = new Peer(gardu, options(i));
    await peers[i].ready;
  });
  return peers;
}

const kAgent = new http.Agent({ keepAlive: true });

// A signed call of the HTTP API; resolves with the parsed answer.
export function api(gardu, method, path, body = '') {
  const { id, key, secret } = gardu.app;
  const md5 = body && `&body_md5=${crypto.createHash('md5').update(body).digest('hex')}`;
  const query = `auth_key=${key}&auth_timestamp=${Math.floor(Date.now() / 1000)}&auth_version=1.0${md5}`;
  const full = `/apps/${id}${path}`;
  const signature = hmac(secret, `${method}\n${full}\n${query}`);
  const options = {
    host: '127.0.0.1', port: gardu.pusherPort, method, agent: kAgent,
    path: `${full}?${query}&auth_signature=${signature}`,
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
  };
  return new Promise((resolve, reject) => {
    const req = http.request(options, (res) => {
      const parts = [];
      res.on('data', (part) => parts.push(part));
      res.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (res.statusCode !== 200) return reject(new Error(`${full}: ${res.statusCode} ${text}`));
        resolve(JSON.parse(text));
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

export const publish = (gardu, channel, data, name = 'e') =>
  api(gardu, 'POST', '/events', JSON.stringify({ name, channels: [channel], data: JSON.stringify(data) }));

// The sum of a series of the plugin over its labels.
export async function metric(gardu, name) {
  const headers = { Authorization: `Bearer ${gardu.token}` };
  const { text } = await request(`${gardu.url}/metrics`, { headers });
  const lines = text.split('\n').filter((l) => new RegExp(`^gardu_pusher_${name}[ {]`).test(l));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

export const metricIs = (gardu, name, wanted) =>
  eventually(`${name} is not ${wanted}`, async () => {
    const seen = await metric(gardu, name);
    return [seen === wanted, seen];
  });

export function resident(gardu) {
  const status = fs.readFileSync(`/proc/${gardu.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
}

// Sanitizers keep freed memory on purpose, and find leaks by themselves.
export function assertMemory(gardu, before, limit, what) {
  const grown = resident(gardu) - before;
  console.log(`${what}: RSS ${(before / kMiB).toFixed(1)} MiB, grown by ${(grown / kMiB).toFixed(1)} MiB`);
  if (!process.env.GARDU_SANITIZE) assert.ok(grown < limit, `${what}: grown by ${grown} bytes`);
}

// Others, to whom nothing may happen: an event every few milliseconds until `stop`, which checks
// that each of them has all, in order, and prints how long these took.
export async function witnesses(gardu, count = 10) {
  const peers = await connectMany(gardu, count, () => ({ subscribe: ['witnesses'] }));
  const waits = [];
  const seen = peers.map(() => []);
  let told;
  peers.forEach((peer, i) => {
    peer.on = ({ event, data }) => {
      if (event !== 'e') return;
      const { n, at } = JSON.parse(data);
      seen[i].push(n);
      waits.push(performance.now() - at);
      told?.();
    };
  });
  let sent = 0;
  let going = true;
  const run = (async () => {
    while (going) {
      await publish(gardu, 'witnesses', { n: sent++, at: performance.now() });
      await pause(10);
    }
  })();
  run.catch(() => {}); // `stop` says it
  return {
    count,
    async stop(what) {
      going = false;
      await run;
      const all = () => seen.every((list) => list.length >= sent);
      const done = new Promise((resolve) => {
        told = () => all() && resolve();
        told();
      });
      await within(done, () => `${what}: witnesses have ${seen.map((l) => l.length)} of ${sent}`);
      const order = Array.from({ length: sent }, (_, i) => i);
      for (const list of seen) assert.deepEqual(list, order, what);
      waits.sort((a, b) => a - b);
      const at = (p) => waits[Math.min(waits.length - 1, Math.floor(waits.length * p))].toFixed(1);
      console.log(`${what}: ${sent} events to ${count} others, p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms`);
      await Promise.all(peers.map((peer) => peer.leave()));
    },
  };
}
