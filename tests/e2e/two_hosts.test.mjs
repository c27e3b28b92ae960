// SPDX-License-Identifier: Apache-2.0
//
// Two gateways on one database: an event that one commits reaches the other's front ends, a durable
// subscriber's effects happen once, also when the one that delivers is killed, and neither touches
// what the other is sending. Runs under tests/lib/with_database.sh.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { startGraph } from '../emulators/graph/server.mjs';
import { connectEcho } from './lib/echo.mjs';
import { start } from './lib/gardu.mjs';
import { kAccessToken, kAppSecret, metaAccount, metaConfig } from './lib/meta.mjs';
import { eventually } from './lib/queue.mjs';

const kAyu = '+6281200000555';

// The second has the first's database, and a folder of its own.
async function two(t, load) {
  const limits = { requests_per_minute: 100000 };
  const first = await start(t, { config: { limits, plugins: { load } } });
  const { storage } = first.config;
  const config = { limits, storage, plugins: { load } };
  const second = await start(t, { config, token: first.token });
  return [first, second];
}

const inject = (gardu, account, text) =>
  gardu.rest.post('/loopback/inject', { account_id: account.id, from: kAyu, type: 'text', text });

test('what one host commits is heard at the other', async (t) => {
  const [first, second] = await two(t, { loopback: { peer: 'silent' } });
  const workspace = await first.workspaceId();
  const account = await first.account('loopback');
  const wide = await connectEcho(second).private(`workspace.${workspace}`);
  const seen = [];
  for (let i = 0; i < 20; i++) {
    await inject(first, account, `${i}`);
    const { message, seq } = await wide.named('message.received');
    assert.equal(message.text, `${i}`);
    seen.push(seq);
  }
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
});

test('effects happen once, and the other host takes over', async (t) => {
  const [first, second] = await two(t, { loopback: { peer: 'silent' }, effects: { send: false } });
  const account = await first.account('loopback');
  const rows = async (gardu) => (await gardu.rest.get('/effects/rows')).length;
  for (let i = 0; i < 30; i++) await inject(first, account, `${i}`);
  await eventually('30 rows', async () => [(await rows(second)) === 30, await rows(second)]);
  await first.kill9();
  // Whoever held the subscriber: the other one goes on with what comes.
  await eventually('the loopback account of the second', async () => {
    const answer = await second.rest.call('POST', '/loopback/inject', {
      account_id: account.id,
      from: kAyu,
      type: 'text',
      text: 'after',
    });
    return [answer.status === 200 || answer.status === 201 || answer.status === 202, answer.text];
  });
  await eventually('the row after the takeover', async () => {
    const found = await rows(second);
    return [found === 31, found];
  });
  assert.equal(await rows(second), 31);
});

// Its clock is an hour fast, which is more than any lease lasts.
const kFast = {
  LD_PRELOAD: execFileSync('sh', ['-c', 'echo /usr/lib/*/faketime/libfaketimeMT.so.1'])
    .toString()
    .trim(),
  FAKETIME: '+1h',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
};

for (const [clock, env] of [['', {}], [' and whose clock is wrong', kFast]])
  test(`a host that starts${clock} leaves what the other one is sending alone`, async (t) => {
    const graph = await startGraph({ appSecret: kAppSecret, token: kAccessToken });
    t.after(() => graph.stop());
    const secrets = { encryption_key: Buffer.alloc(32, 1).toString('base64') };
    const config = { ...metaConfig(graph.url, { pusher: null }), secrets };
    const first = await start(t, { config });
    const account = await metaAccount(first);
    graph.next('hang');
    const body = { account_id: account.id, to: kAyu, type: 'text', text: 'under way' };
    const message = await first.rest.post('/messages', body);
    await graph.arrived(1);
    const { storage } = first.config;
    const second = await start(t, { config: { ...config, storage }, token: first.token, env });
    const after = await second.rest.post('/messages', { ...body, to: '+6281200000556' });
    await eventually('the second host sends', async () => {
      const { provider_message_id: id } = await second.rest.get(`/messages/${after.id}`);
      return [id !== null && id !== undefined, `${id}`];
    });
    const entries = await second.rest.list('/outbox');
    assert.equal(entries.find((e) => e.message_id === message.id).state, 'leased');
    assert.equal(graph.requests.length, 2);
  });

test('an account that one host makes and removes is there and gone at the other', async (t) => {
  const [first, second] = await two(t, { loopback: { peer: 'silent' }, pusher: null });
  const account = await first.account('loopback');
  const body = { account_id: account.id, from: kAyu, type: 'text', text: 'halo' };
  const answers = async (status) => {
    const answer = await second.rest.call('POST', '/loopback/inject', body);
    return [answer.status === status, answer.text];
  };
  await eventually('the account', () => answers(202));
  await first.rest.call('DELETE', `/accounts/${account.id}`);
  await eventually('no account', () => answers(404));
});

test('a host without the key that the accounts are sealed with does not start', async (t) => {
  const load = { loopback: { peer: 'silent' } };
  const first = await start(t, { config: { plugins: { load } } });
  await first.account('loopback', { credentials: { token: 'hush-hush' } });
  const { storage } = first.config;
  await assert.rejects(start(t, { config: { storage, plugins: { load } }, token: first.token }), {
    message: /set secrets\.encryption_key, the same at each host/,
  });
});
