// SPDX-License-Identifier: Apache-2.0
//
// Clients that sign in as users: events to a user, termination, and who watches whom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { client, expectStrictFrames, json, refusal, server, sockets } from './lib/pusher.mjs';
import { Queue, within } from './lib/queue.mjs';

async function begin(t, app = {}) {
  expectStrictFrames(t);
  const apps = [{ id: 'gardu', key: 'gardu-key', secret: 'e2e-pusher-secret', ...app }];
  const gardu = await start(t, { config: { plugins: { load: { pusher: { apps } } } } });
  const sdk = server(gardu);
  return { gardu, sdk };
}

// A client that has signed in, with the events that are sent to its user.
async function signedIn(gardu, sdk, user) {
  const self = client(gardu, sdk, { user });
  self.personal = new Queue(`user ${user.id}`);
  self.pusher.user.bind_global((event, data) => self.personal.push({ event, data }));
  self.watched = new Queue(`what ${user.id} watches`);
  for (const name of ['online', 'offline'])
    self.pusher.user.watchlist.bind(name, ({ user_ids }) => self.watched.push([name, ...user_ids]));
  self.pusher.signin();
  await within(self.pusher.user.signinDonePromise, `the sign-in of ${user.id}`);
  assert.deepEqual(self.pusher.user.user_data.id, user.id);
  // pusher-js subscribes to the user's own channel by itself.
  const own = `#server-to-user-${user.id}`;
  await self.frames.next((f) => f.channel === own && f.event.endsWith(':subscription_succeeded'));
  return self;
}

test('an event to a user reaches all connections of that user and nobody else', async (t) => {
  const { gardu, sdk } = await begin(t);
  const ayu = { id: '1', info: { name: 'Ayu' } };
  const tabs = [await signedIn(gardu, sdk, ayu), await signedIn(gardu, sdk, ayu)];
  const budi = await signedIn(gardu, sdk, { id: 'budi@example.org' });
  const nobody = client(gardu, sdk);
  assert.deepEqual(await json(await sdk.sendToUser('1', 'greeting', { text: 'Pagi' })), {});
  for (const tab of tabs)
    assert.deepEqual((await tab.personal.next((e) => e.event === 'greeting')).data, { text: 'Pagi' });
  await sdk.sendToUser('budi@example.org', 'greeting', 'x');
  assert.equal((await budi.personal.next((e) => e.event === 'greeting')).data, 'x');
  await sdk.sendToUser('unknown', 'greeting', {});
  for (const one of [...tabs, budi, nobody]) await one.quiet();
  assert.equal(budi.personal.all.filter((e) => e.event === 'greeting').length, 1);
  assert.ok(!nobody.frames.all.some((f) => f.event === 'greeting'));

  const success = tabs[0].frames.all.find((f) => f.event === 'pusher:signin_success');
  assert.equal(JSON.parse(JSON.parse(success.data).user_data).id, '1');
  // Another's channel stays closed, signed in or not; so does one's own before.
  for (const [one, name] of [
    [tabs[0], '#server-to-user-budi@example.org'],
    [nobody, '#server-to-user-1'],
  ])
    await assert.rejects(one.subscribe(name), /server-to-user/);
});

test('a user is remembered by the next connection', async (t) => {
  const { gardu, sdk } = await begin(t);
  const ayu = await signedIn(gardu, sdk, { id: '1' });
  ayu.pusher.disconnect();
  await ayu.state('disconnected');
  ayu.pusher.connect();
  await ayu.state('connected');
  const arrived = ayu.personal.next((e) => e.event === 'again');
  const { frames } = sockets.at(-1);
  await frames.next((f) => f.channel === '#server-to-user-1');
  await sdk.sendToUser('1', 'again', {});
  await arrived;
});

