// SPDX-License-Identifier: Apache-2.0
//
// The SDK's tutorial as it stands, in an empty folder, against an installed gateway: its five
// commands for the role that it shows, and the same ones for the others. And the code in the SDK's
// pages.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { blocksOf, kPages, pages, writeNamed } from '../docs/extract.mjs';
import { kBuild, run, temporaryDirectory } from './lib/gardu.mjs';
import { Queue, within } from './lib/queue.mjs';
import { Rest, request } from './lib/rest.mjs';

const execute = promisify(execFile);
const kTutorial = blocksOf(path.join(kPages, 'tutorial.md')).filter((b) => b.mark);
const kServer = kTutorial.findIndex((b) => b.mark === 'tested: server');
const kListening = /http: listening on 127\.0\.0\.1:(\d+)/;

let home; // of all tests: the installed tree is in it
let prefix;
let env;

before(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'gardu-e2e-'));
  prefix = path.join(home, 'prefix');
  await execute('cmake', ['--install', kBuild, '--prefix', prefix], { maxBuffer: 64 << 20 });
  const found = `${prefix}/bin:${process.env.PATH}`;
  env = { ...process.env, PATH: found, CMAKE_BUILD_PARALLEL_LEVEL: '2' };
  // A second run takes from the first what is the same.
  const ccache = await execute('bash', ['-c', 'command -v ccache || true']);
  if (ccache.stdout.trim())
    Object.assign(env, {
      CMAKE_CXX_COMPILER_LAUNCHER: 'ccache',
      CCACHE_BASEDIR: home,
      CCACHE_NOHASHDIR: '1',
    });
});
after(() => fs.rmSync(home, { recursive: true, force: true }));

// Runs a block of the tutorial; the folder that it ends in.
async function shell(script, cwd, more = {}) {
  const whole = `set -euo pipefail\n${script}\npwd`;
  const options = { cwd, env: { ...env, ...more }, maxBuffer: 64 << 20 };
  try {
    const { stdout } = await execute('bash', ['-c', whole], options);
    const lines = stdout.trimEnd().split('\n');
    return { cwd: lines.pop(), stdout: lines.join('\n') };
  } catch (e) {
    throw new Error(`${script}\n${e.stdout}\n${e.stderr}`);
  }
}

