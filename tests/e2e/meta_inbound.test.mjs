// SPDX-License-Identifier: Apache-2.0
//
// Webhooks as Meta posts them, all the way to a stock Echo client: each message once, in order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEcho } from './lib/echo.mjs';
import { start } from './lib/gardu.mjs';
import {
  entry,
  envelope,
  metaAccount,
  metaConfig,
  person,
  postWebhook,
  text,
} from './lib/meta.mjs';

const kAyu = '6281200000777';
const kBudi = '6281200000888';

test('several entries, a duplicate and the whole webhook again: each message once, in order', async (t) => {
  const gardu = await start(t, { config: metaConfig() });
  const workspace = await gardu.workspaceId();
  const account = await metaAccount(gardu);
  const echo = connectEcho(gardu);

  // The first message makes the contact, whose channel is then known.
  const wide = await echo.private(`workspace.${workspace}`);
  const first = envelope(
    entry({ contacts: [person(kAyu, 'Ayu')], messages: [text('wamid.0', kAyu, 'halo')] }),
  );
  assert.equal((await postWebhook(gardu, first)).status, 200);
  const { message, contact } = await wide.named('message.received');
  assert.equal(contact.name, 'Ayu');
  assert.equal(message.account_id, account.id);
  const chat = await echo.private(`workspace.${workspace}.chat.${contact.id}`);

  const batch = envelope(
    entry({
      contacts: [person(kAyu, 'Ayu')],
      messages: [text('wamid.1', kAyu, 'satu 😮'), text('wamid.2', kAyu, 'dua – «é»')],
    }),
    entry({ contacts: [person(kBudi, 'Budi')], messages: [text('wamid.b', kBudi, 'from Budi')] }),
    entry({
      contacts: [person(kAyu, 'Ayu')],
      messages: [text('wamid.1', kAyu, 'satu 😮'), text('wamid.3', kAyu, 'tiga\n日本')],
    }),
  );
  assert.equal((await postWebhook(gardu, batch)).status, 200);
  assert.equal((await postWebhook(gardu, batch)).status, 200);
  const last = envelope(
    entry({ contacts: [person(kAyu, 'Ayu')], messages: [text('wamid.4', kAyu, 'empat')] }),
  );
  assert.equal((await postWebhook(gardu, last)).status, 200);

  await chat.named('message.received', (e) => e.message.provider_message_id === 'wamid.4');
  const received = chat.all
    .filter((e) => e.event === 'message.received')
    .map((e) => e.data.message);
  assert.deepEqual(
    received.map((m) => [m.provider_message_id, m.text]),
    [
      ['wamid.1', 'satu 😮'],
      ['wamid.2', 'dua – «é»'],
      ['wamid.3', 'tiga\n日本'],
      ['wamid.4', 'empat'],
    ],
  );
  for (const m of received) {
    const stored = await gardu.rest.get(`/messages/${m.id}`);
    assert.equal(stored.id, m.id);
    assert.equal(stored.text, m.text);
    assert.equal(stored.contact_id, contact.id);
  }
  await wide.named('message.received', (e) => e.message.provider_message_id === 'wamid.4');
  assert.equal(wide.all.filter((e) => e.event === 'message.received').length, 6);
  assert.equal((await gardu.rest.list('/messages?direction=inbound')).length, 6);
});

test('the same webhook posted concurrently is stored once', async (t) => {
  const gardu = await start(t, { config: metaConfig() });
  await metaAccount(gardu);
  const messages = Array.from({ length: 20 }, (_, i) => text(`wamid.c${i}`, kAyu, `number ${i}`));
  const body = envelope(entry({ contacts: [person(kAyu, 'Ayu')], messages }));
  const answers = await Promise.all(Array.from({ length: 8 }, () => postWebhook(gardu, body)));
  assert.deepEqual(
    answers.map((a) => a.status),
    Array(8).fill(200),
  );
  const stored = await gardu.rest.list('/messages?direction=inbound');
  assert.equal(stored.length, 20);
  const events = (await gardu.rest.list('/events?after_seq=0')).filter(
    (e) => e.type === 'message.received',
  );
  assert.deepEqual(
    events.map((e) => e.data.message.text),
    messages.map((m) => m.text.body),
  );
});
