// SPDX-License-Identifier: Apache-2.0
//
// How connections end and what clients make of it; peers that make no sense; and the HTTP API as
// libraries of other languages and proxies use it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { start, temporaryDirectory } from './lib/gardu.mjs';
import { browser, client, complaint, expectStrictFrames, json, server, sockets } from './lib/pusher.mjs';
import { within } from './lib/queue.mjs';
import { openSocket } from './lib/raw_socket.mjs';
import { request } from './lib/rest.mjs';

async function begin(t, options = {}) {
  expectStrictFrames(t);
  const gardu = await start(t, { config: { plugins: { load: { pusher: options } } } });
  return { gardu, sdk: server(gardu) };
}
const app = (id, more = {}) => ({ id, key: `${id}-key`, secret: `${id}-secret`, ...more });

// A masked text frame, as clients must send them.
function say(socket, text) {
  const body = Buffer.from(text);
  const short = body.length < 126;
  const head = Buffer.alloc(short ? 6 : 8);
  head[0] = 0x81;
  head[1] = 0x80 | (short ? body.length : 126);
  if (!short) head.writeUInt16BE(body.length, 2);
  socket.write(Buffer.concat([head, body])); // the mask is of zeros
}

test('clients stay away from what will not change', async (t) => {
  const apps = [
    app('gardu'),
    app('off', { enabled: false }),
    app('full', { max_connections: 1 }),
    app('ours', { allowed_origins: ['*.example.org'] }),
  ];
  const { gardu, sdk } = await begin(t, { apps });
  await client(gardu, sdk, { key: 'full-key' }).state('connected');
  browser.headers = { Origin: 'https://elsewhere.example.com' };
  t.after(() => (browser.headers = {}));
  for (const [key, code] of [
    ['no-such-key', 4001],
    ['off-key', 4003],
    ['full-key', 4004],
    ['ours-key', 4009],
  ]) {
    const refused = client(gardu, sdk, { key });
    const opened = sockets.length;
    assert.equal(await refused.code(), code, key);
    await refused.state('disconnected');
    assert.equal(sockets.length, opened, `${key}: it came back`);
    assert.ok(!refused.frames.all.some((f) => f.event === 'pusher:connection_established'), key);
  }
  browser.headers = { Origin: 'https://www.example.org' };
  await client(gardu, sdk, { key: 'ours-key' }).state('connected');
  browser.headers = {}; // no browser at all
  await client(gardu, sdk, { key: 'ours-key' }).state('connected');
});

test('the error and the close frame have the same code', async (t) => {
  const { gardu } = await begin(t);
  for (const [path, code] of [
    ['/app/no-such-key?protocol=7', 4001],
    ['/app/gardu-key?protocol=abc', 4006],
    ['/app/gardu-key?protocol=3', 4007],
    ['/app/gardu-key?protocol=8', 4007],
  ]) {
    const { frames } = await openSocket(gardu.pusherPort, path);
    const error = await frames.next();
    assert.equal(complaint(error.text), undefined);
    assert.equal(error.event, 'pusher:error');
    assert.equal(error.data.code, code, path);
    const end = await frames.next();
    assert.equal(end.code, code, path);
    assert.ok(Buffer.byteLength(end.reason) <= 123);
  }
  for (const query of ['', '?protocol=7&client=x&version=1&flash=false&more=1', '?protocol=4']) {
    const { frames, socket } = await openSocket(gardu.pusherPort, `/app/gardu-key${query}`);
    assert.equal((await frames.next()).event, 'pusher:connection_established', query);
    socket.destroy();
  }
});

test('a node that is full is tried again', async (t) => {
  const { gardu, sdk } = await begin(t, { max_connections: 1 });
  const first = client(gardu, sdk);
  await first.state('connected');
  const second = client(gardu, sdk);
  assert.equal(await second.code(), 4100);
  first.pusher.disconnect();
  await second.state('connected');
});

