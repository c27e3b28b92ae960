// SPDX-License-Identifier: Apache-2.0
//
// The database server goes away and comes back: readiness and webhooks say so, the gateway lives on,
// and what it had answered for is there. Runs under tests/lib/with_database.sh.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { entry, envelope, metaAccount, metaConfig, person, postWebhook, text } from './lib/meta.mjs';
import { eventually } from './lib/queue.mjs';
import { request } from './lib/rest.mjs';

const kAyu = '6281200000777';
const webhook = (id) =>
  envelope(entry({ contacts: [person(kAyu, 'Ayu')], messages: [text(id, kAyu, id)] }));
const keeper = Number(process.env.GARDU_STORAGE_KEEPER);

test('a database that is gone for a while costs nothing but the while', async (t) => {
  const gardu = await start(t, { config: metaConfig() });
  await metaAccount(gardu);
  const ready = async () => (await request(`${gardu.url}/readyz`)).status;
  const answered = new Set();
  const post = async (id) => {
    const answer = await postWebhook(gardu, webhook(id));
    if (answer.status === 200) answered.add(id);
    return answer;
  };
  for (let i = 0; i < 5; i++) await post(`wamid.before.${i}`);
  assert.equal(answered.size, 5);

  process.kill(keeper, 'SIGUSR1');
  await eventually('readiness turns red', async () => [(await ready()) === 503, await ready()]);
  for (let i = 0; i < 5; i++) {
    const refused = await post(`wamid.during.${i}`);
    assert.equal(refused.status, 503, refused.text);
    assert.ok(Number(refused.headers['retry-after']) > 0, 'Retry-After');
  }
  const read = await gardu.rest.call('GET', '/contacts');
  assert.equal(read.status, 503, read.text);
  assert.ok(read.headers['retry-after']);
  assert.ok(!/port=|user=|password/.test(read.text), read.text);
  assert.equal((await request(`${gardu.url}/healthz`)).status, 200);

  process.kill(keeper, 'SIGUSR2');
  await eventually('readiness turns green', async () => [(await ready()) === 200, await ready()]);
  // As Meta does: what was refused comes again.
  for (let i = 0; i < 5; i++)
    await eventually(`wamid.during.${i} is taken`, async () => {
      const answer = await post(`wamid.during.${i}`);
      return [answer.status === 200, answer.text];
    });
  const texts = (await gardu.rest.list('/messages')).map((m) => m.provider_message_id);
  assert.deepEqual(new Set(texts), answered);
  assert.equal(texts.length, answered.size);
  assert.equal(answered.size, 10);
  const reply = await gardu.rest.post('/messages', {
    contact_id: (await gardu.rest.list('/contacts'))[0].id,
    type: 'text',
    text: 'still here',
  });
  assert.equal(reply.status, 'pending');
  assert.ok(gardu.running());
  assert.equal(await gardu.stop(), 0);
});
