// SPDX-License-Identifier: Apache-2.0
//
// A plugin in a process of its own is the same plugin: its sends, its routes, its accounts. And a
// plugin is replaced while the gateway runs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { start, temporaryDirectory, kPlugins, kTestPlugins } from './lib/gardu.mjs';
import { eventually } from './lib/queue.mjs';

const statuses = async (journal, id) => {
  const seen = [];
  while (seen[seen.length - 1] !== 'read') {
    const e = await journal.next(
      (x) => x.type === 'message.status.updated' && x.data.message_id === id,
      `a status of ${id} after ${seen}`,
    );
    seen.push(e.data.status);
  }
  return seen;
};

test('a transport in a process of its own', async (t) => {
  const load = { pusher: null, loopback: { isolation: 'process', typing_ms: 0 } };
  const gardu = await start(t, { config: { plugins: { load } } });
  const plugin = await gardu.rest.get('/plugins/loopback');
  assert.equal(plugin.isolation, 'process');
  assert.equal(plugin.state, 'running');
  const account = await gardu.account('loopback');
  const journal = gardu.rest.follow();
  const body = { account_id: account.id, to: '+6281200000555', type: 'text', text: 'far away 🦆' };
  const message = await gardu.rest.post('/messages', body);
  assert.deepEqual(await statuses(journal, message.id), ['sent', 'delivered', 'read']);
  const answer = await journal.next((e) => e.type === 'message.received', 'the peer answers');
  assert.equal(answer.data.message.text, 'far away 🦆');
  // A mistake is answered as in the gateway's own process.
  const wrong = await gardu.rest.call('POST', '/loopback/inject', { account_id: 7, x: 1 });
  assert.equal(wrong.status, 422, wrong.text);
  assert.equal(await gardu.stop(), 0);
});

test('routes of a plugin in a process of its own', async (t) => {
  const load = { pusher: null, loopback: null, http_echo: { isolation: 'process' } };
  const gardu = await start(t, { config: { plugins: { load } } });
  const echoed = await gardu.rest.post('/http_echo/one?x=%2F', { a: 1 });
  assert.deepEqual(
    [echoed.method, echoed.name, echoed.query, echoed.body, echoed.content_type],
    ['POST', 'one', 'x=%2F', '{"a":1}', 'application/json'],
  );
  assert.equal(echoed.workspace_id, await gardu.workspaceId());
  assert.equal((await gardu.rest.get('/http_echo/deferred/two')).name, 'two');
  assert.equal((await gardu.rest.call('GET', '/http_echo/never/three')).status, 504);
  assert.equal((await gardu.rest.call('GET', '/http_echo/throws/four')).status, 500);
  assert.equal(await gardu.stop(), 0);
});

test('a process that is killed costs a restart', async (t) => {
  const load = { pusher: null, loopback: { isolation: 'process', typing_ms: 0 } };
  const gardu = await start(t, { config: { plugins: { load } } });
  const account = await gardu.account('loopback');
  const children = fs
    .readFileSync(`/proc/${gardu.child.pid}/task/${gardu.child.pid}/children`, 'utf8')
    .trim()
    .split(/\s+/)
    .concat(
      fs
        .readdirSync(`/proc/${gardu.child.pid}/task`)
        .flatMap((task) =>
          fs
            .readFileSync(`/proc/${gardu.child.pid}/task/${task}/children`, 'utf8')
            .trim()
            .split(/\s+/),
        ),
    )
    .filter((pid) => pid !== '');
  process.kill(Number(children[0]), 'SIGKILL');
  const body = { account_id: account.id, to: '+6281200000555', type: 'text', text: 'after it' };
  const message = await gardu.rest.post('/messages', body);
  const journal = gardu.rest.follow();
  assert.deepEqual(await statuses(journal, message.id), ['sent', 'delivered', 'read']);
  const plugin = await gardu.rest.get('/plugins/loopback');
  assert.equal(plugin.restarts, 1);
  assert.match(plugin.last_error, /signal 9/);
});

// The sanitizers reserve more than any limit.
if (!process.env.GARDU_SANITIZE)
  test('a process that needs too much memory costs a restart', async (t) => {
    const mended = path.join(temporaryDirectory(t), 'mended');
    const effects_leaks = { isolation: 'process', process_memory_mb: 256, mended, send: false };
    const load = { pusher: null, loopback: { peer: 'silent' }, effects_leaks };
    const gardu = await start(t, { config: { plugins: { load } } });
    const account = await gardu.account('loopback');
    const inject = { account_id: account.id, from: '+6281200000555', type: 'text', text: 'one' };
    await gardu.rest.post('/loopback/inject', inject);
    const plugin = () => gardu.rest.get('/plugins/effects_leaks');
    await eventually('the restart of the process', async () => {
      const { state, restarts, backlog } = await plugin();
      return [state === 'running' && backlog.parked === 1, `${state}, ${restarts} restarts`];
    });
    assert.match((await plugin()).last_error, /256 MiB/);
    // What ended the process waits for a person, who shows it the event again.
    fs.writeFileSync(mended, '');
    await gardu.rest.post('/plugins/effects_leaks/backlog/replay');
    await eventually('the row', async () => {
      const rows = await gardu.rest.get('/effects_leaks/rows');
      return [rows.length === 1, rows.length];
    });
    assert.equal((await gardu.rest.get('/plugins/loopback')).state, 'running');
    assert.equal(await gardu.stop(), 0);
  });

test('a newer file takes over; one that does not start changes nothing', async (t) => {
  const own = temporaryDirectory(t);
  const file = path.join(own, 'http_echo.so');
  const put = (from) => {
    // As an installation does it: beside, then in its place.
    fs.copyFileSync(path.join(kTestPlugins, from), `${file}.new`);
    fs.renameSync(`${file}.new`, file);
  };
  put('http_echo.so');
  const plugins = { paths: [own, kPlugins], load: { pusher: null, loopback: null, http_echo: {} } };
  const gardu = await start(t, { config: { plugins } });
  const works = async () =>
    assert.equal((await gardu.rest.get('/http_echo/deferred/x')).name, 'x');
  await works();

  put('bad_abi_major.so');
  const refused = await gardu.rest.call('POST', '/plugins/http_echo/restart');
  assert.equal(refused.status, 409, refused.text);
  assert.match(refused.body.detail, /SDK major 99/);
  await works();

  put('http_echo.so');
  assert.equal((await gardu.rest.post('/plugins/http_echo/restart')).state, 'running');
  await works();

  const off = await gardu.rest.ok('PATCH', '/plugins/http_echo', { enabled: false });
  assert.deepEqual([off.state, off.enabled], ['stopped', false]);
  assert.equal((await gardu.rest.call('GET', '/http_echo/deferred/x')).status, 404);
  const on = await gardu.rest.ok('PATCH', '/plugins/http_echo', { enabled: true });
  assert.equal(on.state, 'running');
  await works();
  assert.equal(await gardu.stop(), 0);
});
