// SPDX-License-Identifier: Apache-2.0
//
// One message's whole journey: REST in, the loopback network, every step over Echo, and back to REST.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEcho } from './lib/echo.mjs';
import { start } from './lib/gardu.mjs';

async function chat(t) {
  const gardu = await start(t);
  const workspace = await gardu.workspaceId();
  const account = await gardu.account('loopback', { address: '+6281100000001' });
  const contact = await gardu.rest.post('/contacts', {
    account_id: account.id,
    address: '+6281200000555',
    name: 'Ayu',
  });
  return { gardu, workspace, account, contact };
}

test('a sent message reaches the peer and its answer comes back', async (t) => {
  const { gardu, workspace, account, contact } = await chat(t);
  const echo = connectEcho(gardu);
  const wide = await echo.private(`workspace.${workspace}`);
  const narrow = await echo.private(`workspace.${workspace}.chat.${contact.id}`);

  const accepted = await gardu.rest.post('/messages', {
    contact_id: contact.id,
    type: 'text',
    text: 'selamat pagi',
  });
  assert.equal(accepted.status, 'pending');
  assert.equal(accepted.contact_id, contact.id);

  const sent = await narrow.named('message.sent');
  assert.equal(sent.message.id, accepted.id);
  assert.equal(sent.message.text, 'selamat pagi');
  for (const status of ['sent', 'delivered', 'read']) {
    const update = await narrow.named('message.status.updated');
    assert.equal(update.status, status);
    assert.equal(update.message_id, accepted.id);
    assert.equal(update.contact_id, contact.id);
  }
  const typing = await narrow.named('typing.started');
  assert.equal(typing.contact_id, contact.id);
  const received = await narrow.named('message.received');
  assert.equal(received.message.direction, 'inbound');
  assert.equal(received.message.contact_id, contact.id);
  const names = narrow.all.map((e) => e.event);
  assert.ok(names.indexOf('typing.started') < names.indexOf('message.received'), names.join(' '));
  await narrow.named('typing.stopped');

  // Every id in a broadcast is the id that REST answers to.
  for (const { data } of [...narrow.all, ...wide.all]) {
    const id = data.message?.id ?? data.message_id;
    if (id) assert.equal((await gardu.rest.get(`/messages/${id}`)).id, id);
    const contactId = data.contact?.id ?? data.contact_id ?? data.message?.contact_id;
    if (contactId) assert.equal((await gardu.rest.get(`/contacts/${contactId}`)).id, contactId);
    if (data.message) assert.equal(data.message.account_id, account.id);
  }
  const stored = await gardu.rest.get(`/messages/${accepted.id}`);
  assert.equal(stored.status, 'read');
  assert.ok(stored.sent_at && stored.delivered_at && stored.read_at);

  // The workspace's channel had the messages too, in the journal's order, but no typing.
  await wide.named('message.received');
  const order = wide.all.map((e) => e.data.seq);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.ok(!wide.all.some((e) => e.event.startsWith('typing.')));
});

test('the socket named in X-Socket-ID does not hear of its own message', async (t) => {
  const { gardu, workspace, contact } = await chat(t);
  const mine = connectEcho(gardu);
  const other = connectEcho(gardu);
  const channel = `workspace.${workspace}.chat.${contact.id}`;
  const atMine = await mine.private(channel);
  const atOther = await other.private(channel);

  const body = { contact_id: contact.id, type: 'text', text: 'to the others' };
  const message = await gardu.rest.post('/messages', body, { 'X-Socket-ID': mine.socketId() });

  assert.equal((await atOther.named('message.sent')).message.id, message.id);
  await atMine.named('message.status.updated', (e) => e.status === 'delivered');
  assert.ok(!atMine.all.some((e) => e.event === 'message.sent'), JSON.stringify(atMine.all));
});

test('a channel of another workspace or of nobody is refused', async (t) => {
  const { gardu, workspace } = await chat(t);
  const echo = connectEcho(gardu);
  const nobody = '01890000-0000-7000-8000-000000000000';
  for (const channel of [`workspace.${nobody}`, `workspace.${workspace}.chat.${nobody}`])
    await assert.rejects(echo.private(channel), /AuthError/, channel);
  const stranger = connectEcho(gardu, { token: 'no-such-token' });
  await assert.rejects(stranger.private(`workspace.${workspace}`), /AuthError/);
});

test('a token that is narrowed to accounts hears of them alone', async (t) => {
  const { gardu, workspace, account, contact } = await chat(t);
  const other = await gardu.account('loopback', { address: '+6281200009999' });
  const narrowed = async (accounts) => {
    const body = { name: 'narrow', role: 'viewer', accounts };
    return connectEcho(gardu, { token: (await gardu.rest.post('/tokens', body)).token });
  };
  const mine = await narrowed([account.id]);
  await mine.private(`workspace.${workspace}.chat.${contact.id}`);
  await assert.rejects(mine.private(`workspace.${workspace}`), /AuthError/);
  const foreign = await narrowed([other.id]);
  await assert.rejects(foreign.private(`workspace.${workspace}.chat.${contact.id}`), /AuthError/);
});
