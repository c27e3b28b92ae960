// SPDX-License-Identifier: Apache-2.0
//
// Configuration that is wrong says everything at once; the commands work beside a running gateway.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { configuration, kApp, run, start, temporaryDirectory } from './lib/gardu.mjs';

function written(t, overrides) {
  const dir = temporaryDirectory(t);
  const file = path.join(dir, 'gardu.json');
  fs.writeFileSync(file, JSON.stringify(configuration(dir, overrides)));
  return file;
}

test('check names five mistakes at once, with their paths', async (t) => {
  const file = written(t, {
    http: { listn: '127.0.0.1:0', threads: 'two' },
    storage: { backend: 'oracle', pool: -1 },
    log: { level: 'loud' },
  });
  const { code, stdout, stderr } = await run(['config', 'check', '--config', file]);
  assert.equal(code, 2, stdout + stderr);
  for (const key of ['http.listn', 'http.threads', 'storage.backend', 'storage.pool', 'log.level'])
    assert.ok(stderr.includes(key) || stdout.includes(key), `${key} in:\n${stdout}${stderr}`);
  assert.match(stdout + stderr, /listen/, 'the nearest known key is suggested');
});

test("check names the host's and the plugins' mistakes in one go", async (t) => {
  const file = written(t, {
    http: { listn: '127.0.0.1:0' },
    log: { level: 'loud' },
    plugins: {
      paths: [process.env.GARDU_PLUGIN_DIR],
      load: { loopback: { peer: 'shy' }, pusher: { lisen: 'x', apps: '${NOT_SET_ANYWHERE}' } },
    },
  });
  const { code, stderr } = await run(['config', 'check', '--config', file]);
  assert.equal(code, 2, stderr);
  for (const key of ['http.listn', 'log.level', 'loopback.peer', 'pusher.lisen', 'pusher.apps'])
    assert.ok(stderr.includes(`${key}: `), `${key} in:\n${stderr}`);
});

test("check names what is wrong in a plugin's settings", async (t) => {
  const load = { pusher: { lisen: '127.0.0.1:0' }, meta_cloud: { version: 23 }, nowhere: {} };
  const { code, stderr } = await run([
    'config',
    'check',
    '--config',
    written(t, { plugins: { load } }),
  ]);
  assert.equal(code, 2, stderr);
  for (const key of ['plugins.load.pusher.lisen', 'plugins.load.meta_cloud.version', 'nowhere'])
    assert.ok(stderr.includes(key), `${key} in:\n${stderr}`);
});

test('check is content with a good file', async (t) => {
  const { code, stdout, stderr } = await run(['config', 'check', '--config', written(t)]);
  assert.equal(code, 0, stdout + stderr);
});

test('an unresolved ${VAR} stops the start and names the key', async (t) => {
  const app = { ...kApp, secret: '${GARDU_E2E_NOT_SET}' };
  const file = written(t, { plugins: { load: { pusher: { apps: [app] } } } });
  const { code, stderr } = await run(['serve', '--config', file]);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /GARDU_E2E_NOT_SET/);
  assert.match(stderr, /plugins\.load\.pusher\.apps/);
  const set = await run(['config', 'check', '--config', file], { env: { GARDU_E2E_NOT_SET: 'x' } });
  assert.equal(set.code, 0, set.stderr);
});

test('show masks secrets and knows where values come from', async (t) => {
  const file = written(t);
  const shown = await run(['config', 'show', '--config', file]);
  assert.equal(shown.code, 0, shown.stderr);
  assert.ok(!shown.stdout.includes(kApp.secret), shown.stdout);
  assert.ok(shown.stdout.includes(kApp.key));
  const open = await run(['config', 'show', '--secrets', '--config', file]);
  assert.ok(open.stdout.includes(kApp.secret), open.stdout);
  const set = await run(['config', 'show', '--config', file, '--set', 'http.threads=2'], {
    env: { GARDU_LOG_LEVEL: 'warn' },
  });
  const config = JSON.parse(set.stdout);
  assert.equal(config.http.threads, 2);
  assert.equal(config.log.level, 'warn');
});

