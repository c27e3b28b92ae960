// SPDX-License-Identifier: Apache-2.0
//
// Every kind of channel and every call of the server SDK, with stock clients.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { client, expectStrictFrames, json, refusal, server } from './lib/pusher.mjs';

async function begin(t, app = {}, options = {}) {
  expectStrictFrames(t);
  const apps = [{ id: 'gardu', key: 'gardu-key', secret: 'e2e-pusher-secret', ...app }];
  const gardu = await start(t, { config: { plugins: { load: { pusher: { apps, ...options } } } } });
  return { gardu, sdk: server(gardu) };
}
const info = async (sdk, path, params) => json(await sdk.get({ path, params }));
const kAyu = { id: '1', info: { name: 'Ayu' } };
const kBudi = { id: '2', info: { name: 'Budi' } };

test('each kind of channel: subscribed, heard, left', async (t) => {
  const { gardu, sdk } = await begin(t);
  const mine = client(gardu, sdk, { user: kAyu });
  const kinds = [
    'news',
    'private-a',
    'private-encrypted-a',
    'presence-a',
    'cache-a',
    'private-cache-a',
    'private-encrypted-cache-a',
    'presence-cache-a',
    'privateer', // begins like others, but is public
    'my-cache-x',
    'presences',
    'A_b-c=@,.;9',
  ];
  const payload = { title: 'Pagi 😮', nested: [1, null, 'x', { '"': '\\' }] };
  const channels = {};
  for (const kind of kinds) channels[kind] = await mine.subscribe(kind);
  for (const kind of kinds) {
    assert.deepEqual(await json(await sdk.trigger(kind, 'posted', payload)), {}, kind);
    assert.deepEqual(await channels[kind].named('posted'), payload, kind);
  }
  assert.deepEqual(Object.keys((await info(sdk, '/channels')).channels).sort(), kinds.sort());
  for (const text of ['plain text', '', '123', '"quoted"', 'null'])
    await sdk.trigger('private-a', 'text', text);
  await sdk.trigger('private-a', 'end', {});
  await channels['private-a'].named('end');
  const texts = channels['private-a'].all.filter((e) => e.event === 'text').map((e) => e.data);
  assert.deepEqual(texts, ['plain text', '', 123, 'quoted', null]); // as pusher-js reads them

  const secret = mine.frames.all.find((f) => f.event === 'posted' && /encrypted-a/.test(f.channel));
  assert.deepEqual(Object.keys(JSON.parse(secret.data)).sort(), ['ciphertext', 'nonce']);

  for (const kind of kinds.filter((k) => k !== 'news')) mine.pusher.unsubscribe(kind);
  await mine.quiet();
  assert.deepEqual(await info(sdk, '/channels'), { channels: { news: {} } });
  await sdk.trigger(['private-a', 'presence-a', 'news'], 'late', {});
  await channels.news.named('late');
  assert.equal(channels['private-a'].count('late') + channels['presence-a'].count('late'), 0);
});

test('cache channels tell newcomers the last published event, or that there is none', async (t) => {
  const { gardu, sdk } = await begin(t);
  const one = client(gardu, sdk, { user: kAyu });
  const two = client(gardu, sdk, { user: kBudi });
  for (const name of ['cache-a', 'private-cache-a', 'presence-cache-a', 'private-encrypted-cache-a']) {
    const first = await one.subscribe(name);
    await first.named('pusher:cache_miss');
    await sdk.trigger(name, 'price', { n: 1 });
    await sdk.trigger(name, 'price', { n: 2 });
    await first.next((e) => e.event === 'price' && e.data.n === 2);
    const whispers = !name.includes('encrypted') && name.startsWith('p');
    if (whispers) first.channel.trigger('client-a', {}); // is not kept
    const second = await two.subscribe(name);
    assert.deepEqual(await second.named('price'), { n: 2 }, name);
    await two.quiet();
    assert.equal(second.count('price'), 1, name);
    assert.equal(second.count('pusher:cache_miss'), 0, name);
    assert.equal(second.count('client-a'), 0, name);
    const order = two.frames.all.filter((f) => f.channel === name).map((f) => f.event);
    assert.equal(order[0], 'pusher_internal:subscription_succeeded', name);
  }
  // Nobody needs to be there when it is published, and it outlives those who were.
  await sdk.trigger('cache-before', 'early', { n: 3 });
  const late = await one.subscribe('cache-before');
  assert.deepEqual(await late.named('early'), { n: 3 });
  one.pusher.unsubscribe('cache-before');
  await one.quiet();
  assert.deepEqual(await (await two.subscribe('cache-before')).named('early'), { n: 3 });
  const { cache } = await info(sdk, '/channels/cache-a', { info: 'cache' });
  assert.equal(cache.data, '{"n":2}');
  assert.ok(Number.isInteger(cache.ttl) && cache.ttl > 0, JSON.stringify(cache));
  assert.equal((await info(sdk, '/channels/cache-never', { info: 'cache' })).cache, null);
  await (await one.subscribe('my-cache-x')).named('pusher:subscription_succeeded');
  await one.quiet();
  assert.ok(!one.frames.all.some((f) => f.event === 'pusher:cache_miss' && f.channel === 'my-cache-x'));
});

