// SPDX-License-Identifier: Apache-2.0
//
// Stock pusher-js behind a connection that is cut: what it missed is told again, in order, and
// nothing twice. And what else the gateway's own channels are authorized for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import Pusher from 'pusher-js';
import { Cable } from './lib/cable.mjs';
import { connectEcho } from './lib/echo.mjs';
import { kApp, start } from './lib/gardu.mjs';
import { Queue, within } from './lib/queue.mjs';
import { request } from './lib/rest.mjs';

const kFrom = '+6281200000777';

// A front end: it knows the newest seq that it saw, and says so when it is asked.
function frontEnd(gardu, port) {
  const client = { seq: 0, subscriptions: 0 };
  client.pusher = new Pusher(kApp.key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: port,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      endpoint: `${gardu.url}/broadcasting/auth`,
      transport: 'ajax',
      headers: { Authorization: `Bearer ${gardu.token}` },
      paramsProvider: () => (client.seq === 0 ? {} : { after_seq: client.seq }),
    },
  });
  gardu.onStop(() => client.pusher.disconnect());
  client.subscribe = async (name) => {
    const events = new Queue(name);
    const channel = client.pusher.subscribe(name);
    const subscribed = new Promise((resolve, reject) => {
      channel.bind('pusher:subscription_succeeded', () => {
        ++client.subscriptions;
        resolve();
      });
      channel.bind('pusher:subscription_error', (e) =>
        reject(new Error(`${name}: ${JSON.stringify(e)}`)),
      );
    });
    channel.bind_global((event, data) => {
      if (event.startsWith('pusher:')) return;
      client.seq = Math.max(client.seq, data.seq);
      events.push({ event, data });
    });
    await within(subscribed, `subscription to ${name}`);
    events.message = (text) => events.next((e) => e.data.message?.text === text, `message ${text}`);
    return events;
  };
  client.connected = () =>
    within(
      new Promise((resolve) => {
        const { connection } = client.pusher;
        if (connection.state === 'connected') return resolve();
        connection.bind('connected', resolve);
      }),
      'the connection',
    );
  client.lost = () =>
    within(
      new Promise((resolve) => client.pusher.connection.bind('state_change', ({ current }) => {
        if (current !== 'connected') resolve();
      })),
      'the loss of the connection',
    );
  return client;
}

async function inject(gardu, account, texts) {
  for (let i = 0; i < texts.length; i += 100) {
    const messages = texts.slice(i, i + 100).map((text) => ({ from: kFrom, type: 'text', text }));
    await gardu.rest.post('/loopback/inject', { account_id: account.id, messages });
  }
}

const numbered = (count, word) => Array.from({ length: count }, (_, i) => `${word} ${i}`);

async function scene(t, pusher = {}) {
  const load = { loopback: { peer: 'silent' }, pusher };
  const gardu = await start(t, { config: { plugins: { load } } });
  const account = await gardu.account('loopback');
  const cable = await new Cable(t, gardu.pusherPort).lay();
  const workspace = await gardu.workspaceId();
  return { gardu, account, cable, workspace, client: frontEnd(gardu, cable.port) };
}

test('cut for five seconds while 500 messages arrive, a client gets exactly those', async (t) => {
  const { gardu, account, cable, workspace, client } = await scene(t);
  const events = await client.subscribe(`private-workspace.${workspace}`);
  await inject(gardu, account, ['before']);
  await events.message('before');
  const [contact] = await gardu.rest.list('/contacts');
  const chat = await client.subscribe(`private-workspace.${workspace}.chat.${contact.id}`);

  const lost = client.lost();
  cable.cut();
  await lost;
  const missed = numbered(500, 'missed');
  await Promise.all([pause(5000), inject(gardu, account, missed)]);
  const subscriptions = client.subscriptions;
  cable.mend();
  // It goes on live while it still catches up.
  const later = numbered(20, 'later');
  await inject(gardu, account, later);
  await events.message('later 19');
  await chat.message('later 19');
  assert.equal(client.subscriptions, subscriptions + 2);

  for (const queue of [events, chat]) {
    const texts = queue.all
      .filter((e) => e.event === 'message.received')
      .map((e) => e.data.message.text)
      .filter((text) => text !== 'before');
    assert.deepEqual(texts, [...missed, ...later], queue.name);
    const seqs = queue.all.map((e) => e.data.seq);
    assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b), queue.name);
  }
  // Of all kinds, not of messages alone.
  const journal = await gardu.rest.list('/events?after_seq=0');
  const first = events.all[0].data.seq;
  const told = (type) => /^(message|contact|conversation)\./.test(type);
  const wanted = journal.filter((e) => e.seq >= first && told(e.type)).map((e) => e.seq);
  const got = events.all.filter((e) => told(e.event)).map((e) => e.data.seq);
  assert.deepEqual(got, wanted.slice(0, got.length));
  assert.ok(got.length >= 521);
  assert.equal(await gardu.stop(), 0);
});