// What stands in front of servers that are restarted: it keeps who comes until one is there. Without
// it pusher-js looks again 15 seconds after a refused connection.
async function balancer(t, gardu) {
  const open = new Set();
  const keep = (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    return socket;
  };
  const balancing = net.createServer((incoming) => {
    balancing.last = keep(incoming);
    incoming.on('error', () => {});
    const dial = () => {
      if (incoming.destroyed) return;
      const server = keep(net.connect(gardu.pusherPort, '127.0.0.1'));
      server.once('connect', () => incoming.pipe(server).pipe(incoming));
      server.on('error', () => server.pending && setTimeout(dial, 50));
    };
    dial();
  });
  t.after(() => {
    balancing.close();
    for (const socket of open) socket.destroy();
  });
  await new Promise((done) => balancing.listen(0, '127.0.0.1', done));
  balancing.port = balancing.address().port;
  return balancing;
}

test('a restart: told with 4200, back at once, subscribed again', async (t) => {
  const { gardu, sdk } = await begin(t, { drain_s: 0 });
  const { port: wsPort } = await balancer(t, gardu);
  const ayu = client(gardu, sdk, { user: { id: '1', info: {} }, wsPort });
  const news = await ayu.subscribe('private-news');
  const room = await ayu.subscribe('presence-room');
  assert.equal(await gardu.stop(), 0);
  assert.equal(await ayu.code(), 4200);
  await gardu.restart();
  for (const events of [news, room])
    for (let i = 0; i < 2; ++i) await events.named('pusher:subscription_succeeded');
  await sdk.trigger(['private-news', 'presence-room'], 'after', {});
  await news.named('after');
  await room.named('after');
  assert.equal(room.channel.members.count, 1);
});

test('silence: pings, an answer to them, and 4201 without one', async (t) => {
  const { gardu, sdk } = await begin(t, { activity_timeout_s: 1, pong_timeout_s: 1 });
  const answering = client(gardu, sdk);
  await answering.state('connected');
  const { frames } = await openSocket(gardu.pusherPort, '/app/gardu-key?protocol=7');
  const hello = await frames.next();
  assert.equal(JSON.parse(hello.data).activity_timeout, 1);
  assert.equal((await frames.next()).event, 'pusher:ping');
  const error = await frames.next();
  assert.equal(error.data.code, 4201);
  assert.equal((await frames.next()).code, 4201);
  assert.equal(answering.pusher.connection.state, 'connected');
  assert.equal(answering.states.all.filter((s) => s === 'connected').length, 1);
});

test('a server that went silent is left for another connection', async (t) => {
  const { gardu, sdk } = await begin(t, { activity_timeout_s: 1 });
  const balancing = await balancer(t, gardu);
  const mine = client(gardu, sdk, { wsPort: balancing.port, pongTimeout: 500 });
  const news = await mine.subscribe('news');
  balancing.last.unpipe();
  balancing.last.removeAllListeners('data');
  const before = balancing.last;
  before.write = () => true; // neither way
  for (let i = 0; i < 2; ++i) await news.named('pusher:subscription_succeeded');
  assert.notEqual(balancing.last, before);
  await sdk.trigger('news', 'after', {});
  await news.named('after');
});

test('over TLS: wss and https', async (t) => {
  const dir = temporaryDirectory(t);
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(dir, name));
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await promisify(execFile)('openssl', [...made, '-keyout', key, '-out', certificate, ...name]);
  const { gardu } = await begin(t, { tls: { certificate, key } });
  const ca = fs.readFileSync(certificate);
  browser.tls = { ca: String(ca), servername: 'localhost' };
  t.after(() => (browser.tls = {}));
  const sdk = server(gardu, { useTLS: true, agent: new https.Agent({ ca }) });
  const secure = { wssPort: gardu.pusherPort, forceTLS: true, enabledTransports: ['ws', 'wss'] };
  const mine = client(gardu, sdk, { ...secure, user: { id: '1' } });
  const room = await mine.subscribe('presence-room');
  assert.deepEqual(await json(await sdk.trigger('presence-room', 'big', 'x'.repeat(10000))), {});
  assert.equal((await room.named('big')).length, 10000);
  assert.match(sockets.at(-1).socket.url, /^wss:/);
});

