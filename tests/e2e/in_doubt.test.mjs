// SPDX-License-Identifier: Apache-2.0
//
// Sends of which a lost answer or kill -9 left open what came of them. Meta's statuses carry our
// reference, so they are waited for before the account's policy decides: what the provider has is
// never sent again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGraph } from '../emulators/graph/server.mjs';
import { status } from '../emulators/graph/webhook.mjs';
import { start } from './lib/gardu.mjs';
import { entry, envelope, kAccessToken, kAppSecret, kPhoneNumberId } from './lib/meta.mjs';
import { metaAccount, metaConfig, postWebhook } from './lib/meta.mjs';
import { eventually } from './lib/queue.mjs';

const kAyu = '6281200000778';

// The emulator posts no statuses of its own: the tests say when one comes.
async function gateway(t, { wait = 600, policy = 'retry' } = {}) {
  const graph = await startGraph({ appSecret: kAppSecret, token: kAccessToken });
  t.after(() => graph.stop());
  const outbox = { backoff_s: [0], in_doubt_wait_s: wait };
  const gardu = await start(t, {
    config: { ...metaConfig(graph.url, { pusher: null }), outbox, cluster: { node_id: 'one' } },
  });
  const account = await metaAccount(gardu);
  await gardu.rest.ok('PATCH', `/accounts/${account.id}`, { in_doubt: policy });
  return {
    graph,
    gardu,
    send: (text) =>
      gardu.rest.post('/messages', { account_id: account.id, to: kAyu, type: 'text', text }),
    // The provider's word on a message.
    tell: async (message, word = 'sent', id = `wamid.${message.id}`) => {
      const element = status(word, { id, recipient: kAyu, reference: message.id });
      const answer = await postWebhook(gardu, envelope(entry({ statuses: [element] })));
      assert.equal(answer.status, 200);
    },
    // The message's entry once it is in that state.
    becomes: async (message, state) => {
      let found;
      await eventually(`${message.text} is ${state}`, async () => {
        const all = await gardu.rest.list('/outbox');
        found = all.find((e) => e.message_id === message.id);
        return [found?.state === state, JSON.stringify(all)];
      });
      return found;
    },
  };
}

const texts = (graph) => graph.requests.map((r) => r.body?.text?.body);

test('a status with our reference ends the doubt, and its lane goes on', async (t) => {
  const { graph, gardu, send, tell, becomes } = await gateway(t);
  graph.next('lost'); // taken, and the answer never came
  const first = await send('lost answer');
  const second = await send('behind it');
  const entry = await becomes(first, 'in_doubt');
  assert.ok(Date.parse(entry.not_before) > Date.now() + 300_000, JSON.stringify(entry));
  assert.equal((await becomes(second, 'queued')).attempts, 0);
  await tell(first);
  await becomes(first, 'done');
  await becomes(second, 'done');
  assert.deepEqual(texts(graph), ['lost answer', 'behind it']);
  const stored = await gardu.rest.get(`/messages/${first.id}`);
  assert.equal(stored.status, 'sent');
  assert.equal(stored.provider_message_id, `wamid.${first.id}`);
});

test('without one in time it is sent again, or held where the account says so', async (t) => {
  const { graph, send, becomes } = await gateway(t, { wait: 1 });
  graph.next('lost');
  const message = await send('again');
  await becomes(message, 'done');
  assert.deepEqual(texts(graph), ['again', 'again']);

  const careful = await gateway(t, { wait: 1, policy: 'hold' });
  careful.graph.next('lost');
  const held = await careful.send('for a person');
  const next = await careful.send('not held up by it');
  const { id } = await careful.becomes(held, 'held');
  await careful.becomes(next, 'done');
  assert.deepEqual(texts(careful.graph), ['for a person', 'not held up by it']);

  // The person says that it is to go out after all; of another one, that it is not.
  await careful.gardu.rest.ok('POST', `/outbox/${id}/retry`);
  await careful.becomes(held, 'done');
  assert.deepEqual(texts(careful.graph).slice(2), ['for a person']);
  careful.graph.next('lost');
  const unwanted = await careful.send('never mind');
  const entry = await careful.becomes(unwanted, 'held');
  await careful.gardu.rest.ok('POST', `/outbox/${entry.id}/cancel`);
  const { status: now, error } = await careful.gardu.rest.get(`/messages/${unwanted.id}`);
  assert.deepEqual([now, error.code], ['failed', 'cancelled']);
  await careful.gardu.rest.ok('POST', `/messages/${unwanted.id}/retry`);
  await careful.becomes(unwanted, 'done');
});

test('an answer that is lost each time is no reason to try for ever', async (t) => {
  const { graph, gardu, send, tell, becomes } = await gateway(t, { wait: 1 });
  graph.next('lost', 'lost', 'lost', 'lost', 'lost', 'lost');
  const message = await send('three times');
  const entry = await becomes(message, 'held');
  assert.equal(graph.requests.length, 3);
  assert.equal((await gardu.rest.get(`/messages/${message.id}`)).status, 'pending');
  // It goes out again when a person says so, as often as before.
  await gardu.rest.ok('POST', `/outbox/${entry.id}/retry`);
  await becomes(message, 'held');
  assert.equal(graph.requests.length, 4 + 2);
  // What comes late ends it all the same.
  await tell(message);
  await becomes(message, 'done');
  assert.equal((await gardu.rest.get(`/messages/${message.id}`)).status, 'sent');
});

test('kill -9 between the request and its answer: the doubt is kept, and ended', async (t) => {
  const { graph, gardu, send, tell, becomes } = await gateway(t);
  graph.next('hang');
  const message = await send('cut off');
  await graph.arrived(1);
  await gardu.kill9();
  await gardu.restart();
  const { not_before } = await becomes(message, 'in_doubt');
  // Another crash does not begin the wait anew.
  await gardu.kill9();
  await gardu.restart();
  assert.equal((await becomes(message, 'in_doubt')).not_before, not_before);
  await tell(message, 'delivered');
  await becomes(message, 'done');
  // What was told while nobody looked counts too.
  graph.next('hang');
  const late = await send('told at once');
  await graph.arrived(2);
  await tell(late);
  await gardu.kill9();
  await gardu.restart();
  await becomes(late, 'done');
  assert.equal(graph.requests.length, 2);
  assert.equal((await gardu.rest.get(`/messages/${message.id}`)).status, 'delivered');
  for (const request of graph.requests) assert.equal(request.phoneNumberId, kPhoneNumberId);
});
