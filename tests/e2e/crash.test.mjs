// SPDX-License-Identifier: Apache-2.0
//
// kill -9 right after a webhook's 200: the message is there after the restart, and a durable
// subscriber's effect happens exactly once for each.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { start, temporaryDirectory } from './lib/gardu.mjs';
import {
  entry,
  envelope,
  metaAccount,
  metaConfig,
  person,
  postWebhook,
  text,
} from './lib/meta.mjs';

const kRounds = 5;
const kPeople = ['6281200000101', '6281200000102', '6281200000103'];

async function rounds(t, config) {
  const gardu = await start(t, { config });
  await metaAccount(gardu);
  const ids = [];
  for (let round = 0; round < kRounds; ++round) {
    const messages = kPeople.map((who, i) => text(`wamid.${round}.${i}`, who, `round ${round}`));
    const body = envelope(entry({ contacts: kPeople.map((who) => person(who, who)), messages }));
    assert.equal((await postWebhook(gardu, body)).status, 200);
    await gardu.kill9();
    ids.push(...messages.map((m) => m.id));

    await gardu.restart();
    const stored = await gardu.rest.list('/messages?direction=inbound');
    assert.deepEqual(stored.map((m) => m.provider_message_id).sort(), [...ids].sort());
    // A redelivery, as Meta sends one when it did not see the 200, and something new with it: a
    // gateway that is ready knows its accounts.
    const fresh = text(`wamid.${round}.fresh`, kPeople[0], 'right after the start');
    const again = envelope(entry({ messages }), entry({ messages: [fresh] }));
    assert.equal((await postWebhook(gardu, again)).status, 200);
    ids.push(fresh.id);
    // Sometimes the next crash comes while the subscriber is at work, sometimes after it.
    if (round % 2 === 1) {
      const journal = gardu.rest.follow();
      for (const m of stored) await journal.next((e) => isReplyTo(e, m.id), `the reply to ${m.id}`);
    }
  }

  const inbound = await gardu.rest.list('/messages?direction=inbound');
  assert.equal(inbound.length, ids.length);
  const journal = gardu.rest.follow();
  for (const m of inbound) await journal.next((e) => isReplyTo(e, m.id), `the reply to ${m.id}`);
  // One more message behind all others: when it is answered, nothing older is still to come.
  const last = envelope(
    entry({ contacts: [], messages: [text('wamid.last', kPeople[0], 'last')] }),
  );
  assert.equal((await postWebhook(gardu, last)).status, 200);
  await journal.next(
    (e) => e.type === 'message.sent' && !inbound.some((m) => isReplyTo(e, m.id)),
    'the last reply',
  );
  const replies = (await gardu.rest.list('/messages?direction=outbound')).map((m) => m.text).sort();
  const all = await gardu.rest.list('/messages?direction=inbound');
  assert.deepEqual(replies, all.map((m) => `recorded ${m.id}`).sort());
}

const isReplyTo = (e, id) => e.type === 'message.sent' && e.data.message.text === `recorded ${id}`;

const recorder = (t) => ({
  durable_recorder: { file: path.join(temporaryDirectory(t), 'record'), delay_ms: 3 },
});

test('with all plugins', (t) => rounds(t, metaConfig(undefined, recorder(t))));

test('without the broadcaster', (t) =>
  rounds(t, metaConfig(undefined, { ...recorder(t), pusher: null })));
