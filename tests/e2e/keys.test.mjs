// SPDX-License-Identifier: Apache-2.0
//
// The key that credentials are sealed with is changed: with the old one at hand nobody notices,
// without it the account says so and the gateway goes on.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { eventually } from './lib/queue.mjs';
import { request } from './lib/rest.mjs';

const key = () => crypto.randomBytes(32).toString('base64');
const secrets = (present, old = []) => ({
  secrets: { encryption_key: present, old_encryption_keys: old },
});

test('a changed key', async (t) => {
  const [first, second] = [key(), key()];
  const gardu = await start(t, { config: secrets(first) });
  const { id } = await gardu.account('loopback', { credentials: { token: 'hush-hush' } });
  const restart = async (...keys) => {
    assert.equal(await gardu.stop(), 0);
    gardu.configure(secrets(...keys));
    await gardu.restart();
    assert.equal((await request(`${gardu.url}/readyz`)).status, 200);
    assert.ok(![first, second, 'hush-hush'].some((s) => gardu.log().includes(s)), 'a secret');
  };
  const becomes = (status) =>
    eventually(`the account is ${status}`, async () => {
      const account = await gardu.rest.get(`/accounts/${id}`);
      return [account.status === status, JSON.stringify(account)];
    });

  const masks = async (...keys) => {
    const shown = await gardu.cli('config', 'show');
    assert.equal(shown.code, 0, shown.stderr);
    assert.ok(!keys.some((k) => shown.stdout.includes(k)), 'a key is shown');
  };

  await restart(second);
  await becomes('failed');
  assert.ok(gardu.log().includes(id), 'the log names the account');
  assert.match(gardu.log(), /secrets\.old_encryption_keys/);
  await restart(second, [first]);
  await becomes('ready');
  assert.match(gardu.log(), /sealed with the present key now/);
  await masks(first, second);
  await restart(second); // the old one can go
  await becomes('ready');
  assert.doesNotMatch(gardu.log(), /cannot be connected/);
  await masks(second);
});