test('past the limit a client is told to fetch everything anew', async (t) => {
  const { gardu, account, cable, workspace, client } = await scene(t, {
    recovery: { max_events: 20 },
  });
  const events = await client.subscribe(`private-workspace.${workspace}`);
  await inject(gardu, account, ['before']);
  await events.message('before');
  const lost = client.lost();
  cable.cut();
  await lost;
  await inject(gardu, account, numbered(60, 'missed'));
  const newest = await gardu.rest.seq();
  cable.mend();
  const resync = await events.next((e) => e.event === 'gardu.resync', 'gardu.resync');
  assert.deepEqual(resync.data, { seq: newest });
  await inject(gardu, account, ['after']);
  const after = await events.message('after');
  assert.ok(after.data.seq > newest);
  assert.ok(!events.all.some((e) => e.data.message?.text?.startsWith('missed')));
  assert.equal(await gardu.stop(), 0);
});

test('pages of other origins ask for authorization', async (t) => {
  const origin = 'https://app.example.org';
  const gardu = await start(t, { config: { http: { cors_origins: [origin] } } });
  for (const path of ['/broadcasting/auth', '/broadcasting/user-auth']) {
    const preflight = await request(gardu.url + path, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers':
          'authorization,content-type,x-csrf-token,x-requested-with,x-socket-id',
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], origin);
    const allowed = preflight.headers['access-control-allow-headers'].toLowerCase().split(', ');
    for (const name of ['authorization', 'content-type', 'x-csrf-token', 'x-requested-with'])
      assert.ok(allowed.includes(name), name);
    assert.ok(allowed.includes('x-socket-id'));
    const answer = await request(gardu.url + path, {
      method: 'POST',
      headers: {
        Origin: origin,
        Authorization: `Bearer ${gardu.token}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: `socket_id=1.1&channel_name=private-workspace.${await gardu.workspaceId()}`,
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['access-control-allow-origin'], origin);
    const nobody = await request(gardu.url + path, { method: 'POST', headers: { Origin: origin } });
    assert.equal(nobody.status, 401);
    assert.equal(nobody.headers['access-control-allow-origin'], origin);
  }
  assert.equal(await gardu.stop(), 0);
});

test('agents whisper to each other that they type', async (t) => {
  const { gardu, account, workspace } = await scene(t);
  await inject(gardu, account, ['hello']);
  const [contact] = await gardu.rest.list('/contacts');
  const name = `workspace.${workspace}.typing.${contact.id}`;
  const [one, other] = [connectEcho(gardu), connectEcho(gardu)];
  const channel = (await one.private(name)).channel;
  const heard = new Queue('whispers');
  (await other.private(name)).channel.listenForWhisper('typing', (data) => heard.push(data));
  channel.whisper('typing', { name: 'Ann' });
  assert.deepEqual(await heard.next(), { name: 'Ann' });
  assert.equal(await gardu.stop(), 0);
});

// A user of the workspace, by the command line, and a front end with a token of its own.
async function person(gardu, name, role) {
  const email = `${name.toLowerCase()}@example.org`;
  const create = ['user', 'create', '--workspace', 'default', '--email', email, '--role', role];
  const user = await gardu.cli(...create, '--name', name, '--password-stdin', {
    input: 'a long password\n',
  });
  assert.equal(user.code, 0, user.stderr);
  const token = await gardu.cli('token', 'create', '--workspace', 'default', '--user', email);
  assert.equal(token.code, 0, token.stderr);
  const id = user.stdout.trim();
  return {
    info: { id, name, role, avatar: null },
    connect: () => connectEcho(gardu, { token: token.stdout.trim() }),
  };
}

test('the users of a workspace see each other come and go', async (t) => {
  const gardu = await start(t);
  const room = `workspace.${await gardu.workspaceId()}.presence`;
  const ann = await person(gardu, 'Ann', 'admin');
  const bob = await person(gardu, 'Bob', 'agent');
  const seen = new Queue('presence');
  const watch = ann.connect();
  watch.echo
    .join(room)
    .here((users) => seen.push({ here: users }))
    .joining((user) => seen.push({ joining: user }))
    .leaving((user) => seen.push({ leaving: user }));
  assert.deepEqual(await seen.next(), { here: [ann.info] });

  const [one, other] = [bob.connect(), bob.connect()];
  await one.join(room);
  assert.deepEqual(await seen.next(), { joining: bob.info });
  await other.join(room); // the same person again
  one.disconnect();
  other.disconnect();
  assert.deepEqual(await seen.next(), { leaving: bob.info });

  // A token that is nobody's is there as itself.
  const robot = connectEcho(gardu);
  await robot.join(room);
  const { joining } = await seen.next();
  assert.match(joining.id, /^token-/);
  assert.equal(joining.role, 'owner');
  assert.equal(await gardu.stop(), 0);
});

test('a user signs in with the token', async (t) => {
  const gardu = await start(t);
  const ann = await person(gardu, 'Ann', 'viewer');
  const { echo, connected } = ann.connect();
  await connected();
  const { pusher } = echo.connector;
  const signedIn = new Promise((resolve) =>
    pusher.connection.bind('message', (e) => {
      if (e.event === 'pusher:signin_success') resolve(JSON.parse(e.data.user_data));
    }),
  );
  pusher.signin();
  const user = await within(signedIn, 'the sign-in');
  assert.deepEqual(user, { id: ann.info.id, user_info: ann.info });
  assert.equal(await gardu.stop(), 0);
});
