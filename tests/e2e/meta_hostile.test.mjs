// SPDX-License-Identifier: Apache-2.0
//
// Webhooks that are not what they should be: refused whole, or, element by element, never dropped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import {
  entry,
  envelope,
  kVerifyToken,
  metaAccount,
  metaConfig,
  person,
  postWebhook,
  text,
} from './lib/meta.mjs';
import { request } from './lib/rest.mjs';

const kAyu = '6281200000777';
const good = envelope(
  entry({ contacts: [person(kAyu, 'Ayu')], messages: [text('wamid.good', kAyu, 'halo')] }),
);

test('what is not from Meta, too big or no JSON leaves nothing behind', async (t) => {
  const gardu = await start(t, { config: metaConfig() });
  await metaAccount(gardu);
  const before = await gardu.rest.seq();

  const json = { 'Content-Type': 'application/json' };
  assert.equal((await postWebhook(gardu, good, { headers: json })).status, 401, 'no signature');
  assert.equal(
    (await postWebhook(gardu, good, { secret: 'of somebody else' })).status,
    403,
    'wrong secret',
  );
  for (const signature of [
    'sha256=',
    'sha256=00',
    `sha1=${'0'.repeat(64)}`,
    `sha256=${'g'.repeat(64)}`,
    '',
  ]) {
    const answer = await postWebhook(gardu, good, {
      headers: { ...json, 'X-Hub-Signature-256': signature },
    });
    assert.ok([401, 403].includes(answer.status), `${signature}: ${answer.status}`);
  }
  const big = envelope(entry({ messages: [text('wamid.big', kAyu, 'x'.repeat(20 << 20))] }));
  assert.equal((await postWebhook(gardu, big)).status, 413, 'too big');
  for (const raw of [
    '',
    '{',
    '{"object":"whatsapp_business_account","entry":[',
    '\u0000\u0001',
    '['.repeat(100000),
  ])
    assert.equal((await postWebhook(gardu, raw)).status, 400, `malformed: ${raw.slice(0, 20)}`);

  assert.equal(await gardu.rest.seq(), before);
  assert.equal((await gardu.rest.list('/messages')).length, 0);
  assert.equal((await postWebhook(gardu, good)).status, 200, 'the good one still goes through');
  assert.equal((await gardu.rest.list('/messages')).length, 1);
});

test('one element that makes no sense among good ones is kept whole, the good ones go on', async (t) => {
  const gardu = await start(t, { config: metaConfig() });
  await metaAccount(gardu);
  const strange = {
    from: kAyu,
    id: 'wamid.strange',
    timestamp: '1767225601',
    type: 'hologram',
    hologram: { depth: [1, { x: 'é' }] },
  };
  const broken = {
    from: kAyu,
    id: 'wamid.broken',
    timestamp: '1767225602',
    type: 'text',
    text: { body: { not: 'a text' } },
  };
  const body = envelope(
    entry({
      contacts: [person(kAyu, 'Ayu')],
      messages: [
        text('wamid.a', kAyu, 'before'),
        strange,
        17,
        broken,
        text('wamid.z', kAyu, 'after'),
      ],
    }),
  );
  assert.equal((await postWebhook(gardu, body)).status, 200);

  const stored = await gardu.rest.list('/messages?direction=inbound');
  const by = new Map(stored.map((m) => [m.provider_message_id, m]));
  assert.equal(by.get('wamid.a').text, 'before');
  assert.equal(by.get('wamid.z').text, 'after');
  assert.equal(by.get('wamid.strange').type, 'unsupported');
  assert.deepEqual(by.get('wamid.strange').metadata.raw, strange);
  assert.equal(by.get('wamid.broken').type, 'unsupported');
  assert.deepEqual(by.get('wamid.broken').metadata.raw, broken);
  const events = (await gardu.rest.list('/events?after_seq=0')).filter(
    (e) => e.type === 'message.received',
  );
  const journaled = new Set(events.map((e) => e.data.message.provider_message_id));
  for (const id of ['wamid.a', 'wamid.strange', 'wamid.broken', 'wamid.z'])
    assert.ok(journaled.has(id), id);
});

test("the webhook's address verifies itself with the token alone", async (t) => {
  const gardu = await start(t, { config: metaConfig() });
  const ask = (query) => request(`${gardu.url}/webhooks/meta_cloud?${query}`);
  const fine = await ask(
    `hub.mode=subscribe&hub.verify_token=${kVerifyToken}&hub.challenge=1158201444`,
  );
  assert.equal(fine.status, 200);
  assert.equal(fine.text, '1158201444');
  assert.match(fine.headers['content-type'], /^text\/plain/);
  assert.equal(
    (await ask('hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1')).status,
    403,
  );
  assert.equal(
    (await ask(`hub.mode=unsubscribe&hub.verify_token=${kVerifyToken}&hub.challenge=1`)).status,
    403,
  );
  assert.equal((await ask('')).status, 403);
});
