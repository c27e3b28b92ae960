// SPDX-License-Identifier: Apache-2.0
//
// `gardu plugin check`: finds what is wrong with every bad plugin, by the check that is meant for
// it, and nothing wrong with the good ones.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  kBinary,
  kBuild,
  kPlugins,
  kSource,
  kTestPlugins,
  temporaryDirectory,
} from './lib/gardu.mjs';

const kBadPlugins = path.join(kBuild, 'tests/bad_plugins');
const kSamples = path.join(kBuild, 'tests/samples');

// Bad plugin → the check that finds it, and a word of what it says.
const kFoundBy = {
  bad_any_extension: ['contract.extensions', /unheard-of/],
  bad_completes_twice: ['transport.send', /twice/],
  bad_create_output: ['load.create', /created/],
  bad_describes: ['transport.describe', /send/],
  bad_exits: ['events.one', /exit code 0/],
  bad_failed_start: ['contract.failed_start', /optional services/],
  bad_foreign_route: ['http.routes', /meta_cloud/],
  bad_hangs_events: ['events.one', /nothing came back.*on_events/],
  bad_hangs_start: ['contract.cycle', /nothing came back.*start/],
  bad_hangs_stop: ['contract.cycle', /nothing came back.*stop/],
  bad_id: ['static.manifest', /Bad_id/],
  bad_keeps_retained: ['events.retained', /not released/],
  bad_keeps_view: ['events.views', /on_events/],
  bad_lazy: ['static.bind_now', /lazy/],
  bad_leaks_descriptor: ['contract.growth', /descriptors/],
  bad_leaks_memory: ['contract.growth', /bytes more/],
  bad_leaks_thread: ['contract.growth', /threads/],
  bad_magic: ['static.manifest', /magic/],
  bad_major: ['static.manifest', /major 99/],
  bad_misnamed: ['static.texts', /something_else/],
  bad_need: ['static.needs', /gardu\.telepathy/],
  bad_never_completes: ['transport.send', /never were/],
  bad_publishes_after_stop: ['threads.after_stop', /after stop/],
  bad_replies_twice: ['http.requests', /twice/],
  bad_result: ['events.one', /4711/],
  bad_route_thread: ['threads.rules', /thread/],
  bad_schema: ['static.schema', /mood/],
  bad_size: ['static.manifest', /size/],
  bad_spins_on_full: ['pressure.full', /GARDU_FULL/],
  bad_static_output: ['load.constructors', /Thank you/],
  bad_static_thread: ['load.constructors', /thread/],
  bad_texts: ['static.texts', /license/],
  bad_third_symbol: ['static.exports', /bad_third_symbol_help/],
  bad_throws_create: ['load.create', /no create today/],
  bad_throws_events: ['events.one', /threw/],
  bad_throws_start: ['contract.cycle', /no start today/],
  bad_throws_stop: ['contract.cycle', /no stop today/],
  bad_unknown_type: ['events.unknown_type', /type 19/],
};

// What it only warns of: that is no failure.
const kWarnedOf = { bad_slow: ['events.one', /1 s.*1\d\d\d ms/] };

const bad = (id) => path.join(kBadPlugins, `${id}.so`);
const exactly = (check) => `^${check.replace('.', '\\.')}$`;

// All checks of a large plugin in an instrumented build take their time.
function run(args) {
  return new Promise((resolve) => {
    const options = { timeout: 240_000, maxBuffer: 64 << 20 };
    execFile(kBinary, args, options, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr }),
    );
  });
}

async function check(file, ...options) {
  const { code, stdout, stderr } = await run(['plugin', 'check', file, '--json', ...options]);
  assert.ok(code === 0 || code === 1, `${file}: ${code}\n${stderr}`);
  return { code, outcomes: JSON.parse(stdout) };
}

function findingsOf(outcomes) {
  return outcomes.flatMap((o) => o.findings.map((f) => ({ check: o.check, ...f })));
}

test('every bad plugin is found', { concurrency: 4 }, async (t) => {
  const built = fs.readdirSync(kBadPlugins).filter((f) => f.endsWith('.so'));
  const known = [...Object.keys(kFoundBy), ...Object.keys(kWarnedOf)].sort();
  assert.deepEqual(built.map((f) => path.basename(f, '.so')).sort(), known);
  const one = async (id, name, words) => {
    const hangs = id.includes('_hangs_') ? ['--time-limit', '5'] : [];
    const { code, outcomes } = await check(bad(id), '--only', exactly(name), ...hangs);
    assert.equal(outcomes.length, 1);
    const [outcome] = outcomes;
    assert.equal(outcome.check, name);
    assert.equal(outcome.verdict, 'fail', JSON.stringify(outcome, null, 2));
    assert.equal(code, 1);
    const failed = outcome.findings.filter((f) => f.level === 'fail');
    assert.ok(
      failed.some((f) => words.test(`${f.expected} | ${f.seen}`)),
      JSON.stringify(failed, null, 2),
    );
    for (const f of failed) assert.ok(f.expected && f.seen && f.rule, JSON.stringify(f));
    assert.ok(outcome.alone.includes(bad(id)), outcome.alone);
  };
  await Promise.all(
    Object.entries(kFoundBy).map(([id, [name, words]]) => t.test(id, () => one(id, name, words))),
  );
});