test('presence is by user: the list, who comes, who goes, second tabs', async (t) => {
  const { gardu, sdk } = await begin(t);
  const ayu = client(gardu, sdk, { user: kAyu });
  const room = await ayu.subscribe('presence-room');
  const { members } = room.channel;
  assert.deepEqual(members.me, kAyu);
  assert.equal(members.count, 1);

  const budi = client(gardu, sdk, { user: kBudi });
  const his = await budi.subscribe('presence-room');
  assert.equal(his.channel.members.count, 2);
  assert.deepEqual(his.channel.members.get('1'), kAyu);
  assert.deepEqual(await room.named('pusher:member_added'), kBudi);
  assert.equal(members.count, 2);

  const tab = client(gardu, sdk, { user: kBudi });
  const second = await tab.subscribe('presence-room');
  assert.equal(second.channel.members.count, 2);
  assert.deepEqual(second.channel.members.me, kBudi);
  assert.deepEqual(await info(sdk, '/channels/presence-room/users'), {
    users: [{ id: '1' }, { id: '2' }],
  });
  const counts = await info(sdk, '/channels/presence-room', { info: 'user_count' });
  assert.deepEqual(counts, { occupied: true, user_count: 2 });
  const rooms = { filter_by_prefix: 'presence-', info: 'user_count' };
  const { channels } = await info(sdk, '/channels', rooms);
  assert.deepEqual(channels, { 'presence-room': { user_count: 2 } });

  tab.pusher.disconnect();
  await budi.quiet();
  assert.equal(members.count, 2);
  budi.pusher.unsubscribe('presence-room');
  assert.deepEqual((await room.named('pusher:member_removed')).id, '2');
  assert.equal(members.count, 1);
  await ayu.quiet();
  assert.equal(room.count('pusher:member_added'), 1);
  assert.equal(room.count('pusher:member_removed'), 1);
  assert.equal(his.count('pusher:member_added'), 0); // nobody hears of himself

  await budi.subscribe('presence-room');
  await room.named('pusher:member_added');
  budi.pusher.disconnect(); // without a word
  await room.named('pusher:member_removed');
  assert.equal((await info(sdk, '/channels/presence-room/users')).users.length, 1);
});

test('a full presence channel refuses newcomers, but not a second tab', async (t) => {
  const { gardu, sdk } = await begin(t, { limits: { presence_members: 1 } });
  await client(gardu, sdk, { user: kAyu }).subscribe('presence-room');
  await client(gardu, sdk, { user: kAyu }).subscribe('presence-room');
  await assert.rejects(client(gardu, sdk, { user: kBudi }).subscribe('presence-room'), /presence-room/);
  // A number as id, and no info at all.
  const odd = client(gardu, sdk, { user: { id: 7 } });
  const other = await odd.subscribe('presence-other');
  assert.deepEqual(other.channel.members.get('7'), { id: '7', info: null });
});

