// SPDX-License-Identifier: Apache-2.0
//
// The SDK as a stranger gets it: installed, moved elsewhere, a sample built out of the tree against
// it, and loaded by the moved gateway. And no plugin of the tree sees more than that stranger.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { kBuild, kSource, start, temporaryDirectory } from './lib/gardu.mjs';

const execute = promisify(execFile);
async function must(command, args, options = {}) {
  try {
    return await execute(command, args, { maxBuffer: 64 << 20, ...options });
  } catch (e) {
    throw new Error(`${command} ${args.join(' ')}: ${e.code}\n${e.stdout}\n${e.stderr}`);
  }
}

test('a plugin built against the moved, installed SDK runs in the moved gateway', async (t) => {
  const dir = temporaryDirectory(t);
  const first = path.join(dir, 'installed');
  const moved = path.join(dir, 'moved', 'elsewhere');
  await must('cmake', ['--install', kBuild, '--prefix', first]);
  fs.mkdirSync(path.dirname(moved));
  fs.renameSync(first, moved);

  const source = path.join(dir, 'ping_pong');
  fs.cpSync(path.join(kSource, 'samples/ping_pong'), source, { recursive: true });
  const build = path.join(dir, 'build');
  await must('cmake', [
    '-S',
    source,
    '-B',
    build,
    '-G',
    'Ninja',
    `-DCMAKE_PREFIX_PATH=${moved}`,
    '-DCMAKE_BUILD_TYPE=Debug',
  ]);
  await must('cmake', ['--build', build]);
  const library = fs
    .readdirSync(build, { recursive: true })
    .map(String)
    .find((f) => path.basename(f) === 'ping_pong.so');
  assert.ok(library, 'ping_pong.so was built');

  // "plugins" is the moved tree's own directory: found from where the program lies.
  const plugins = {
    paths: ['plugins', path.dirname(path.join(build, library))],
    load: { ping_pong: {}, loopback: { peer: 'silent' } },
  };
  const gardu = await start(t, { config: { plugins }, binary: path.join(moved, 'bin/gardu') });
  const account = await gardu.account('loopback');
  const journal = gardu.rest.follow();
  const inject = { account_id: account.id, from: '+6281200000555', type: 'text', text: 'ping' };
  await gardu.rest.post('/loopback/inject', inject);
  const reply = await journal.next((e) => e.type === 'message.sent', 'the reply');
  assert.equal(reply.data.message.text, 'pong');
  assert.equal(reply.source, 'plugin:ping_pong');
});

test('no plugin is compiled with the host or the storage in reach', () => {
  const commands = JSON.parse(fs.readFileSync(path.join(kBuild, 'compile_commands.json'), 'utf8'));
  const under = (dir, file) => !path.relative(dir, file).startsWith('..');
  // A unity build compiles sources that lie in the build tree's folder of the same name.
  const rooms = [path.join(kSource, 'plugins'), path.join(kBuild, 'plugins')];
  const built = commands.filter(({ file }) => rooms.some((room) => under(room, file)));
  assert.ok(built.length > 0);
  for (const { file, command } of built)
    for (const [, dir] of command.matchAll(/-(?:I|isystem) ?(\S+)/g))
      for (const room of ['host', 'storage'])
        assert.ok(!under(path.join(kSource, room), dir), `${file} sees ${dir}`);
});