test('a slow plugin is warned of', async () => {
  for (const [id, [name, words]] of Object.entries(kWarnedOf)) {
    const { code, outcomes } = await check(bad(id), '--only', exactly(name));
    assert.equal(code, 0);
    assert.equal(outcomes[0].verdict, 'warn');
    assert.match(findingsOf(outcomes).map((f) => `${f.expected} | ${f.seen}`).join(), words);
  }
});

test('good plugins pass', { concurrency: 2 }, async (t) => {
  const settings = {
    loopback: { peer: 'echo', typing_ms: 0 },
    meta_cloud: {
      app_secret: 'check-app-secret',
      verify_token: 'check-verify-token',
      graph_url: 'http://127.0.0.1:9',
    },
    pusher: {
      listen: '127.0.0.1:0',
      apps: [{ id: 'gardu', key: 'gardu-key', secret: 'check-pusher-secret' }],
    },
  };
  const samples = ['forward_events', 'ping_pong', 'sms_http'];
  const files = [
    ...['loopback', 'meta_cloud', 'pusher'].map((id) => path.join(kPlugins, `${id}.so`)),
    ...samples.map((id) => path.join(kSamples, id, 'build', `${id}.so`)),
    ...['noop', 'plain_c', 'released_1_0'].map((id) => path.join(kTestPlugins, `${id}.so`)),
  ];
  const one = async (t, id, file) => {
    const options = [];
    let json = path.join(kSource, 'samples', id, 'settings.example.json');
    if (settings[id]) {
      json = path.join(temporaryDirectory(t), 'settings.json');
      fs.writeFileSync(json, JSON.stringify(settings[id]));
    }
    if (fs.existsSync(json)) options.push('--settings', json);
    const { code, outcomes } = await check(file, '--time-limit', '30', ...options);
    const failed = findingsOf(outcomes).filter((f) => f.level === 'fail');
    assert.deepEqual(failed, []);
    assert.equal(code, 0);
    assert.ok(outcomes.length > 30, `${outcomes.length} checks`);
    const ran = outcomes.filter((o) => o.verdict !== 'n/a');
    assert.ok(ran.length > 15, ran.map((o) => o.check).join());
  };
  await Promise.all(
    files.map((file) => {
      const id = path.basename(file, '.so');
      return t.test(id, (t) => one(t, id, file));
    }),
  );
});

test('an unconfigured plugin is no bad one', async () => {
  const file = path.join(kPlugins, 'meta_cloud.so');
  const { code, outcomes } = await check(file, '--time-limit', '30');
  assert.equal(code, 0, JSON.stringify(findingsOf(outcomes), null, 2));
  const start = outcomes.find((o) => o.check === 'settings.start');
  assert.equal(start.verdict, 'ok');
  assert.match(start.notes.join(), /app_secret|verify_token/);
  assert.equal(outcomes.find((o) => o.check === 'transport.send').verdict, 'n/a');
});

test('checks that a failed one would spoil are not run', async () => {
  const { code, outcomes } = await check(bad('bad_hangs_start'), '--time-limit', '5');
  assert.equal(code, 1);
  assert.deepEqual(
    outcomes.filter((o) => o.verdict === 'fail').map((o) => o.check),
    ['contract.cycle'],
    JSON.stringify(findingsOf(outcomes), null, 2),
  );
  const skipped = outcomes.find((o) => o.check === 'settings.start');
  assert.equal(skipped.verdict, 'n/a');
  assert.match(skipped.reason, /contract\.cycle/);
});

test('the text says what, why and how to run it alone', async () => {
  const { code, stdout } = await run(['plugin', 'check', bad('bad_misnamed'), '--only', 'static']);
  assert.equal(code, 1);
  assert.match(stdout, /^ok +static\.manifest/m);
  assert.match(stdout, /^FAIL +static\.texts/m);
  for (const word of ['expected', 'seen', 'rule', 'alone'])
    assert.match(stdout, new RegExp(`^ +${word} `, 'm'));
  assert.match(stdout, /--only '\^static\\\.texts\$'/);
  assert.match(stdout, /1 failed/);
});

test('a wrong call is told from a finding', async (t) => {
  const wrong = path.join(temporaryDirectory(t), 'wrong.json');
  fs.writeFileSync(wrong, '[1]');
  const good = path.join(kTestPlugins, 'noop.so');
  for (const args of [
    [],
    ['/no/such/file.so'],
    [good, good],
    [good, '--only', '('],
    [good, '--only', 'no-such-check'],
    [good, '--settings', '/no/such/file.json'],
    [good, '--settings', wrong],
    [good, '--time-limit', 'soon'],
    [good, '--frobnicate'],
  ]) {
    const { code, stdout, stderr } = await run(['plugin', 'check', ...args]);
    assert.equal(code, 2, `${args}: ${stdout}${stderr}`);
    assert.match(stderr, /^gardu: /, String(args));
    assert.equal(stdout, '');
  }
});
