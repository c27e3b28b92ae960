// SPDX-License-Identifier: Apache-2.0
//
// A whole run: gateways, emulator, accounts and traffic; the rounds; then quiet, and the checks.
//   GARDU_CRASH_ROUNDS  how often a gateway is killed (300; ctest: 50)
//   GARDU_CRASH_MS      at most so long after it is up again (1200)
//   GARDU_CRASH_SEED    of all that is left to chance (printed)
//   GARDU_CRASH_LOG     a file for what the gateways logged
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { startGraph } from '../../emulators/graph/server.mjs';
import { random } from '../../emulators/graph/statuses.mjs';
import { kAccessToken, kAppSecret, metaConfig } from '../../e2e/lib/meta.mjs';
import * as checks from './checks.mjs';
import { Facts } from './facts.mjs';
import { PageFollower, StreamFollower } from './followers.mjs';
import { Hosts } from './hosts.mjs';
import { Promises } from './promises.mjs';
import { Told } from './told.mjs';
import { Traffic } from './traffic.mjs';

const kRounds = Number(process.env.GARDU_CRASH_ROUNDS ?? 300);
const kLongest = Number(process.env.GARDU_CRASH_MS ?? 1200);
const kSeed = Number(process.env.GARDU_CRASH_SEED ?? Date.now() % 1_000_000_000);
// A round's allowance: what is left of it by then is used in the next.
const kMessages = Number(process.env.GARDU_CRASH_MESSAGES ?? 120);
const kSends = Number(process.env.GARDU_CRASH_SENDS ?? 50);
const kNumbers = ['106540352242901', '106540352242902', '106540352242903'];
const kMostBehind = 200; // messages that the emulator has told nothing of yet
const kOldestMs = 8_000; // of those, before another kill
const kQuietMs = Number(process.env.GARDU_CRASH_QUIET_MS ?? 90_000);

function configuration(graph) {
  const meta = metaConfig(graph.url, { pusher: null, effects: {} });
  meta.plugins.load.meta_cloud.max_per_second = 1000;
  meta.plugins.load.loopback = {
    ack_delay_ms: { sent: 2, delivered: 5, read: 9 },
    typing_ms: 0,
  };
  const most = 100_000_000;
  return {
    ...meta,
    limits: { requests_per_minute: most, sends_per_second: most, sends_per_day: most },
    // Longer than it takes until the status of a message that the emulator has comes through.
    outbox: { backoff_s: [0, 1], in_doubt_wait_s: 40 },
  };
}

async function makeAccounts(host) {
  const out = [];
  for (const number of kNumbers) {
    const fields = { address: number, credentials: { access_token: kAccessToken } };
    out.push({ id: (await host.account('meta_cloud', fields)).id, kind: 'meta', number });
  }
  out.push({ id: (await host.account('loopback')).id, kind: 'loopback' });
  return out;
}

// `round(world, n)` kills and restarts; what it returns is said at the end.
export async function run(t, { hosts: count = 1, round }) {
  t.diagnostic(`seed ${kSeed}, ${kRounds} rounds, at most ${kLongest} ms each`);
  const next = random(kSeed);
  const began = Date.now();
  const graph = await startGraph({ appSecret: kAppSecret, token: kAccessToken, seed: kSeed });
  t.after(() => graph.stop());
  const hosts = new Hosts(next);
  t.after(() => (hosts.over = true));
  await hosts.start(t, count, configuration(graph));
  Object.defineProperty(graph.options, 'webhook', {
    get: () => `${hosts.url()}/webhooks/meta_cloud`,
  });
  const accounts = await makeAccounts(hosts.all[0]);
  const facts = new Facts(accounts.at(-1).id);
  const promises = new Promises();
  const pages = new PageFollower(hosts, facts);
  const stream = new StreamFollower(hosts);
  const traffic = new Traffic(hosts, accounts, promises, next);
  const told = new Told(graph);
  const seen = { facts, promises, pages, told };
  const world = { graph, hosts, accounts, traffic, next, longest: kLongest, ...seen };
  const orders = ['in order', 'shuffled', 'repeated'];
  for (let i = 0; i < kRounds; ++i) {
    await told.caughtUp(kOldestMs);
    if (told.behind() < kMostBehind) traffic.allow(kMessages, kSends);
    graph.options.order = orders[i % orders.length];
    await round(world, i);
  }
  await traffic.end();
  const traffic_s = (Date.now() - began) / 1000;
  const unquiet = await quiet(world);
  await Promise.all([pages.end(), stream.end()]);
  const followers = { 'reader of pages': pages.seen, 'reader of the stream': stream.seen };
  const found = { ...world, followers, ...(await whole(hosts)) };
  figures(t, found, traffic_s, (Date.now() - began) / 1000);
  const v = new checks.Verdict();
  v.expect('while the traffic ran', promises.broken);
  v.expect('still to come', unquiet);
  for (const check of ['Webhooks', 'Effects', 'Sends', 'Statuses', 'Journal'])
    checks[`check${check}`](v, found);
  if (v.faults.length > 0) await evidence(t, found);
  if (process.env.GARDU_CRASH_LOG)
    fs.writeFileSync(process.env.GARDU_CRASH_LOG, hosts.log().join('\n'));
  assert.equal(v.faults.length, 0, `seed ${kSeed}:\n${v.faults.join('\n')}`);
  for (const host of hosts.all) assert.equal(await host.stop(), 0);
}

