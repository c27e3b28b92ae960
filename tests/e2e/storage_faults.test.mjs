// SPDX-License-Identifier: Apache-2.0
//
// What a file of SQLite may suffer under a running gateway: no room, deleted, damaged. Nothing is
// answered 2xx that is not stored, readiness names the file, the process lives on, and all is well
// again by itself when the disk is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { entry, envelope, metaAccount, metaConfig, person, postWebhook, text } from './lib/meta.mjs';
import { eventually } from './lib/queue.mjs';
import { request } from './lib/rest.mjs';

const kAyu = '6281200000888';
const webhook = (id, body = id) =>
  envelope(entry({ contacts: [person(kAyu, 'Ayu')], messages: [text(id, kAyu, body)] }));

async function gateway(t) {
  const gardu = await start(t, { config: metaConfig() });
  await metaAccount(gardu);
  gardu.file = gardu.config.storage.dsn;
  gardu.answered = new Set();
  gardu.webhook = async (id, body) => {
    const answer = await postWebhook(gardu, webhook(id, body));
    if (answer.status === 200) gardu.answered.add(id);
    return answer;
  };
  return gardu;
}

const ready = async (gardu) => {
  const answer = await request(`${gardu.url}/readyz`);
  return { status: answer.status, storage: JSON.parse(answer.text).parts.storage };
};

async function red(gardu) {
  let storage;
  await eventually('readiness turns red', async () => {
    const now = await ready(gardu);
    storage = now.storage;
    return [now.status === 503, JSON.stringify(now)];
  });
  assert.equal(storage.ready, false);
  assert.ok(storage.detail.includes(gardu.file), storage.detail);
  assert.equal((await request(`${gardu.url}/healthz`)).status, 200);
  assert.ok(gardu.running());
}

const green = (gardu) =>
  eventually('readiness turns green', async () => {
    const now = await ready(gardu);
    return [now.status === 200, JSON.stringify(now)];
  });

function assertRefused(answer, what) {
  assert.equal(answer.status, 503, `${what}: ${answer.text}`);
  assert.ok(Number(answer.headers['retry-after']) > 0, `${what}: Retry-After`);
}

const stored = async (gardu) =>
  new Set(
    (await gardu.rest.list('/messages'))
      .filter((m) => m.direction === 'inbound')
      .map((m) => m.provider_message_id),
  );

test('a full disk refuses, and takes again what comes when there is room', async (t) => {
  const gardu = await gateway(t);
  for (let i = 0; i < 3; i++) await gardu.webhook(`wamid.before.${i}`);
  const contact = (await gardu.rest.list('/contacts'))[0].id;
  const limit = (bytes) =>
    execFileSync('prlimit', ['--pid', `${gardu.child.pid}`, `--fsize=${bytes}:unlimited`]);
  limit(fs.statSync(`${gardu.file}-wal`).size);

  for (let i = 0; i < 5; i++)
    assertRefused(await gardu.webhook(`wamid.during.${i}`, 'x'.repeat(20000)), 'webhook');
  const body = { contact_id: contact, type: 'text', text: 'lost', client_ref: 'lost' };
  assertRefused(await gardu.rest.call('POST', '/messages', body), 'send');
  await red(gardu);
  assert.equal((await gardu.rest.call('GET', '/contacts')).status, 200, 'reading goes on');

  limit('unlimited');
  await green(gardu); // with nobody writing
  for (let i = 0; i < 5; i++) assert.equal((await gardu.webhook(`wamid.during.${i}`)).status, 200);
  assert.deepEqual(await stored(gardu), gardu.answered);
  assert.equal(gardu.answered.size, 8);
  const sent = await gardu.rest.post('/messages', { ...body, text: 'kept' });
  assert.equal(sent.status, 'pending');
  const all = await gardu.rest.list('/messages');
  assert.equal(all.filter((m) => m.direction === 'outbound').length, 1);
  assert.equal(await gardu.stop(), 0);
});

test('a file that was deleted takes nothing and is not made anew; put back it goes on', async (t) => {
  const gardu = await gateway(t);
  await gardu.webhook('wamid.1');
  const aside = `${gardu.file}.aside`;
  fs.renameSync(gardu.file, aside);
  for (let i = 0; i < 3; i++) assertRefused(await gardu.webhook(`wamid.gone.${i}`), 'webhook');
  assertRefused(await gardu.rest.call('GET', '/contacts'), 'read');
  await red(gardu);
  assert.ok(!fs.existsSync(gardu.file));
  fs.renameSync(aside, gardu.file);
  await green(gardu);
  assert.equal((await gardu.webhook('wamid.2')).status, 200);
  assert.deepEqual(await stored(gardu), gardu.answered);
  // The same with what a backup is put in its place, whose past is another: that needs a start.
  const copy = path.join(gardu.dir, 'copy.db');
  assert.equal((await gardu.cli('backup', copy)).code, 0);
  fs.renameSync(copy, gardu.file);
  assertRefused(await gardu.webhook('wamid.replaced'), 'webhook');
  await red(gardu);
  assert.equal(await gardu.stop(), 0);
  for (const end of ['-wal', '-shm']) fs.rmSync(gardu.file + end, { force: true });
  await gardu.restart();
  assert.deepEqual(await stored(gardu), gardu.answered);
});

test('a damaged file is named, and nothing is taken for stored that is not', async (t) => {
  const gardu = await gateway(t);
  for (let i = 0; i < 40; i++) await gardu.webhook(`wamid.${i}`, 'kata '.repeat(800));
  assert.equal(await gardu.stop(), 0);
  const size = fs.statSync(gardu.file).size;
  const fd = fs.openSync(gardu.file, 'r+');
  // What lies in front is the schema and what a start looks at; the texts lie behind.
  const from = Math.floor((size * 0.6) / 4096) * 4096;
  fs.writeSync(fd, Buffer.alloc(size - from, 0x5a), 0, size - from, from);
  fs.closeSync(fd);
  await gardu.restart();
  let refused = 0;
  for (let i = 0; i < 10; i++) {
    const answer = await gardu.webhook(`wamid.after.${i}`, 'kata '.repeat(800));
    if (answer.status !== 200) refused++;
  }
  await gardu.rest.call('GET', '/messages?q=kata');
  assert.ok(refused > 0);
  await red(gardu);
  assert.ok(gardu.running());
});
