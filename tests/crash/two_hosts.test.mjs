// SPDX-License-Identifier: Apache-2.0
//
// Two gateways on one database under the same traffic, one of them killed in each round: the same
// promises. In some rounds it is the one that the durable subscriber works on, and it stays away
// until the other has taken over. Runs under tests/lib/with_database.sh.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../e2e/lib/queue.mjs';
import { run } from './lib/run.mjs';

const kTakeover = 8; // each such round
const kPromisedMs = 10_000;
const kMostMs = 30_000;

// Which host the subscriber works on, as the database knows it.
function holder(hosts) {
  const { dsn } = hosts.all[0].config.storage;
  const sql = "select lease_holder from cursors where plugin = 'effects'";
  const name = execFileSync('psql', [dsn, '-Atqc', sql]).toString().trim();
  return hosts.all.find((h) => h.config.cluster.node_id === name);
}

// Until an effect is there that none of the dead one's can be.
async function takeover({ hosts, promises, facts, pages, traffic }, host) {
  ++promises.kills;
  await hosts.kill(host);
  const died = Date.now();
  const newest = await newestSeq(hosts, pages);
  const resumed = new Promise((resolve) => {
    facts.onEffect = (seq) => seq > newest && resolve(Date.now() - died);
  });
  traffic.allow(100, 30); // something to have effects
  const ms = await within(resumed, 'an effect at the other host', kMostMs);
  facts.onEffect = () => {};
  assert.notEqual(holder(hosts), host);
  await hosts.restart(host);
  return ms;
}

async function newestSeq(hosts, pages) {
  let seq = pages.last();
  for (;;) {
    const page = await hosts.get(`/events?after_seq=${seq}&limit=200`);
    if (page.data.length === 0) return seq;
    seq = page.data.at(-1).seq;
  }
}

test('kill -9 of one or the other', async (t) => {
  const takeovers = [];
  await run(t, {
    hosts: 2,
    round: async (world, n) => {
      const { hosts, promises, next, longest } = world;
      await pause(next() * longest);
      const working = n % kTakeover === kTakeover - 1 ? holder(hosts) : undefined;
      if (working) return takeovers.push(await takeover(world, working));
      ++promises.kills;
      const host = hosts.pick();
      await hosts.kill(host);
      await hosts.restart(host);
    },
  });
  const late = takeovers.filter((ms) => ms > kPromisedMs).length;
  t.diagnostic(
    `${takeovers.length} takeovers, the longest ${Math.max(0, ...takeovers)} ms, ` +
      `${late} over ${kPromisedMs} ms: ${takeovers.join(' ')}`,
  );
});
