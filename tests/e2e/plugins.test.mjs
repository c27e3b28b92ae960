// SPDX-License-Identifier: Apache-2.0
//
// Plugins that cannot be taken: the host starts, says which, why and what to do, runs none of their
// code, and the others work.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { connectEcho } from './lib/echo.mjs';
import { start, temporaryDirectory } from './lib/gardu.mjs';

test('bad plugins beside good ones', async (t) => {
  const witness = path.join(temporaryDirectory(t), 'witness');
  const load = {
    bad_abi_major: {},
    bad_missing_symbol: {},
    no_create: {},
    throws_in_start: {},
    strict_settings: { no_such_setting: 1 },
    not_there_at_all: {},
  };
  const env = { GARDU_TEST_WITNESS: witness };
  const gardu = await start(t, { config: { plugins: { load } }, env });

  const expected = {
    bad_abi_major: { cause: /SDK major 99/, remedy: /rebuild|upgrade/i },
    bad_missing_symbol: { cause: /gardu_test_symbol_of_nobody/ },
    no_create: { cause: /gardu_plugin_create_v1/ },
    throws_in_start: { cause: /no start today/ },
    strict_settings: { cause: /no_such_setting/ },
    not_there_at_all: { cause: /not_there_at_all/ },
  };
  const plugins = new Map((await gardu.rest.list('/plugins')).map((p) => [p.id, p]));
  const log = gardu.log();
  for (const [id, { cause, remedy }] of Object.entries(expected)) {
    const plugin = plugins.get(id);
    assert.ok(plugin, `${id} is listed in ${[...plugins.keys()]}`);
    assert.equal(plugin.state, 'failed', JSON.stringify(plugin));
    const reason = plugin.last_error ?? plugin.reason ?? '';
    assert.match(reason, cause, id);
    if (remedy) assert.match(reason, remedy, id);
    const lines = log.split('\n').filter((line) => line.includes(id));
    assert.ok(
      lines.some((line) => cause.test(line)),
      `${id} on the log:\n${log}`,
    );
  }
  for (const id of ['loopback', 'pusher']) assert.equal(plugins.get(id).state, 'running', id);
  assert.ok(!fs.existsSync(witness), 'code of a plugin of another ABI ran');

  // The command says the same of what is configured.
  const listed = await gardu.cli('plugin', 'list');
  for (const id of ['bad_abi_major', 'loopback', 'pusher'])
    assert.match(listed.stdout, new RegExp(id));
  assert.ok(!fs.existsSync(witness), '`plugin list` ran code of a plugin');

  // The others work.
  const account = await gardu.account('loopback');
  const echo = connectEcho(gardu);
  const wide = await echo.private(`workspace.${await gardu.workspaceId()}`);
  const body = { account_id: account.id, to: '+6281200000555', type: 'text', text: 'still alive' };
  const message = await gardu.rest.post('/messages', body);
  await wide.named(
    'message.status.updated',
    (e) => e.message_id === message.id && e.status === 'delivered',
  );
});
