// SPDX-License-Identifier: Apache-2.0
//
// Texts that mean something to a database or cannot be kept by one: statements go in and come out
// as they are and change nothing; NUL and what is no UTF-8 is refused at every route by its field,
// and kept as an unsupported message when a provider sends it. On every engine.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import {
  entry,
  envelope,
  kAppSecret,
  metaAccount,
  metaConfig,
  person,
  postWebhook,
  text,
} from './lib/meta.mjs';
import { request } from './lib/rest.mjs';

const kAyu = '6281200000999';
const kInjections = [
  "' or '1'='1",
  "'; drop table messages; --",
  '"; delete from contacts; --',
  "\\'; update workspaces set plan = 'x'; -- ",
  "') union select hash from tokens --",
  ':a $1 ? %s ${x} @@version /* */ # `x`',
  '%_!\\%',
  '\u202e🦆 e\u0301 \ufffd \uffff',
];

async function gateway(t) {
  const limits = { requests_per_minute: 100000, sends_per_second: 10000 };
  const gardu = await start(t, { config: { ...metaConfig(undefined, { loopback: { peer: 'silent' } }), limits } });
  gardu.loopback = await gardu.account('loopback');
  gardu.meta = await metaAccount(gardu);
  const platform = await gardu.cli('token', 'create', '--platform');
  gardu.platform = platform.stdout.trim();
  await gardu.rest.post('/loopback/inject', {
    account_id: gardu.loopback.id,
    from: '+6281200000001',
    type: 'text',
    text: 'pertama',
  });
  gardu.contact = (await gardu.rest.list('/contacts'))[0];
  return gardu;
}

