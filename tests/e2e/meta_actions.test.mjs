// SPDX-License-Identifier: Apache-2.0
//
// What goes to Meta beyond messages: read receipts, typing, reactions, and the state of the number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGraph } from '../emulators/graph/server.mjs';
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

// A gateway, its emulator, and a contact that wrote `wamid.old`, then `wamid.new`.
async function conversation(t, load = {}) {
  const graph = await startGraph({
    appSecret: kAppSecret,
    token: kAccessToken,
    known: ['wamid.old', 'wamid.new'],
  });
  t.after(() => graph.stop());
  const config = metaConfig(graph.url);
  Object.assign(config.plugins.load.meta_cloud, load);
  const gardu = await start(t, { config });
  graph.control({ webhook: `${gardu.url}/webhooks/meta_cloud` });
  const account = await metaAccount(gardu);
  const journal = gardu.rest.follow();
  const hello = entry({
    contacts: [person(kAyu, 'Ayu')],
    messages: [text('wamid.old', kAyu, 'halo'), text('wamid.new', kAyu, 'ada?')],
  });
  assert.equal((await postWebhook(gardu, envelope(hello))).status, 200);
  const { data } = await journal.next((e) => e.type === 'message.received');
  return { graph, gardu, account, journal, message: data.message, contact: data.contact };
}

test('what was read and who types is told to Meta', async (t) => {
  const { graph, gardu, contact } = await conversation(t);
  await gardu.rest.post(`/contacts/${contact.id}/read`);
  await graph.arrived(1);
  await gardu.rest.post(`/contacts/${contact.id}/typing`);
  await graph.arrived(2);
  const receipt = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.new' };
  assert.deepEqual(
    graph.requests.map((r) => r.body),
    [receipt, { ...receipt, typing_indicator: { type: 'text' } }],
  );
  for (const { path, method } of graph.requests)
    assert.match(`${method} ${path}`, new RegExp(`^POST /v[\\d.]+/${kPhoneNumberId}/messages$`));
});

test('a reaction goes to the message that it is about, and can be taken back', async (t) => {
  const { graph, gardu, message } = await conversation(t);
  const emojis = ['😮', ''];
  for (const emoji of emojis) await gardu.rest.post(`/messages/${message.id}/reactions`, { emoji });
  await graph.idle();
  assert.deepEqual(
    graph.taken.map((r) => [r.body.to, r.body.type, r.body.reaction]),
    emojis.map((emoji) => [kAyu, 'reaction', { message_id: 'wamid.old', emoji }]),
  );
});

test('a reaction that Meta refuses is refused', async (t) => {
  const { graph, gardu, message } = await conversation(t);
  graph.next({ code: 130429, headers: { 'retry-after': '7' } }, 131047);
  const react = () => gardu.rest.call('POST', `/messages/${message.id}/reactions`, { emoji: 'x' });
  const busy = await react();
  assert.equal(busy.status, 429);
  assert.equal(busy.headers['retry-after'], '7');
  const refused = await react();
  assert.equal(refused.status, 422);
  assert.match(refused.text, /131047/);
});

test('the state of the number is read from Meta', async (t) => {
  const { graph, gardu, account } = await conversation(t);
  graph.control({ numbers: { [kPhoneNumberId]: { quality_rating: 'YELLOW' } } });
  const { provider } = await gardu.rest.get(`/accounts/${account.id}/health`);
  assert.equal(provider.quality_rating, 'YELLOW');
  assert.equal(provider.status, 'CONNECTED');
  assert.deepEqual(provider.throughput, { level: 'STANDARD' });
  assert.equal(graph.requests[0].method, 'GET');

  graph.next({ code: 190, details: `Malformed access token ${kAccessToken}` });
  const refused = await gardu.rest.get(`/accounts/${account.id}/health`);
  assert.equal(refused.provider, null);
  assert.match(refused.provider_error, /^Malformed access token \[token\]/);
});
