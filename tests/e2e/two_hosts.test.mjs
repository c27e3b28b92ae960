// SPDX-License-Identifier: Apache-2.0
//
// Two gateways on one database: an event that one commits reaches the other's front ends. Runs under
// tests/lib/with_database.sh.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEcho } from './lib/echo.mjs';
import { start } from './lib/gardu.mjs';

const kAyu = '+6281200000555';

// The second has the first's database, and a folder of its own.
async function two(t, load) {
  const limits = { requests_per_minute: 100000 };
  const first = await start(t, { config: { limits, plugins: { load } } });
  const { storage } = first.config;
  const config = { limits, storage, plugins: { load } };
  const second = await start(t, { config, token: first.token });
  return [first, second];
}

const inject = (gardu, account, text) =>
  gardu.rest.post('/loopback/inject', { account_id: account.id, from: kAyu, type: 'text', text });

test('what one host commits is heard at the other', async (t) => {
  const [first, second] = await two(t, { loopback: { peer: 'silent' } });
  const workspace = await first.workspaceId();
  const account = await first.account('loopback');
  const wide = await connectEcho(second).private(`workspace.${workspace}`);
  const seen = [];
  for (let i = 0; i < 20; i++) {
    await inject(first, account, `${i}`);
    const { message, seq } = await wide.named('message.received');
    assert.equal(message.text, `${i}`);
    seen.push(seq);
  }
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
});
