// SPDX-License-Identifier: Apache-2.0
//
// Stock pusher-js clients and the Pusher server SDK against one gateway. Every frame that reaches any
// client of a test is kept and must be one that typed clients (Swift, Java) can read, too.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import PusherServer from 'pusher';
import { kApp } from './gardu.mjs';
import { Queue, within } from './queue.mjs';

const PusherClient = createRequire(import.meta.url)('pusher-js');

// Frames of these events belong to no channel.
const kOfConnection = [
  'pusher:connection_established',
  'pusher:error',
  'pusher:ping',
  'pusher:pong',
  'pusher:signin_success',
  'pusher_internal:watchlist_events',
];
const kFields = ['event', 'channel', 'data', 'user_id'];

// What a typed client would stumble over; undefined: nothing.
export function complaint(text) {
  try {
    strict(text);
    return undefined;
  } catch (e) {
    return `${e.message}: ${text}`;
  }
}

function strict(text) {
  assert.equal(typeof text, 'string', 'a binary frame');
  const frame = JSON.parse(text);
  const { event, channel, data } = frame;
  assert.equal(typeof event, 'string', 'no event');
  for (const field of Object.keys(frame)) assert.ok(kFields.includes(field), `field ${field}`);
  if (event === 'pusher:error') {
    assert.ok(typeof data === 'object' && data !== null, 'the data of an error is no object');
    assert.equal(typeof data.message, 'string', 'message');
    assert.ok(Number.isInteger(data.code) && data.code >= 4000, 'code');
  } else {
    assert.equal(typeof data, 'string', 'data is no string');
  }
  if (kOfConnection.includes(event)) assert.equal(channel, undefined, 'a channel');
  else assert.equal(typeof channel, 'string', 'no channel');
  if (frame.user_id !== undefined) {
    assert.equal(typeof frame.user_id, 'string', 'user_id');
    assert.ok(event.startsWith('client-') && channel.startsWith('presence-'), 'user_id here');
  }
  const inner = event.startsWith('pusher') && typeof data === 'string' ? JSON.parse(data) : {};
  if (event.includes('member_')) assert.equal(typeof inner.user_id, 'string', 'member user_id');
  if (inner.presence) {
    const { ids, hash, count } = inner.presence;
    assert.deepEqual([...ids].sort(), Object.keys(hash).sort(), 'ids and hash');
    assert.equal(count, ids.length, 'count');
    for (const id of ids) assert.equal(typeof id, 'string', 'id');
  }
  if (event === 'pusher:connection_established') {
    assert.match(inner.socket_id, /^\d+\.\d+$/);
    assert.ok(Number.isInteger(inner.activity_timeout) && inner.activity_timeout > 0, 'timeout');
  }
}

// The sockets that pusher-js opens, newest last, with the frames that came; and what they say of
// themselves, as a browser does.
export const sockets = [];
export const browser = { headers: {}, tls: {} };
const complaints = [];
const Stock = PusherClient.Runtime.getWebSocketAPI();
PusherClient.Runtime.getWebSocketAPI = () =>
  function Recorded(url) {
    const socket = new Stock(url, [], structuredClone(browser));
    const kept = { socket, frames: new Queue(url) };
    sockets.push(kept);
    const { close } = socket; // of a closed one it would hold Node up for 30 s
    socket.close = (...args) => socket.readyState < 2 && close.apply(socket, args);
    socket.addEventListener('message', ({ data }) => {
      const problem = complaint(data);
      if (problem) complaints.push(problem);
      else kept.frames.push(JSON.parse(data));
    });
    return socket;
  };

// To be called by every test: no frame of any client may have been hard to read.
export function expectStrictFrames(t) {
  t.after(() => assert.deepEqual(complaints.splice(0), []));
}