test('messages of any shape are answered, and the connection goes on', async (t) => {
  const { gardu } = await begin(t);
  const { frames, socket } = await openSocket(gardu.pusherPort, '/app/gardu-key?protocol=7');
  await frames.next();
  const shapes = [null, '', 0, 1.5, true, [], {}, [[]], 'x', '{', '[]', '"x"', '😮\u0000'];
  const messages = shapes.map((s) => JSON.stringify(s)).concat('', '{', '\u0000', '{"event":}');
  for (const event of ['pusher:subscribe', 'pusher:unsubscribe', 'pusher:signin', 'client-a', 'x'])
    for (const shape of shapes) {
      messages.push(JSON.stringify({ event, data: shape }));
      // A sign-in that is well formed but not signed would end the connection.
      const user_data = typeof shape === 'string' ? 7 : shape;
      messages.push(JSON.stringify({ event, data: { channel: shape, auth: shape, user_data } }));
      messages.push(
        JSON.stringify({
          event,
          channel: shape,
          data: { channel: 'presence-a', auth: shape, channel_data: shape },
        }),
      );
      messages.push(JSON.stringify({ event: shape, data: {} }));
    }
  for (const message of messages) say(socket, message);
  say(socket, JSON.stringify({ event: 'pusher:subscribe', data: { channel: 'the-end' } }));
  await frames.next((f) => f.channel === 'the-end');
  for (const { text } of frames.all) assert.equal(complaint(text), undefined);
  assert.ok(frames.all.filter((f) => f.event === 'pusher:error').length > shapes.length);
  assert.ok(!frames.all.some((f) => f.code), 'it was closed');
  socket.destroy();
});

test('two apps do not hear each other, and keys can be rotated', async (t) => {
  const next = { key: 'next-key', secret: 'next-secret' };
  const { gardu, sdk } = await begin(t, { apps: [app('gardu', { keys: [next] }), app('other')] });
  const others = server(gardu, { appId: 'other', key: 'other-key', secret: 'other-secret' });
  const rotated = server(gardu, next);
  const one = client(gardu, rotated, { key: 'next-key' });
  const two = client(gardu, others, { key: 'other-key' });
  const mine = await one.subscribe('private-news');
  const theirs = await two.subscribe('private-news');
  await sdk.trigger('private-news', 'old key', {});
  await rotated.trigger('private-news', 'new key', {});
  await mine.named('old key');
  await mine.named('new key');
  await others.trigger('private-news', 'theirs', {});
  await theirs.named('theirs');
  assert.equal(theirs.all.filter((e) => !e.event.startsWith('pusher:')).length, 1);
  assert.equal(mine.count('theirs'), 0);
  const { channels } = await json(await others.get({ path: '/channels' }));
  assert.deepEqual(Object.keys(channels), ['private-news']);
  // A key of one app opens nothing of another.
  const crossed = server(gardu, { appId: 'other', key: 'next-key', secret: 'next-secret' });
  await assert.rejects(crossed.get({ path: '/channels' }), (e) => e.status === 401);
});

// A signed call with the raw text of its query in the test's hands.
function signed(sdk, gardu, { method = 'POST', path, body = '', params, prefix = '', change = (q) => q }) {
  const query = sdk.createSignedQueryString({ method, path, params, body: body || undefined });
  const url = `http://127.0.0.1:${gardu.pusherPort}${prefix}${path}?${change(query)}`;
  return request(url, { method, body: body || undefined });
}