test('whispers reach the other members, with the sender where there are members', async (t) => {
  const { gardu, sdk } = await begin(t);
  const ayu = client(gardu, sdk, { user: kAyu });
  const budi = client(gardu, sdk, { user: kBudi });
  for (const name of ['private-a', 'private-cache-a', 'presence-a', 'presence-cache-a']) {
    const hers = await ayu.subscribe(name);
    const his = await budi.subscribe(name);
    hers.channel.trigger('client-typing', { n: [1] });
    const heard = await his.next((e) => e.event === 'client-typing');
    assert.deepEqual(heard.data, { n: [1] });
    assert.equal(heard.user_id, name.startsWith('presence-') ? '1' : undefined);
    his.channel.trigger('client-plain', 'text');
    assert.equal((await hers.next((e) => e.event === 'client-plain')).data, 'text');
    hers.channel.trigger('client-nothing');
    await his.named('client-nothing');
    await ayu.quiet();
    assert.equal(hers.count('client-typing'), 0, 'it heard itself');
  }
  // pusher-js keeps these to itself; said all the same, they are refused, and nothing else happens.
  await ayu.subscribe('news');
  await ayu.subscribe('private-encrypted-a');
  for (const name of ['news', 'private-encrypted-a', 'private-not-joined']) {
    ayu.pusher.send_event('client-a', {}, name);
    assert.ok((await ayu.code()) >= 4000, name);
  }
  assert.equal(ayu.pusher.connection.state, 'connected');
});

test('the count of subscribers is told where the app wants it', async (t) => {
  const { gardu, sdk } = await begin(t, { subscription_count: true });
  const one = client(gardu, sdk, { user: kAyu });
  const two = client(gardu, sdk, { user: kBudi });
  const first = await one.subscribe('news');
  const said = (n) => (e) => e.event === 'pusher:subscription_count' && e.data.subscription_count === n;
  await first.next(said(1));
  await two.subscribe('news');
  await first.next(said(2));
  assert.equal(first.channel.subscriptionCount, 2);
  two.pusher.disconnect();
  await first.next(said(1));
  const room = await one.subscribe('presence-room');
  await one.quiet();
  assert.equal(room.count('pusher:subscription_count'), 0);
});

test('calls of the server SDK: many channels, exclusion, batches, attributes', async (t) => {
  const { gardu, sdk } = await begin(t);
  const one = client(gardu, sdk, { user: kAyu });
  const two = client(gardu, sdk, { user: kBudi });
  const news1 = await one.subscribe('news');
  const news2 = await two.subscribe('news');
  await one.subscribe('presence-room');

  const hundred = Array.from({ length: 99 }, (_, i) => `many-${i}`).concat('news');
  assert.deepEqual(await json(await sdk.trigger(hundred, 'wide', {})), {});
  await news1.named('wide');
  const attributes = await sdk.trigger(['news', 'presence-room', 'nobody', 'presence-nobody'], 'e', 1, {
    info: 'user_count,subscription_count',
  });
  const { channels } = await json(attributes);
  assert.equal(channels.news.subscription_count, 2);
  assert.equal(channels['presence-room'].user_count, 1);
  assert.equal(channels.nobody.subscription_count, 0);
  assert.equal(channels['presence-nobody'].user_count, 0);

  const batch = await sdk.triggerBatch([
    { channel: 'news', name: 'b1', data: 'x', info: 'subscription_count' },
    { channel: 'news', name: 'b2', data: { n: 1 }, socket_id: one.socketId() },
    { channel: 'presence-room', name: 'b3', data: 'y', info: 'user_count' },
    { channel: 'news', name: 'b4', data: 'z', socket_id: '1.1' }, // nobody's
  ]);
  assert.deepEqual(await json(batch), {
    batch: [{ subscription_count: 2 }, {}, { user_count: 1 }, {}],
  });
  await news1.named('b4');
  await news2.named('b4');
  assert.equal(news1.count('b2'), 0);
  assert.equal(news2.count('b2'), 1);

  assert.deepEqual(await info(sdk, '/channels/nobody'), { occupied: false });
  const seen = await info(sdk, '/channels/news', { info: 'subscription_count' });
  assert.deepEqual(seen, { occupied: true, subscription_count: 2 });
  assert.deepEqual(await info(sdk, '/channels', { filter_by_prefix: 'zzz' }), { channels: {} });
  assert.deepEqual(await info(sdk, '/channels/presence-nobody/users'), { users: [] });
});

