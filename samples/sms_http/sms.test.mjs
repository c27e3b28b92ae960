// SPDX-License-Identifier: Apache-2.0
//
// The sample as a stranger has it: built against the installed SDK, loaded by the real gateway,
// talking to the provider of provider.mjs. GARDU_SAMPLE_DIR names a folder with a built sms_http.so.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run, start } from '../../tests/e2e/lib/gardu.mjs';
import { request } from '../../tests/e2e/lib/rest.mjs';
import { kAbsent, Provider, sign } from './provider.mjs';

const kSample = path.dirname(fileURLToPath(import.meta.url));
const kBuilt = process.env.GARDU_SAMPLE_DIR ?? path.join(kSample, 'build');
const kOwn = '+6281100000001';
const kAyu = '+6281234567890';
const kApiKey = 'e2e-sms-api-key';
const kSecret = 'e2e-sms-webhook-secret';

// The provider, the gateway with one account at it, and the journal.
async function connected(t, options = {}) {
  const secrets = { apiKey: kApiKey, secret: kSecret };
  const provider = await new Provider({ ...secrets, perSecond: 0, ...options }).listen();
  t.after(() => provider.stop());
  const sms_http = { api_url: provider.url };
  const gardu = await start(t, {
    config: {
      outbox: { backoff_s: [1, 1, 1], in_doubt_wait_s: 1 },
      plugins: { paths: ['plugins', kBuilt], load: { loopback: null, pusher: null, sms_http } },
    },
  });
  provider.options.webhook = `${gardu.url}/webhooks/sms_http`;
  const account = await gardu.account('sms_http', {
    address: kOwn,
    credentials: { api_key: kApiKey, webhook_secret: kSecret },
  });
  const journal = gardu.rest.follow();
  const send = (text, to = kAyu) =>
    gardu.rest.post('/messages', { account_id: account.id, to, type: 'text', text });
  const update = (id, status) =>
    journal.next(
      ({ type, data }) =>
        type === 'message.status.updated' && data.message_id === id && data.status === status,
      `${status} of ${id}`,
    );
  return { provider, gardu, account, journal, send, update };
}

const statusesOf = (provider) =>
  provider.requests.filter((r) => r.path === '/messages').map((r) => r.status);

test('a message goes out and its statuses come back', async (t) => {
  const { provider, gardu, send, update } = await connected(t);
  const message = await send('halo – é😮');
  await update(message.id, 'delivered');

  assert.equal(provider.requests.length, 1);
  const [{ method, path: where, headers, body }] = provider.requests;
  assert.equal(`${method} ${where}`, 'POST /messages');
  assert.equal(headers.authorization, `Bearer ${kApiKey}`);
  assert.equal(headers['idempotency-key'], message.id);
  assert.deepEqual(body, { to: kAyu, from: kOwn, text: 'halo – é😮', reference: message.id });

  const stored = await gardu.rest.get(`/messages/${message.id}`);
  assert.equal(stored.status, 'delivered');
  assert.equal(stored.provider_message_id, provider.messages[0].id);
  assert.ok(stored.sent_at && stored.delivered_at, JSON.stringify(stored));
  for (const secret of [kApiKey, kSecret]) assert.ok(!gardu.log().includes(secret));
});

test('a message from a phone arrives, once', async (t) => {
  const { provider, gardu, account, journal } = await connected(t);
  const sms = { to: kOwn, from: kAyu, text: 'selamat pagi', id: 'in.7' };
  assert.equal(await provider.receive(sms), 200);
  const { data } = await journal.next((e) => e.type === 'message.received', 'the message');
  assert.equal(data.message.text, 'selamat pagi');
  assert.equal(data.message.account_id, account.id);

  assert.equal(await provider.receive(sms), 200); // its first answer was lost, say
  const stored = await gardu.rest.list('/messages');
  assert.deepEqual(
    stored.map((m) => [m.id, m.direction, m.text, m.provider_message_id]),
    [[data.message.id, 'inbound', 'selamat pagi', 'in.7']],
  );
});

test('a webhook that is not signed by the account changes nothing', async (t) => {
  const { provider, gardu } = await connected(t);
  const event = { type: 'message', account: kOwn, id: 'in.1', from: kAyu, text: 'let me in' };
  const body = JSON.stringify(event);
  const post = (signature) =>
    request(provider.options.webhook, {
      method: 'POST',
      headers: { ...(signature && { 'X-Sms-Signature': signature }) },
      body,
    });
  const right = sign(body, kSecret);
  for (const wrong of [undefined, sign(body, 'guessed'), right.slice(1), sign(`${body} `, kSecret)])
    assert.equal((await post(wrong)).status, 401);
  assert.deepEqual(await gardu.rest.list('/messages'), []);
  assert.equal((await post(right)).status, 200);
  assert.equal((await gardu.rest.list('/messages')).length, 1);
});

test('what is refused for now goes out later', async (t) => {
  const { provider, send, update } = await connected(t);
  provider.next({ code: 1429, headers: { 'Retry-After': '1' } });
  const throttled = await send('after the throttle');
  await update(throttled.id, 'delivered');
  provider.next({ code: 1500 });
  const retried = await send('after an error of theirs');
  await update(retried.id, 'delivered');
  assert.deepEqual(statusesOf(provider), [429, 201, 500, 201]);
  assert.equal(provider.messages.length, 2);
});

test('a message whose answer was lost is tried again, and taken once', async (t) => {
  const { provider, gardu, account, send, update } = await connected(t, { statuses: [] });
  provider.next('lost');
  const message = await send('only once');
  await gardu.lines.next((line) => line.includes(`${message.id} was not sent`), 'a lost answer');
  const second = await send('the next one of this conversation waits for it');
  provider.options.statuses = ['delivered'];
  await update(second.id, 'delivered');
  assert.deepEqual(statusesOf(provider), [0, 409, 201]);
  assert.deepEqual(
    provider.messages.map((m) => m.reference),
    [message.id, second.id],
  );
  const stored = await gardu.rest.get(`/messages/${message.id}`);
  assert.equal(stored.provider_message_id, provider.messages[0].id);
  assert.equal(stored.account_id, account.id);
});

test('what is refused for good fails with the reason of the provider', async (t) => {
  const { provider, gardu, send, update } = await connected(t);
  provider.next({ code: 1001 });
  const refused = await send('to nobody');
  const { data } = await update(refused.id, 'failed');
  assert.equal(data.error.code, '1001');
  assert.equal(data.error.title, 'Invalid number');

  const absent = await send('is anybody there?', '+9991234567890');
  await update(absent.id, 'failed');
  const { error } = await gardu.rest.get(`/messages/${absent.id}`);
  assert.deepEqual({ code: error.code, title: error.title }, kAbsent);
});

test('a key that is refused is said of the account', async (t) => {
  const { provider, gardu, account, journal, send } = await connected(t);
  provider.options.apiKey = 'a new one';
  await send('with the old key');
  await journal.next(
    (e) => e.type === 'account.status' && e.data.status === 'failed',
    'account.status failed',
  );
  const { status, status_reason: reason } = await gardu.rest.get(`/accounts/${account.id}`);
  assert.equal(status, 'failed');
  assert.ok(!String(reason).includes(kApiKey));
});

test('the plugin check finds nothing wrong', async () => {
  const settings = path.join(kSample, 'settings.example.json');
  const file = path.join(kBuilt, 'sms_http.so');
  const { code, stdout } = await run(['plugin', 'check', file, '--settings', settings, '--json']);
  assert.equal(code, 0, stdout);
});
