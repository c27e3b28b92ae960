// SPDX-License-Identifier: Apache-2.0
//
// The commands that the README shows do what it says.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { kBinary, kSource, start } from './lib/gardu.mjs';

const readme = fs.readFileSync(path.join(kSource, 'README.md'), 'utf8');

test('the tour runs as it stands', async (t) => {
  const blocks = [...readme.matchAll(/<!-- tested -->\n```sh\n([\s\S]*?)```/g)].map((m) => m[1]);
  assert.ok(blocks.length > 0, 'the README has a tested block');
  const gardu = await start(t);
  const script = `set -euo pipefail\n${blocks.join('\n')}`;
  const env = {
    ...process.env,
    PATH: `${path.dirname(kBinary)}:${process.env.PATH}`,
    GARDU_CONFIG: gardu.configFile,
    URL: gardu.url,
    TOKEN: gardu.token,
  };
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    env,
    cwd: gardu.dir,
    timeout: 60000,
  });
  assert.match(stdout, /"status": ?"pending"/);
  assert.match(stdout, /schema \d+ of \d+, up to date/);
  assert.match(stdout, /\nbackup-[-0-9]+\.db\n/);
  assert.match(stdout, /keeps everything/);
  const journal = gardu.rest.follow();
  const sent = await journal.next((e) => e.type === 'message.sent');
  assert.equal(sent.data.message.text, 'Selamat pagi!');
  await journal.next((e) => e.type === 'message.status.updated' && e.data.status === 'read');
  await journal.next((e) => e.type === 'message.received');
});

test('every file that the pages link to exists', () => {
  for (const page of ['README.md', 'tests/README.md', 'samples/README.md']) {
    const text = fs.readFileSync(path.join(kSource, page), 'utf8');
    for (const [, target] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      assert.ok(
        fs.existsSync(path.join(kSource, path.dirname(page), target)),
        `${page} links to ${target}`,
      );
    }
  }
});
