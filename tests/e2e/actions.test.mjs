// SPDX-License-Identifier: Apache-2.0
//
// What transports do beyond sending, on the loopback network: linking by QR and pairing code, edit,
// revoke, reactions, typing, history.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEcho } from './lib/echo.mjs';
import { start } from './lib/gardu.mjs';
import { request } from './lib/rest.mjs';

const kAyu = '+6281200000555';

async function network(t, settings = {}) {
  const load = { loopback: { peer: 'silent', ...settings } };
  const gardu = await start(t, { config: { plugins: { load } } });
  return { gardu, rest: gardu.rest, workspace: await gardu.workspaceId() };
}

test('an account shows its QR code until it is scanned, and can be unlinked', async (t) => {
  const { gardu, rest, workspace } = await network(t, { login_ms: 1500 });
  const body = { transport: 'loopback', name: 'QR', address: '+6281100000001' };
  const account = await rest.post('/accounts', body);
  const session = await connectEcho(gardu).private(`workspace.${workspace}.session.${account.id}`);
  const journal = rest.follow();
  const status = (word) =>
    journal.next((e) => e.type === 'account.status' && e.data.status === word, `status ${word}`);

  await status('qr_ready');
  // Asked for a pairing code, which comes with a QR code of its own.
  await rest.post(`/accounts/${account.id}/connect`, { phone: '+6281100000001' });
  const code = await session.named('account.qr');
  assert.match(code.qr, /^loopback:/);
  const picture = await fetch(`${gardu.url}/api/v1/accounts/${account.id}/qr`, {
    headers: { Authorization: `Bearer ${gardu.token}` },
  });
  assert.equal(picture.headers.get('content-type'), 'image/png');
  const text = await rest.call('GET', `/accounts/${account.id}/qr`, undefined, {
    Accept: 'application/json',
  });
  assert.equal(text.body.pairing_code, 'LOOP-BACK');
  assert.ok(Date.parse(text.body.expires_at) > Date.now());

  await status('authenticated');
  await status('ready');
  assert.equal((await rest.call('GET', `/accounts/${account.id}/qr`)).status, 409);
  const stored = await rest.list('/events');
  assert.ok(!stored.some((e) => e.type === 'account.qr'), 'a QR code was journaled');

  await rest.post(`/accounts/${account.id}/restart`, {});
  await status('connecting');
  await status('ready');
  await rest.post(`/accounts/${account.id}/logout`, {});
  await status('disconnected');
  const again = await rest.post(`/accounts/${account.id}/connect`, {});
  assert.equal(again.id, account.id);
  await status('qr_ready');
  await status('ready');
});

test('a message is edited, reacted to and revoked at the provider, and everybody sees it', async (t) => {
  const { gardu, rest, workspace } = await network(t);
  const account = await gardu.account('loopback');
  const wide = await connectEcho(gardu).private(`workspace.${workspace}`);
  const journal = rest.follow();
  const message = await rest.post('/messages', {
    account_id: account.id,
    to: kAyu,
    type: 'text',
    text: 'selamat pgi',
  });
  await journal.next((e) => e.type === 'message.status.updated' && e.data.status === 'read');

  const edited = await rest.ok('PATCH', `/messages/${message.id}`, { text: 'selamat pagi' });
  assert.equal(edited.text, 'selamat pagi');
  assert.equal((await wide.named('message.updated')).message.text, 'selamat pagi');
  await rest.post(`/messages/${message.id}/reactions`, { emoji: '👍' });
  assert.equal((await wide.named('message.reaction')).emoji, '👍');
  await rest.ok('DELETE', `/messages/${message.id}`);
  assert.equal((await wide.named('message.deleted')).message_id, message.id);
  assert.equal((await rest.call('PATCH', `/messages/${message.id}`, { text: 'x' })).status, 409);
  const timeline = (await rest.get(`/messages/${message.id}/timeline`)).data.map((e) => e.type);
  for (const type of ['message.updated', 'message.reaction', 'message.deleted'])
    assert.equal(timeline.filter((x) => x === type).length, 1, type);
});

test('what the provider refuses changes nothing here', async (t) => {
  const { gardu, rest } = await network(t);
  const account = await gardu.account('loopback');
  const inject = { account_id: account.id, from: '+0000000001', type: 'text', text: 'from nobody' };
  await rest.post('/loopback/inject', inject);
  const journal = rest.follow();
  const { data } = await journal.next((e) => e.type === 'message.received');
  const reacted = await rest.call('POST', `/messages/${data.message.id}/reactions`, { emoji: '👍' });
  assert.equal(reacted.status, 422);
  assert.match(reacted.body.detail, /131026/);
  const timeline = (await rest.get(`/messages/${data.message.id}/timeline`)).data;
  assert.ok(!timeline.some((e) => e.type === 'message.reaction'));
});

test('typing is shown to whoever looks at the conversation, and ends by itself', async (t) => {
  const { gardu, rest, workspace } = await network(t);
  const account = await gardu.account('loopback');
  const contact = await rest.post('/contacts', { account_id: account.id, address: kAyu });
  const chat = await connectEcho(gardu).private(`workspace.${workspace}.chat.${contact.id}`);
  await rest.post(`/contacts/${contact.id}/typing`);
  const begun = await chat.named('typing.started');
  assert.equal(begun.contact_id, contact.id);
  assert.notEqual(begun.by, 'contact');
  assert.equal((await chat.named('typing.stopped')).by, begun.by);
});

test('history is fetched once, however often it is asked for', async (t) => {
  const { gardu, rest } = await network(t);
  const account = await gardu.account('loopback');
  for (let i = 0; i < 2; i++) {
    const answer = await rest.post(`/accounts/${account.id}/sync`);
    assert.equal(answer.result.messages, 3);
  }
  const journal = rest.follow();
  for (let i = 1; i <= 3; i++)
    await journal.next((e) => e.data.message?.text === `history ${i}`, `history ${i}`);
  // A message behind the second sync: whatever that brought is there.
  const inject = { account_id: account.id, from: kAyu, type: 'text', text: 'now' };
  await rest.post('/loopback/inject', inject);
  const texts = (await rest.list('/messages')).map((m) => m.text);
  assert.deepEqual(texts.sort(), ['history 1', 'history 2', 'history 3', 'now']);
});

test('health says what is known here and at the provider', async (t) => {
  const { gardu, rest } = await network(t);
  const account = await gardu.account('loopback');
  const health = await rest.get(`/accounts/${account.id}/health`);
  assert.equal(health.status, 'ready');
  assert.equal(health.provider.quality, 'green');
  assert.deepEqual(health.transport, { id: 'loopback', running: true });
  const stranger = await request(`${gardu.url}/api/v1/accounts/${account.id}/health`);
  assert.equal(stranger.status, 401);
});