test('webhooks are shown without what their receivers know each other by', async (t) => {
  const webhooks = [
    { url: 'https://a.test/?t=e2e-hook-secret', headers: { 'X-Key': 'e2e-header-secret' } },
  ];
  const file = written(t, { plugins: { load: { pusher: { apps: [{ ...kApp, webhooks }] } } } });
  const shown = await run(['config', 'show', '--config', file]);
  assert.equal(shown.code, 0, shown.stderr);
  assert.doesNotMatch(shown.stdout, /e2e-(hook|header)-secret/);
  assert.match(shown.stdout, /X-Key/);
});

test('the way to Redis is checked and masked', async (t) => {
  const redis = 'redis://:e2e-redis-secret@127.0.0.1:6379/1';
  const file = written(t, { cluster: { redis }, plugins: { load: { pusher: { redis } } } });
  const check = await run(['config', 'check', '--config', file]);
  assert.equal(check.code, 0, check.stderr);
  const shown = await run(['config', 'show', '--config', file]);
  assert.ok(!shown.stdout.includes('e2e-redis-secret'), shown.stdout);
  const wrong = written(t, { cluster: { redis: 'http://:e2e-redis-secret@127.0.0.1' } });
  const { code, stderr } = await run(['config', 'check', '--config', wrong]);
  assert.equal(code, 2);
  assert.match(stderr, /cluster\.redis: must match/);
  assert.ok(!stderr.includes('e2e-redis-secret'), stderr);
});

test('schema prints a JSON Schema', async () => {
  const { code, stdout } = await run(['config', 'schema']);
  assert.equal(code, 0);
  const schema = JSON.parse(stdout);
  assert.ok(schema.properties.http && schema.properties.plugins);
});

test('usage errors end with 2', async () => {
  for (const args of [
    ['no-such-command'],
    ['serve', '--no-such-option'],
    ['config', 'no-such-verb'],
  ]) {
    const { code, stderr } = await run(args);
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.notEqual(stderr, '');
  }
  assert.equal((await run(['--help'])).code, 0);
});

test('commands work beside a running gateway', async (t) => {
  const gardu = await start(t);
  const ok = async (...args) => {
    const { code, stdout, stderr } = await gardu.cli(...args);
    assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  assert.match(await ok('version'), /\d+\.\d+\.\d+/);
  assert.notEqual(await ok('migrate', '--status'), '');
  assert.match(await ok('plugin', 'list'), /loopback/);

  await ok('workspace', 'create', 'second');
  assert.match(await ok('workspace', 'list'), /second/);
  const token = (
    await ok('token', 'create', '--workspace', 'second', '--role', 'admin', '--name', 'e2e')
  ).trim();
  assert.match(token, /^\S{20,}$/, 'the token alone');
  await ok(
    'account',
    'create',
    '--workspace',
    'second',
    '--transport',
    'loopback',
    '--name',
    'by command',
    '--address',
    '+6281100000009',
  );

  // The token opens its own workspace, not the first one's.
  const second = Object.assign(Object.create(Object.getPrototypeOf(gardu.rest)), gardu.rest, {
    token,
  });
  const accounts = await second.list('/accounts');
  assert.deepEqual(
    accounts.map((a) => a.name),
    ['by command'],
  );
  await second
    .follow()
    .next((e) => e.type === 'account.status' && e.data.status === 'ready', 'it is connected, too');
  assert.equal((await gardu.rest.list('/accounts')).length, 0);
  assert.equal((await gardu.rest.call('GET', `/accounts/${accounts[0].id}`)).status, 404);

  const account = await gardu.account('loopback');
  const body = {
    account_id: account.id,
    to: '+6281200000555',
    type: 'text',
    text: 'for the journal',
  };
  const message = await gardu.rest.post('/messages', body);
  const events = (await ok('events', '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(events.some((e) => e.type === 'message.sent' && e.data.message.id === message.id));

  // A command that ends must not take the database's files from under the gateway.
  await gardu.kill9();
  await gardu.restart();
  assert.equal((await gardu.rest.get(`/messages/${message.id}`)).text, 'for the journal');
});