// Nothing is on its way any more: at the emulator, in the outbox, before the subscriber, in the
// journal; twice, for what one of them makes of another's. Else what is still to come after a time
// in which the journal did not grow either.
async function quiet({ graph, hosts, facts, pages }) {
  let end = Date.now() + kQuietMs;
  for (let calm = 0; calm < 2; ) {
    await graph.idle();
    const was = pages.last();
    const waiting = [];
    for (const state of ['queued', 'leased', 'in_doubt'])
      waiting.push(...(await hosts.get(`/outbox?state=${state}&limit=1`)).data);
    const rows = (await effectRows(hosts)).length;
    const wanted = facts.wanted().length;
    await pause(250); // for timers of loopback that are still to come
    const newer = await hosts.get(`/events?after_seq=${was}&limit=1`);
    calm = waiting.length === 0 && rows === wanted && newer.data.length === 0 ? calm + 1 : 0;
    if (newer.data.length > 0) end = Date.now() + kQuietMs;
    if (Date.now() > end) return [`${rows} of ${wanted} effects, ${JSON.stringify(waiting)}`];
  }
  return [];
}

async function effectRows(hosts) {
  const all = [];
  for (;;) {
    const page = await hosts.get(`/effects/rows?after=${all.length ? all[all.length - 1][0] : 0}`);
    all.push(...page);
    if (page.length < 1000) return all;
  }
}

// All that the gateway has, read once it is quiet.
async function whole(hosts) {
  const rest = hosts.rest();
  const journal = [];
  for (;;) {
    const page = await rest.get(`/events?after_seq=${journal.at(-1)?.seq ?? 0}&limit=200`);
    journal.push(...page.data.map(({ seq, id }) => ({ seq, id })));
    if (page.data.length === 0) break;
  }
  return {
    journal,
    rows: await effectRows(hosts),
    outbox: await rest.list('/outbox'),
    messages: {
      inbound: await rest.list('/messages?direction=inbound'),
      outbound: await rest.list('/messages?direction=outbound'),
    },
  };
}

function figures(t, { promises, facts, graph, told, journal, rows, hosts }, traffic_s, all_s) {
  const doubts = hosts.log().filter((l) => /a status may tell/.test(l)).length;
  const again = hosts.log().filter((l) => /is sent again/.test(l)).length;
  const twice = [...facts.echoes.values()].filter((n) => n > 1).length;
  t.diagnostic(
    `${promises.kills} kills in ${traffic_s.toFixed(0)} s, ${all_s.toFixed(0)} s in all; ` +
      `${promises.stored.size} messages acknowledged in ${promises.posts} posts; ` +
      `${promises.sends.size} sends accepted in ${promises.attempts} calls; ` +
      `${graph.taken.length} taken by Meta, ${graph.statusSender.delivered.length} statuses; ` +
      `${rows.length} effects; ${journal.length} events; ` +
      `the longest until a status ${told.longest()} ms; ` +
      `${doubts} in doubt, ${again} of them sent again, ${twice} twice at loopback`,
  );
}

// Of a subscriber that has lost something.
async function evidence(t, { hosts, told }) {
  for (const line of told.twice()) t.diagnostic(line);
  for (const host of hosts.all) {
    t.diagnostic(JSON.stringify(await host.rest.get('/plugins/effects')));
    t.diagnostic(JSON.stringify(await host.rest.list('/plugins/effects/backlog')));
  }
  const lines = hosts.log().filter((l) => /warning|error/i.test(l));
  for (const line of lines.slice(-40)) t.diagnostic(line);
}
