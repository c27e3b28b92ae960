// SPDX-License-Identifier: Apache-2.0
//
// Replies go out through the Graph API (an emulator of it) and their statuses come back as Meta sends
// them: shuffled, repeated, late. What a client sees only moves forward.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGraph } from '../emulators/graph/server.mjs';
import { statusError } from '../emulators/graph/rules.mjs';
import { status } from '../emulators/graph/webhook.mjs';
import { connectEcho } from './lib/echo.mjs';
import { start } from './lib/gardu.mjs';
import {
  entry,
  envelope,
  kAccessToken,
  kAppSecret,
  kPhoneNumberId,
  metaAccount,
  metaConfig,
  person,
  postWebhook,
  text,
} from './lib/meta.mjs';

const kAyu = '6281200000777';
const kRank = { pending: 0, sent: 1, delivered: 2, read: 3, played: 4 };

// A gateway, its emulator, and a contact that has written.
async function conversation(t, options = {}) {
  const graph = await startGraph({ appSecret: kAppSecret, token: kAccessToken, ...options });
  t.after(() => graph.stop());
  const config = metaConfig(graph.url);
  const gardu = await start(t, { config: { ...config, outbox: { backoff_s: [1, 1, 1] } } });
  graph.control({ webhook: `${gardu.url}/webhooks/meta_cloud` });
  const account = await metaAccount(gardu);
  const journal = gardu.rest.follow();
  const hello = entry({
    contacts: [person(kAyu, 'Ayu')],
    messages: [text('wamid.hello', kAyu, 'halo')],
  });
  assert.equal((await postWebhook(gardu, envelope(hello))).status, 200);
  const { data } = await journal.next((e) => e.type === 'message.received');
  const send = (body) =>
    gardu.rest.post('/messages', {
      contact_id: data.contact.id,
      type: 'text',
      text: body,
      reply_to: data.message.id,
    });
  const update = (id, to) =>
    journal.next(
      (e) =>
        e.type === 'message.status.updated' && e.data.message_id === id && e.data.status === to,
      `${to} of ${id}`,
    );
  return {
    graph,
    gardu,
    account,
    journal,
    inbound: data.message,
    contact: data.contact,
    send,
    update,
  };
}

test('a reply goes out, its statuses only move forward', async (t) => {
  const statuses = ['sent', 'delivered', 'read', 'sent', 'delivered', 'read', 'sent'];
  const { graph, gardu, inbound, contact, send, update } = await conversation(t, {
    statuses,
    order: 'shuffled',
    seed: 7,
  });
  const echo = connectEcho(gardu);
  const chat = await echo.private(`workspace.${await gardu.workspaceId()}.chat.${contact.id}`);

  const messages = [];
  for (let i = 0; i < 5; ++i) messages.push(await send(`reply ${i} – é😮`));
  for (const m of messages) await update(m.id, 'read');
  await graph.idle();

  // What the Graph API was asked, in the order of the conversation.
  assert.deepEqual(
    graph.taken.map((r) => r.body.text.body),
    messages.map((m) => m.text),
  );
  for (const [i, { path, body }] of graph.taken.entries()) {
    assert.match(path, new RegExp(`^/v\\d+\\.\\d+/${kPhoneNumberId}/messages$`));
    assert.equal(body.to, kAyu);
    assert.equal(body.biz_opaque_callback_data, messages[i].id);
    assert.equal(body.context.message_id, inbound.provider_message_id);
  }
  // What clients saw: forward only, ending at read.
  for (const [i, m] of messages.entries()) {
    const seen = [];
    do {
      const e = await chat.named('message.status.updated', (d) => d.message_id === m.id);
      assert.equal(e.provider_message_id, graph.taken[i].id);
      seen.push(e.status);
    } while (seen[seen.length - 1] !== 'read');
    const ranks = seen.map((s) => kRank[s]);
    assert.ok(
      ranks.every((r, k) => k === 0 || r > ranks[k - 1]),
      seen.join(' '),
    );
    const stored = await gardu.rest.get(`/messages/${m.id}`);
    assert.equal(stored.status, 'read');
    assert.equal(stored.provider_message_id, graph.taken[i].id);
    assert.ok(stored.sent_at && stored.delivered_at && stored.read_at, JSON.stringify(stored));
  }
  const events = await gardu.rest.list('/events?after_seq=0&types=message.status.updated');
  for (const m of messages) {
    const mine = events.filter((e) => e.data.message_id === m.id).map((e) => kRank[e.data.status]);
    assert.equal(mine[mine.length - 1], kRank.read);
    assert.equal(new Set(mine).size, mine.length, 'no status twice');
  }
});

test('a status that fails, and one that comes too late to', async (t) => {
  const { graph, gardu, send, update } = await conversation(t, { statuses: ['sent'] });
  const post = (word, id, more) =>
    postWebhook(
      gardu,
      envelope(entry({ statuses: [status(word, { id, recipient: kAyu, ...more })] })),
    );
  const errors = [statusError(131047)];

  const first = await send('too late in the day');
  await update(first.id, 'sent');
  await post('failed', graph.taken[0].id, { errors, reference: first.id });
  const { data } = await update(first.id, 'failed');
  assert.equal(String(data.error.code), '131047');
  assert.equal((await gardu.rest.get(`/messages/${first.id}`)).status, 'failed');

  const second = await send('delivered, so it did not fail');
  await update(second.id, 'sent');
  await post('delivered', graph.taken[1].id);
  await update(second.id, 'delivered');
  assert.equal((await post('failed', graph.taken[1].id, { errors })).status, 200);
  assert.equal((await gardu.rest.get(`/messages/${second.id}`)).status, 'delivered');
});

test('what is refused for now is sent later, what is refused for good fails', async (t) => {
  const { graph, gardu, send, update } = await conversation(t);

  graph.next({ code: 130429, headers: { 'retry-after': '1' } });
  const throttled = await send('after the throttle');
  await update(throttled.id, 'sent');

  graph.next({ status: 500, body: 'oops' });
  const retried = await send('after an error of theirs');
  await update(retried.id, 'sent');
  assert.deepEqual(
    graph.requests.map((r) => r.status),
    [429, 200, 500, 200],
  );

  graph.next(131026);
  const refused = await send('to nobody');
  const failed = await update(refused.id, 'failed');
  assert.equal(String(failed.data.error.code), '131026');
  const stored = await gardu.rest.get(`/messages/${refused.id}`);
  assert.equal(stored.status, 'failed');
  assert.equal(String(stored.error.code), '131026');
});

test('a token that expired is said of the account', async (t) => {
  const { graph, gardu, account, journal, send } = await conversation(t);
  graph.next(190);
  await send('with an old token');
  const { data } = await journal.next(
    (e) => e.type === 'account.status' && e.data.status === 'failed',
    'account.status failed',
  );
  assert.match(data.reason, /190|token/i);
  assert.equal((await gardu.rest.get(`/accounts/${account.id}`)).status, 'failed');
});
