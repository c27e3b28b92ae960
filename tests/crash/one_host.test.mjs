// SPDX-License-Identifier: Apache-2.0
//
// One gateway under traffic from all sides, killed at random moments and started again at once:
// every promise that it made is held. See lib/run.mjs for what can be set.
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from './lib/run.mjs';

test('kill -9 at random moments', (t) =>
  run(t, {
    round: async ({ hosts, promises, next, longest }) => {
      const [host] = hosts.all;
      await pause(next() * longest);
      ++promises.kills;
      await hosts.kill(host);
      await hosts.restart(host);
    },
  }));