const answer = (gardu, token, method, path, body) =>
  request(`${gardu.url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body,
  });

// Every route that takes a body: the body of one that is fine, and the texts in it.
function routes(gardu) {
  const { token, platform, loopback, contact } = gardu;
  const address = `+62${Date.now()}`;
  return [
    [platform, 'POST', '/workspaces', { name: 'W', plan: 'p', settings: { note: 'x' } }],
    [token, 'POST', '/tokens', { name: 'T', role: 'viewer' }],
    [
      token,
      'POST',
      '/accounts',
      { transport: 'loopback', name: 'A', address, metadata: { note: 'x' } },
    ],
    [token, 'PATCH', `/accounts/${loopback.id}`, { name: 'A', metadata: { note: 'x' } }],
    [
      token,
      'POST',
      '/contacts',
      { account_id: loopback.id, address, name: 'C', custom_fields: { note: 'x' } },
    ],
    [token, 'PATCH', `/contacts/${contact.id}`, { name: 'C', custom_fields: { note: 'x' } }],
    [
      token,
      'POST',
      '/messages',
      { contact_id: contact.id, type: 'text', text: 'M', client_ref: 'r', metadata: { note: 'x' } },
    ],
    [
      token,
      'POST',
      '/loopback/inject',
      { account_id: loopback.id, from: '+6281200000001', type: 'text', text: 'I' },
    ],
  ];
}

const kFree = ['name', 'plan', 'text', 'client_ref', 'note']; // members that take any text

function replaced(body, member, value) {
  if (body === null || typeof body !== 'object') return body;
  return Object.fromEntries(
    Object.entries(body).map(([k, v]) => [k, k === member ? value : replaced(v, member, value)]),
  );
}

const members = (body) =>
  Object.entries(body).flatMap(([k, v]) =>
    v !== null && typeof v === 'object' ? members(v) : kFree.includes(k) ? [k] : [],
  );

test('statements in texts are texts', async (t) => {
  const gardu = await gateway(t);
  const kept = [];
  for (const [token, method, path, body] of routes(gardu)) {
    for (const injection of kInjections) {
      for (const member of members(body)) {
        const sent = replaced(body, member, injection);
        if (method === 'POST' && sent.address) sent.address = `+62813${1000000 + kept.length}`;
        const got = await answer(gardu, token, method, path, JSON.stringify(sent));
        assert.ok(got.status < 300, `${method} ${path} ${member}: ${got.status} ${got.text}`);
        kept.push([member, injection, got.text]);
        const echoed = JSON.parse(got.text);
        const found = echoed[member] ?? echoed.metadata?.[member] ?? echoed.settings?.[member];
        if (found !== undefined) assert.equal(found, injection, `${method} ${path} ${member}`);
      }
    }
  }
  assert.ok(kept.length > 100);
  // Through filters, searches and cursors, too.
  for (const injection of kInjections) {
    const q = encodeURIComponent(injection);
    for (const path of [
      `/contacts?q=${q}`,
      `/contacts?label=${q}`,
      `/messages?q=${q}`,
      `/messages?type=${q}`,
      `/messages?status=${q}`,
      `/messages?account_id=${q}`,
      `/messages?contact_id=${q}`,
      `/events?types=${q}`,
      `/events?contact_id=${q}`,
      `/outbox?state=${q}`,
      `/contacts?cursor=${q}`,
      `/contacts/${q}`,
      `/messages/${q}`,
    ]) {
      const got = await answer(gardu, gardu.token, 'GET', path);
      assert.ok([200, 400, 404, 422].includes(got.status), `${path}: ${got.status} ${got.text}`);
    }
    const login = await request(`${gardu.url}/api/v1/me`, {
      headers: { Authorization: `Bearer ${encodeURIComponent(injection)}` },
    });
    assert.equal(login.status, 401);
  }
  const messages = await gardu.rest.list('/messages');
  for (const injection of kInjections) {
    const same = messages.filter((m) => m.text === injection);
    assert.equal(same.length, 2, `${injection}: as sent and as injected`);
  }
  assert.equal((await answer(gardu, gardu.token, 'GET', '/me')).status, 200);
  assert.ok((await gardu.rest.list('/contacts')).length > 1);
});

test('what no database keeps is refused by its field at every route', async (t) => {
  const gardu = await gateway(t);
  const before = (await gardu.rest.list('/messages')).length;
  for (const [token, method, path, body] of routes(gardu)) {
    for (const member of members(body)) {
      const nul = await answer(
        gardu,
        token,
        method,
        path,
        JSON.stringify(replaced(body, member, 'a\u0000b')),
      );
      const where = `${method} ${path} ${member}`;
      assert.equal(nul.status, 422, `${where}: ${nul.text}`);
      assert.match(nul.headers['content-type'], /application\/problem\+json/, where);
      const fields = JSON.parse(nul.text).errors.map((e) => e.field);
      assert.ok(
        fields.some((f) => f.split('.').includes(member)),
        `${where}: ${nul.text}`,
      );
      const raw = Buffer.from(JSON.stringify(replaced(body, member, 'a#b')));
      raw[raw.indexOf('#')] = 0xff;
      const bytes = await answer(gardu, token, method, path, raw);
      assert.equal(bytes.status, 422, `${where}: ${bytes.text}`);
      const named = JSON.parse(bytes.text).errors.map((e) => e.field);
      assert.ok(
        named.some((f) => f.split('.').includes(member)),
        `${where}: ${bytes.text}`,
      );
    }
  }
  for (const path of [
    '/contacts?q=%00',
    '/contacts?q=%ff',
    '/messages?q=a%00',
    '/events?types=%00',
  ]) {
    const got = await answer(gardu, gardu.token, 'GET', path);
    assert.equal(got.status, 422, `${path}: ${got.text}`);
  }
  assert.equal((await gardu.rest.list('/messages')).length, before);
});

test("a provider's message with NUL is kept whole, as unsupported", async (t) => {
  const gardu = await gateway(t);
  const hook = (id, body) =>
    envelope(entry({ contacts: [person(kAyu, 'A\u0000yu')], messages: [text(id, kAyu, body)] }));
  assert.equal((await postWebhook(gardu, hook('wamid.nul', 'a\u0000b'))).status, 200);
  const raw = Buffer.from(JSON.stringify(hook('wamid.bytes', 'a#b')));
  raw[raw.lastIndexOf('#')] = 0xff;
  const signature = crypto.createHmac('sha256', kAppSecret).update(raw).digest('hex');
  const posted = await request(`${gardu.url}/webhooks/meta_cloud`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` },
    body: raw,
  });
  assert.equal(posted.status, 200, posted.text);
  for (const injection of kInjections)
    assert.equal((await postWebhook(gardu, hook(`wamid.${injection}`, injection))).status, 200);
  const all = (await gardu.rest.list('/messages')).filter((m) => m.account_id === gardu.meta.id);
  const of = (id) => all.find((m) => m.provider_message_id === id);
  for (const id of ['wamid.nul', 'wamid.bytes']) {
    assert.equal(of(id)?.type, 'unsupported', id);
    assert.ok(of(id).metadata.raw, id);
  }
  for (const injection of kInjections) {
    assert.equal(of(`wamid.${injection}`)?.text, injection);
    assert.equal(of(`wamid.${injection}`)?.type, 'text');
  }
});