test('terminating a user ends his connections for good, and nobody else is touched', async (t) => {
  const { gardu, sdk } = await begin(t);
  const tabs = [await signedIn(gardu, sdk, { id: '1' }), await signedIn(gardu, sdk, { id: '1' })];
  const budi = await signedIn(gardu, sdk, { id: '2' });
  const room = await budi.subscribe('presence-room');
  await tabs[0].subscribe('presence-room');
  await room.named('pusher:member_added');
  assert.deepEqual(await json(await sdk.terminateUserConnections('1')), {});
  for (const tab of tabs) {
    await tab.state('disconnected'); // and not: connecting
    assert.equal(await tab.code(), 4009);
  }
  assert.equal((await room.named('pusher:member_removed')).id, '1');
  assert.deepEqual(await json(await sdk.terminateUserConnections('nobody')), {});
  await budi.quiet();
  assert.equal(budi.pusher.connection.state, 'connected');
  assert.equal((await refusal(server(gardu, { appId: 'x' }).terminateUserConnections('1'))).status, 404);
});

test('a sign-in that is not signed, or as somebody else, is refused', async (t) => {
  const { gardu, sdk } = await begin(t);
  const forger = client(gardu, server(gardu, { secret: 'a wrong secret' }), { user: { id: '1' } });
  forger.pusher.signin();
  assert.equal(await forger.code(), 4009);
  await sdk.sendToUser('1', 'secret', {});
  assert.ok(!forger.frames.all.some((f) => f.event === 'secret' || /signin_success/.test(f.event)));

  const ayu = await signedIn(gardu, sdk, { id: '1' });
  ayu.pusher.send_event('pusher:signin', sdk.authenticateUser(ayu.socketId(), { id: '2' }));
  assert.equal(await ayu.code(), 4009);
  await ayu.state('disconnected');
  assert.ok(!ayu.frames.all.some((f) => f.channel === '#server-to-user-2'));
});

test('no user authentication where the app does not want it', async (t) => {
  const { gardu, sdk } = await begin(t, { user_authentication: false });
  const one = client(gardu, sdk, { user: { id: '1' } });
  one.pusher.signin();
  assert.ok((await one.code()) >= 4000);
  assert.ok(!one.frames.all.some((f) => f.event === 'pusher:signin_success'));
});

test('whoever is signed in joins presence channels as that user', async (t) => {
  const { gardu, sdk } = await begin(t);
  const ayu = await signedIn(gardu, sdk, { id: '1', info: { name: 'Ayu' } });
  // What the auth endpoint answers when it leaves the user to the sign-in: no channel_data.
  ayu.pusher.config.channelAuthorizer = ({ socketId, channelName }, callback) =>
    callback(null, { auth: sdk.authorizeChannel(socketId, channelName).auth });
  const room = await ayu.subscribe('presence-room');
  assert.deepEqual(room.channel.members.me, { id: '1', info: { name: 'Ayu' } });
  const { users } = await json(await sdk.get({ path: '/channels/presence-room/users' }));
  assert.deepEqual(users, [{ id: '1' }]);
});

test('a watchlist tells who is online, who comes and who goes', async (t) => {
  const { gardu, sdk } = await begin(t);
  const budi = await signedIn(gardu, sdk, { id: '2' });
  const ayu = await signedIn(gardu, sdk, { id: '1', watchlist: ['2', '3', 'nobody'] });
  assert.deepEqual(await ayu.watched.next(), ['online', '2']);
  const citra = await signedIn(gardu, sdk, { id: '3' });
  assert.deepEqual(await ayu.watched.next(), ['online', '3']);
  const tab = await signedIn(gardu, sdk, { id: '3' });
  citra.pusher.disconnect();
  budi.pusher.disconnect();
  assert.deepEqual(await ayu.watched.next(), ['offline', '2']); // 3 has another tab
  tab.pusher.disconnect();
  assert.deepEqual(await ayu.watched.next(), ['offline', '3']);
  assert.equal(ayu.watched.all.length, 4);
});

test('a watchlist that is too long is cut, and the sign-in succeeds', async (t) => {
  const { gardu, sdk } = await begin(t);
  const watchlist = Array.from({ length: 101 }, (_, i) => `w${i}`);
  const ayu = await signedIn(gardu, sdk, { id: '1', watchlist });
  assert.equal(await ayu.code(), 4302);
  await signedIn(gardu, sdk, { id: 'w99' });
  assert.deepEqual(await ayu.watched.next(), ['online', 'w99']);
  await signedIn(gardu, sdk, { id: 'w100' });
  await ayu.quiet();
  assert.equal(ayu.watched.all.length, 1);
});