export function server(gardu, options = {}) {
  const { id: appId, key, secret } = gardu.app;
  return new PusherServer({
    appId,
    key,
    secret,
    useTLS: false,
    host: '127.0.0.1',
    port: String(gardu.pusherPort),
    encryptionMasterKeyBase64: Buffer.alloc(32, 7).toString('base64'),
    ...options,
  });
}

export const json = (response) => response.json();
// What a call that must fail was refused with.
export async function refusal(call) {
  try {
    await call;
  } catch (e) {
    return { status: e.status, body: e.body };
  }
  throw new Error('it was not refused');
}

// `user`: {id, info, watchlist} as which it joins presence channels and signs in.
export function client(gardu, sdk, { user, key = gardu.app.key, ...options } = {}) {
  const at = sockets.length;
  const pusher = new PusherClient(key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: gardu.pusherPort,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => {
        const data = channelName.startsWith('presence-') &&
          user && { user_id: user.id, user_info: user.info };
        callback(null, sdk.authorizeChannel(socketId, channelName, data || undefined));
      },
    },
    userAuthentication: {
      customHandler: ({ socketId }, callback) => {
        const { id, info: user_info, watchlist } = user;
        callback(null, sdk.authenticateUser(socketId, { id, user_info, watchlist }));
      },
    },
    ...options,
  });
  gardu.onStop(() => pusher.disconnect());
  const states = new Queue('states');
  pusher.connection.bind('state_change', ({ current }) => states.push(current));
  const errors = new Queue('errors');
  pusher.connection.bind('error', (e) => errors.push(e));
  const self = {
    pusher,
    states,
    errors,
    // Of its first socket.
    get frames() {
      return sockets[at].frames;
    },
    socketId: () => pusher.connection.socket_id,
    state: (name) => reach(pusher.connection, name),
    subscribe: (name) => subscribe(pusher, name),
    // The code of the next error, said on its own or with the end of the connection.
    code: () => errors.next().then((e) => (e.data ?? e.error.data).code),
    // After this everything that was sent to it before has arrived, and the server has read all that
    // it said itself.
    quiet: () => quiet(self, sdk),
  };
  return self;
}

function reach(connection, name) {
  const reached = new Promise((resolve) => {
    if (connection.state === name) return resolve();
    connection.bind('state_change', ({ current }) => current === name && resolve());
  });
  return within(reached, () => `the state ${name}; it is ${connection.state}`);
}

// The events of a channel, as {event, data, user_id}; its own of the protocol begin with pusher:.
async function subscribe(pusher, name) {
  const events = listen(pusher.subscribe(name));
  const { channel } = events;
  const done = new Promise((resolve, reject) => {
    if (channel.subscribed) return resolve();
    channel.bind('pusher:subscription_succeeded', resolve);
    channel.bind('pusher:subscription_error', (e) =>
      reject(new Error(`${name}: ${JSON.stringify(e)}`)),
    );
  });
  events.succeeded = await within(done, `subscription to ${name}`);
  return events;
}

export function listen(channel) {
  const events = new Queue(channel.name);
  const { emit } = channel;
  channel.emit = function (event, data, metadata) {
    events.push({ event, data, ...metadata });
    return emit.call(this, event, data, metadata);
  };
  events.channel = channel;
  events.named = (event) => events.next((e) => e.event === event, event).then((e) => e.data);
  events.count = (event) => events.all.filter((e) => e.event === event).length;
  return events;
}

let marks = 0;
async function quiet(self, sdk) {
  const mark = `mark-${++marks}`;
  const events = await self.subscribe(mark);
  await sdk.trigger(mark, 'mark', {});
  await events.named('mark');
  self.pusher.unsubscribe(mark);
  const mine = (s) => s.frames.all[0]?.data.includes(`"${self.socketId()}"`);
  const pong = sockets.find(mine).frames.next((f) => f.event === 'pusher:pong', 'the pong');
  self.pusher.send_event('pusher:ping', {});
  await pong;
}

export { kApp, PusherClient };
