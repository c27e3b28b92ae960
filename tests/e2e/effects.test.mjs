// SPDX-License-Identifier: Apache-2.0
//
// The effects of durable subscribers, a row and a message for each event, happen exactly once:
// beside plugins that hang, throw and crash, for those once they are mended, and across kill -9.
// GARDU_CRASH_ROUNDS: how often the gateway is killed (default 10).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { start, temporaryDirectory } from './lib/gardu.mjs';
import { eventually } from './lib/queue.mjs';

const kPeople = Array.from({ length: 12 }, (_, i) => `+62812000009${String(i).padStart(2, '0')}`);

async function rows(gardu, plugin) {
  const all = [];
  for (;;) {
    const after = all.length ? all[all.length - 1][0] : 0;
    const page = await gardu.rest.get(`/${plugin}/rows?after=${after}`);
    all.push(...page);
    if (page.length < 1000) return all;
  }
}

const rowsReach = (gardu, plugin, count) =>
  eventually(`${plugin} has ${count} rows`, async () => {
    const found = await rows(gardu, plugin);
    return [found.length >= count, found.length];
  });

// Injects `count` messages in batches, several people in each; their texts are their numbers.
async function inject(gardu, account, from, count, batch = 50, lane = 0) {
  const people = kPeople.map((p) => `${p}${lane}`);
  for (let i = from; i < from + count; i += batch) {
    const messages = [];
    for (let k = i; k < Math.min(i + batch, from + count); ++k)
      messages.push({ from: people[k % people.length], type: 'text', text: `${k}` });
    await gardu.rest.post('/loopback/inject', { account_id: account.id, messages });
  }
}

// The same texts, each as often; a difference is told by its first few.
function same(found, expected, what) {
  const count = new Map(expected.map((x) => [x, 1]));
  for (const x of found) count.set(x, (count.get(x) ?? 0) - 1);
  const wrong = [...count].filter(([, n]) => n !== 0);
  assert.equal(wrong.length, 0, `${what}: missing (1) or too many (-1): ${wrong.slice(0, 5)}`);
}

// Every message once.
async function checkRows(gardu, plugin, texts) {
  const found = await rows(gardu, plugin);
  const inbound = await gardu.rest.list('/messages?direction=inbound');
  const byId = new Map(inbound.map((m) => [m.id, m]));
  same(
    found.map((r) => byId.get(r[2])?.text),
    texts,
    plugin,
  );
}

const silent = (more) => ({
  config: {
    limits: { requests_per_minute: 1000000 },
    plugins: { load: { pusher: null, loopback: { peer: 'silent' }, ...more } },
  },
});

test('one hangs, one throws, one crashes: the others never notice, and nothing is lost', async (t) => {
  const mended = path.join(temporaryDirectory(t), 'mended');
  const gardu = await start(
    t,
    silent({
      effects: { send: false },
      effects_hangs: { send: false, mended, hook_limit_ms: 1000, hook_warn_ms: 300 },
      effects_throws: { send: false, mended },
      effects_crashes: { send: false, mended, isolation: 'process' },
    }),
  );
  const account = await gardu.account('loopback');
  const kCount = 2400;
  const began = Date.now();
  // Several at once, each with people of its own, so that every conversation keeps its order.
  await Promise.all(
    [0, 1, 2, 3].map((lane) => inject(gardu, account, (kCount / 4) * lane, kCount / 4, 100, lane)),
  );
  const seconds = (Date.now() - began) / 1000;
  await rowsReach(gardu, 'effects', kCount);
  t.diagnostic(`${kCount} messages in ${seconds.toFixed(2)} s: ${(kCount / seconds).toFixed(0)}/s`);
  const texts = Array.from({ length: kCount }, (_, i) => `${i}`);
  await checkRows(gardu, 'effects', texts);
  const good = await rows(gardu, 'effects');
  const seqs = good.map((r) => r[0]);
  assert.ok(seqs.every((seq, i) => i === 0 || seqs[i - 1] < seq));

  const state = async (id) => (await gardu.rest.get(`/plugins/${id}`)).state;
  assert.equal(await state('effects'), 'running');
  await eventually('the one that hangs is stalled', async () => {
    const s = await state('effects_hangs');
    return [s === 'stalled', s];
  });
  await eventually('the one that throws is paused', async () => {
    const s = await state('effects_throws');
    return [s === 'paused', s];
  });
  await eventually('the one that crashes is quarantined', async () => {
    const s = await state('effects_crashes');
    return [s === 'quarantined', s];
  });
  // Its routes say so at once, and nobody else's do.
  for (const id of ['effects_hangs', 'effects_crashes']) {
    const answer = await gardu.rest.call('GET', `/${id}/rows`);
    assert.equal(answer.status, 503, id);
    assert.ok(answer.headers['retry-after']);
  }

  fs.writeFileSync(mended, '');
  for (const id of ['effects_hangs', 'effects_throws', 'effects_crashes']) {
    const again = await gardu.rest.post(`/plugins/${id}/restart`);
    assert.equal(again.state, 'running');
    const parked = await gardu.rest.list(`/plugins/${id}/backlog`);
    for (const e of parked) assert.ok(e.error, 'a parked event has its error');
    await gardu.rest.post(`/plugins/${id}/backlog/replay`);
    await rowsReach(gardu, id, kCount);
    await checkRows(gardu, id, texts);
    const after = await gardu.rest.get(`/plugins/${id}`);
    assert.deepEqual(after.backlog, { waiting: 0, parked: 0 }, id);
  }
  assert.equal(await gardu.stop(), 0);
});

for (const isolation of ['none', 'process']) {
  test(`kill -9 at random moments, isolation ${isolation}: one row and one message each`, async (t) => {
    const kRounds = Number(process.env.GARDU_CRASH_ROUNDS ?? 10);
    const gardu = await start(t, silent({ effects: { isolation } }));
    let account = await gardu.account('loopback');
    let next = 0;
    for (let round = 0; round < kRounds; ++round) {
      const batches = (async () => {
        for (let i = 0; i < 6; ++i) {
          const from = next;
          next += 20;
          await inject(gardu, account, from, 20, 20);
        }
      })().catch(() => {}); // cut off by the kill
      await pause(Math.random() * 250);
      await gardu.kill9();
      await batches;
      await gardu.restart();
    }
    const inbound = await gardu.rest.list('/messages?direction=inbound');
    const texts = inbound.map((m) => m.text);
    assert.equal(new Set(texts).size, texts.length);
    await rowsReach(gardu, 'effects', texts.length);
    await checkRows(gardu, 'effects', texts);
    await eventually('a message for each', async () => {
      const sent = await gardu.rest.list('/messages?direction=outbound');
      return [sent.length >= texts.length, `${sent.length} of ${texts.length}`];
    });
    const sent = await gardu.rest.list('/messages?direction=outbound');
    same(
      sent.map((m) => m.text),
      inbound.map((m) => `seen by effects ${m.id}`),
      'messages',
    );
    t.diagnostic(`${kRounds} kills, ${texts.length} events`);
    assert.equal(await gardu.stop(), 0);
  });
}