// What the tutorial shows in its server's terminal, until the test is over.
async function serve(t, script, cwd, more = {}) {
  const child = spawn('bash', ['-c', `exec ${script.trim()}`], {
    cwd,
    env: { ...env, GARDU_HTTP_LISTEN: '127.0.0.1:0', ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = new Queue('log');
  for (const stream of [child.stdout, child.stderr])
    readline.createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const exited = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal)),
  );
  const log = () => lines.all.join('\n');
  const gone = exited.then((code) => {
    throw new Error(`gardu ended with ${code}:\n${log()}`);
  });
  gone.catch(() => {});
  t.after(async () => {
    rest?.close();
    child.kill('SIGTERM');
    assert.equal(await within(exited, () => `the end; the log:\n${log()}`, 30000), 0, log());
  });
  const line = await Promise.race([lines.next((l) => kListening.test(l), 'a port'), gone]);
  const url = `http://127.0.0.1:${kListening.exec(line)[1]}`;
  const up = async () => {
    while ((await request(`${url}/readyz`)).status !== 200)
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await Promise.race([within(up(), () => `readiness; the log:\n${log()}`), gone]);
  const token = fs.readFileSync(path.join(cwd, 'build/data/owner.token'), 'utf8').trim();
  const rest = new Rest(url, token);
  return { url, rest };
}

// The tutorial's commands, for another plugin; ends in its folder, with its gateway running.
async function follow(t, id, role, more = {}) {
  const empty = path.join(home, `work_${id}`);
  fs.mkdirSync(empty);
  const spoken = (text) =>
    text.replaceAll('greeter', id).replaceAll('--role subscriber', `--role ${role}`);
  let cwd = empty;
  for (const block of kTutorial.slice(0, kServer)) ({ cwd } = await shell(spoken(block.text), cwd));
  assert.equal(cwd, path.join(empty, id));
  return { cwd, ...(await serve(t, spoken(kTutorial[kServer].text), cwd, more)) };
}

test('the tutorial has five commands', () => {
  const blocks = kTutorial.slice(0, kServer + 1).map((b) => b.text);
  assert.match(blocks[0], /^gardu plugin new greeter --role subscriber\n/);
  assert.match(blocks[1], /^cmake --preset default\ncmake --build --preset default\n$/);
  assert.match(blocks[2], /^ctest --preset default\n$/);
  assert.match(blocks[3], /^gardu plugin check build\/greeter\.so /);
  assert.match(blocks[4], /^gardu serve --config gardu\.json\n$/);
  assert.equal(blocks.length, 5);
});

test('subscriber: the tutorial as it stands', async (t) => {
  const { cwd, url, rest } = await follow(t, 'greeter', 'subscriber');
  const journal = rest.follow();
  await shell(kTutorial[kServer + 1].text, cwd, { URL: url });
  const answer = await journal.next((e) => e.type === 'message.sent', 'the answer');
  assert.equal(answer.data.message.text, 'pong (1)');
  assert.equal(answer.source, 'plugin:greeter');
});

test('http: a counter behind a token', async (t) => {
  const { url, rest } = await follow(t, 'my_counter', 'http');
  assert.deepEqual(await rest.get('/my_counter/counter'), { count: 0 });
  assert.deepEqual(await rest.post('/my_counter/counter'), { count: 1 });
  assert.deepEqual(await rest.post('/my_counter/counter'), { count: 2 });
  const stranger = await request(`${url}/api/v1/my_counter/counter`);
  assert.equal(stranger.status, 401);
});

test('transport: out to a provider, and in by its webhook', async (t) => {
  const provider = await startProvider(t);
  const { url, rest } = await follow(t, 'acme_sms', 'transport', {
    API_URL: `${provider.url}/messages`,
    WEBHOOK_TOKEN: 'token-of-the-test',
  });
  const journal = rest.follow();
  const account = await rest.post('/accounts', {
    transport: 'acme_sms',
    name: 'Acme',
    address: '+6281100000000',
    credentials: { api_key: 'key-of-the-test' },
  });
  await journal.next((e) => e.type === 'account.status' && e.data.status === 'ready', 'ready');

  const to = '+6281234567890';
  await rest.post('/messages', { account_id: account.id, to, type: 'text', text: 'hello' });
  const call = await provider.calls.next(() => true, 'the send');
  assert.equal(call.authorization, 'Bearer key-of-the-test');
  assert.equal(call.body.text, 'hello');

  const webhook = (told, token = 'token-of-the-test') =>
    request(`${url}/webhooks/acme_sms`, {
      method: 'POST',
      headers: { 'X-Webhook-Token': token },
      body: JSON.stringify({ account: '+6281100000000', ...told }),
    });
  const status = { type: 'status', id: 'p.1', status: 'delivered' };
  assert.equal((await webhook(status, 'wrong')).status, 401);
  assert.equal((await webhook(status)).status, 200);
  const delivered = (e) => e.type === 'message.status.updated' && e.data.status === 'delivered';
  await journal.next(delivered, 'the acknowledgement');
  const told = { type: 'message', id: 'p.2', from: to, name: 'Ayu', text: 'hello yourself' };
  assert.equal((await webhook(told)).status, 200);
  const received = await journal.next((e) => e.type === 'message.received', 'the message');
  assert.equal(received.data.message.text, 'hello yourself');
});

// A provider that takes every message and calls the first one p.1.
async function startProvider(t) {
  const calls = new Queue('provider');
  const server = http.createServer((req, res) => {
    const parts = [];
    req.on('data', (part) => parts.push(part));
    req.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString());
      calls.push({ authorization: req.headers.authorization, body });
      res.end(JSON.stringify({ id: `p.${calls.all.length}` }));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, calls };
}

describe('gardu plugin new refuses', () => {
  const cases = [
    ['a folder with something in it', ['.', '--role', 'http', '--id', 'mine'], /no empty folder/],
    ['an id that is none', ['Bad-Id', '--role', 'http'], /'Bad-Id' is no plugin id/],
    ['a word of CMake', ['test', '--role', 'http'], /'test' is a word of CMake's own/],
    ['an unknown role', ['mine', '--role', 'queen'], /'queen' is no role/],
    ['no role', ['mine'], /--role is missing/],
    ['no folder', ['--role', 'http'], /takes one folder/],
  ];
  for (const [what, args, why] of cases)
    test(what, async (t) => {
      const cwd = temporaryDirectory(t);
      fs.writeFileSync(path.join(cwd, 'something'), '');
      const { code, stdout, stderr } = await run(['plugin', 'new', ...args], { cwd });
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      const [first, remedy] = stderr.split('\n');
      assert.match(first, why);
      assert.ok(remedy, 'it says what to do about it');
      assert.deepEqual(fs.readdirSync(cwd), ['something']);
    });
});

test('the program of the build tree finds the templates, and an id may be given', async (t) => {
  const cwd = temporaryDirectory(t);
  const { code, stdout, stderr } = await run(
    ['plugin', 'new', 'a/b/', '--role', 'http', '--id', 'two_words'],
    { cwd },
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /cmake --build --preset default/);
  const header = fs.readFileSync(path.join(cwd, 'a/b/two_words.hpp'), 'utf8');
  assert.match(header, /class TwoWords final/);
  assert.ok(fs.existsSync(path.join(cwd, 'a/b/.gitignore')));
  for (const file of fs.readdirSync(path.join(cwd, 'a/b')))
    assert.doesNotMatch(fs.readFileSync(path.join(cwd, 'a/b', file), 'utf8'), /@[A-Z]+@/, file);
});

test('the code in the pages compiles, and its test passes', async (t) => {
  const out = temporaryDirectory(t);
  const files = writeNamed(out);
  assert.ok(files.length >= 10);
  const flags = ['-std=c++20', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'];
  const compile = async (...args) => {
    try {
      await execute('c++', [...flags, `-isystem${prefix}/include`, ...args], { cwd: out });
    } catch (e) {
      throw new Error(e.stderr);
    }
  };
  for (const file of files) {
    if (!path.basename(file).startsWith('testing_')) {
      await compile('-fsyntax-only', file);
      continue;
    }
    const program = file.replace(/\.cpp$/, '');
    await compile(file, '-o', program, '-lgtest_main', '-lgtest', '-pthread');
    await execute(program);
  }
});

test('every page and header that the pages name exists', () => {
  for (const file of [...pages(), path.join(kPages, '../README.md')])
    for (const [, target] of fs.readFileSync(file, 'utf8').matchAll(/\]\(([^)#:]+)\)/g))
      assert.ok(fs.existsSync(path.join(path.dirname(file), target)), `${file} links to ${target}`);
  const include = path.join(kPages, '../include/gardu/abi');
  const specification = fs.readFileSync(path.join(kPages, 'specification.md'), 'utf8');
  for (const [, header] of specification.matchAll(/((?:ext\/)?[a-z_]+\.h)\b(?!pp)/g))
    assert.ok(fs.existsSync(path.join(include, header)), `the specification cites ${header}`);
});
