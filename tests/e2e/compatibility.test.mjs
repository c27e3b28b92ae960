// SPDX-License-Identifier: Apache-2.0
//
// Plugins of other compilers, of plain C and of older SDKs, in the gateway's process and in one of
// their own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { request } from './lib/rest.mjs';

for (const isolation of ['none', 'process']) {
  test(`clang, plain C and SDK 1.0, isolation ${isolation}`, async (t) => {
    const load = {
      pusher: null,
      loopback: { peer: 'silent' },
      by_clang: { isolation },
      plain_c: { isolation },
      released_1_0: { isolation },
    };
    const gardu = await start(t, { config: { plugins: { load } } });
    const plugins = await gardu.rest.list('/plugins');
    for (const p of plugins) assert.equal(p.state, 'running', JSON.stringify(p));
    assert.equal(plugins.find((p) => p.id === 'released_1_0').abi, '1.0');
    const account = await gardu.account('loopback');
    const journal = gardu.rest.follow();
    const say = (text) =>
      gardu.rest.post('/loopback/inject', {
        account_id: account.id,
        from: '+6281200000555',
        type: 'text',
        text,
      });
    const answer = (text) =>
      journal.next((e) => e.type === 'message.sent' && e.data.message.text === text, text);
    await say('clang');
    await answer('clang heard you 1');
    await say('clang');
    await answer('clang heard you 2');
    await say('ping');
    await answer('pong');
    // The one in C counts; its batches may still be on their way.
    let metrics = '';
    while (!/gardu_plain_c_messages_total 3/.test(metrics))
      metrics = (await request(`${gardu.url}/metrics`)).text;
    assert.equal(await gardu.stop(), 0);
  });
}