test('signatures: time, body, version, and what is signed', async (t) => {
  const { gardu, sdk } = await begin(t);
  const path = '/apps/gardu/events';
  const body = JSON.stringify({ name: 'n', channels: ['a'], data: '1' });
  const ok = await signed(sdk, gardu, { path, body });
  assert.equal(ok.status, 200);
  assert.equal(ok.text, '{}');
  assert.equal(Number(ok.headers['content-length']), 2);

  const now = Math.floor(Date.now() / 1000);
  const times = [
    [-590, 200],
    [590, 200],
    [-610, 401],
    [610, 401],
  ];
  for (const [seconds, status] of times) {
    // The SDK signs the time that its clock has.
    const real = Date.now;
    Date.now = () => (now + seconds) * 1000;
    const call = signed(sdk, gardu, { path, body });
    Date.now = real;
    assert.equal((await call).status, status, `${seconds} s`);
  }
  const changes = [
    (q) => q.replace(/auth_signature=./, 'auth_signature=g'),
    (q) => q.replace(/&?auth_signature=[^&]*/, ''),
    (q) => q.replace('auth_version=1.0', 'auth_version=2.0'),
    (q) => q.replace(/&?body_md5=[^&]*/, ''),
    (q) => q.replace(/auth_key=[^&]*/, 'auth_key=other'),
    (q) => q.replace(/auth_timestamp=[^&]*/, 'auth_timestamp=soon'),
    () => '',
  ];
  for (const change of changes)
    assert.equal((await signed(sdk, gardu, { path, body, change })).status, 401, String(change));
  // The signature fits the query, but not these bytes.
  const query = sdk.createSignedQueryString({ method: 'POST', path, body });
  const url = `http://127.0.0.1:${gardu.pusherPort}${path}?${query}`;
  const other = await request(url, { method: 'POST', body: body.replace('"a"', '"b"') });
  assert.equal(other.status, 401);
  const unknown = path.replace('gardu', 'nobody');
  assert.equal((await signed(sdk, gardu, { path: unknown, body })).status, 404);
  const broken = await signed(sdk, gardu, { path, body: '{"name":' });
  assert.equal(broken.status, 400);
});

test('below a prefix everything works, and nothing without it', async (t) => {
  const { gardu, sdk } = await begin(t, { path: '/ws' });
  const mine = client(gardu, sdk, { wsPath: '/ws' });
  const news = mine.pusher.subscribe('news');
  const heard = new Promise((resolve) => news.bind('n', resolve));
  await within(new Promise((done) => news.bind('pusher:subscription_succeeded', done)), 'news');
  const path = '/apps/gardu/events';
  const body = JSON.stringify({ name: 'n', channel: 'news', data: '1' });
  // Signed without the prefix, as libraries do, and with it.
  assert.equal((await signed(sdk, gardu, { path, body, prefix: '/ws' })).status, 200);
  assert.equal((await signed(sdk, gardu, { path: `/ws${path}`, body })).status, 200);
  assert.equal((await signed(sdk, gardu, { path, body })).status, 404);
  assert.equal(await within(heard, 'the event'), 1);
  const base = `http://127.0.0.1:${gardu.pusherPort}`;
  assert.deepEqual((await request(`${base}/ws/up`)).body, { health: 'OK' });
  assert.equal((await request(`${base}/up`)).status, 404);
  const refused = openSocket(gardu.pusherPort, '/app/gardu-key?protocol=7');
  await assert.rejects(refused, /HTTP\/1.1 404/);
});

test('a hundred requests on one connection, in pieces and in a row', async (t) => {
  const { gardu, sdk } = await begin(t);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  let connections = 0;
  const { createConnection } = agent;
  agent.createConnection = (...args) => {
    connections += 1;
    return createConnection.apply(agent, args);
  };
  const persistent = server(gardu, { agent });
  const news = await client(gardu, sdk).subscribe('news');
  for (let i = 0; i < 100; ++i) {
    const answer = await persistent.trigger('news', 'n', { i });
    assert.equal(await answer.text(), '{}');
  }
  await news.next((e) => e.event === 'n' && e.data.i === 99);
  assert.deepEqual(
    news.all.filter((e) => e.event === 'n').map((e) => e.data.i),
    Array.from({ length: 100 }, (_, i) => i),
  );
  assert.equal(connections, 1);

  // Three requests at once, the last one's body byte by byte.
  const path = '/apps/gardu/events';
  const texts = [1, 2, 3].map((n) => {
    const body = JSON.stringify({ name: 'piped', channel: 'news', data: String(n) });
    const query = sdk.createSignedQueryString({ method: 'POST', path, body });
    return `POST ${path}?${query} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  });
  const socket = net.connect(gardu.pusherPort, '127.0.0.1');
  socket.setNoDelay(true);
  let answers = '';
  const done = new Promise((resolve) =>
    socket.on('data', (part) => {
      answers += part;
      if (answers.split('HTTP/1.1 200').length === 4) resolve();
    }),
  );
  socket.write(texts[0] + texts[1]);
  for (const byte of texts[2]) socket.write(byte);
  await within(done, () => `three answers; there was ${answers}`);
  socket.destroy();
  for (const n of [1, 2, 3]) assert.equal((await news.next((e) => e.event === 'piped')).data, n);
});