test('calls that are refused: status and a text that says why', async (t) => {
  const { gardu, sdk } = await begin(t);
  const refused = async (call, wanted, pattern = /./) => {
    const { status, body } = await refusal(call);
    assert.equal(status, wanted, body);
    assert.match(body, pattern);
  };
  await refused(sdk.get({ path: '/channels/news/users' }), 400);
  await refused(sdk.get({ path: '/channels/news', params: { info: 'user_count' } }), 400);
  await refused(sdk.get({ path: '/channels', params: { info: 'user_count' } }), 400);
  await refused(sdk.get({ path: '/no-such-thing' }), 404);
  await refused(sdk.trigger('news', 'pusher:forged', {}), 400);
  await refused(sdk.trigger('news', 'pusher_internal:forged', {}), 400);
  await refused(sdk.trigger('news', 'big', 'x'.repeat(10241)), 413, /content of this event/);
  const event = { channel: 'news', name: 'n', data: '1' };
  await refused(sdk.triggerBatch(Array(11).fill(event)), 400);
  await refused(sdk.post({ path: '/events', body: { name: 'n', channels: ['a b'], data: '' } }), 400);
  await refused(sdk.post({ path: '/events', body: { name: 'n', channels: [], data: '' } }), 400);
  await refused(sdk.post({ path: '/events', body: { name: 'n', channels: ['a'] } }), 400);
  await refused(sdk.post({ path: '/events', body: [] }), 400);
  await refused(server(gardu, { appId: 'nobody' }).get({ path: '/channels' }), 404);
  for (const forger of [server(gardu, { secret: 'x' }), server(gardu, { key: 'another' })])
    for (const call of [
      () => forger.trigger('news', 'n', {}),
      () => forger.triggerBatch([event]),
      () => forger.get({ path: '/channels' }),
      () => forger.get({ path: '/channels/news' }),
      () => forger.get({ path: '/channels/presence-a/users' }),
      () => forger.terminateUserConnections('1'),
    ])
      await refused(call(), 401);
});

test('whoever cannot sign enters no protected channel, and goes on', async (t) => {
  const { gardu, sdk } = await begin(t);
  const forger = client(gardu, server(gardu, { secret: 'a wrong secret' }), { user: kAyu });
  await forger.subscribe('news');
  for (const name of [
    'private-a',
    'private-encrypted-a',
    'private-cache-a',
    'presence-a',
    'presence-cache-a',
  ])
    await assert.rejects(forger.subscribe(name), /401/, name);
  assert.deepEqual(Object.keys((await info(sdk, '/channels')).channels), ['news']);
  assert.equal(forger.pusher.connection.state, 'connected');
});

test('fast subscribing and unsubscribing ends as the last call says', async (t) => {
  const { gardu, sdk } = await begin(t);
  const mine = client(gardu, sdk, { user: kAyu });
  await mine.state('connected');
  const sequences = {
    'sub sub': true,
    'sub wait sub': true,
    'sub unsub': false,
    'sub wait unsub': false,
    'sub unsub sub': true,
    'sub unsub wait sub': true,
    'sub unsub unsub': false,
    'sub wait unsub wait sub unsub sub': true,
  };
  for (const kind of ['', 'private-', 'presence-']) {
    const heard = {};
    for (const [sequence, last] of Object.entries(sequences)) {
      const name = kind + sequence.replaceAll(' ', '-');
      for (const step of sequence.split(' ')) {
        if (step === 'sub') heard[name] = mine.pusher.subscribe(name);
        if (step === 'unsub') mine.pusher.unsubscribe(name);
        if (step === 'wait') await mine.quiet();
      }
      await mine.quiet();
      assert.equal(mine.pusher.channel(name)?.subscribed ?? false, last, name);
      assert.equal((await info(sdk, `/channels/${name}`)).occupied, last, `${name} at the server`);
    }
    await sdk.trigger(Object.keys(heard), 'posted', {});
    await mine.quiet();
    const got = mine.frames.all.filter((f) => f.event === 'posted').map((f) => f.channel);
    const wanted = Object.entries(sequences).filter(([, last]) => last);
    assert.deepEqual(
      got.filter((name) => name in heard).sort(),
      wanted.map(([sequence]) => kind + sequence.replaceAll(' ', '-')).sort(),
    );
  }
});
