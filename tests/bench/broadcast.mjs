// SPDX-License-Identifier: Apache-2.0
//
// The broadcaster under load: CPU time of the gateway per delivered message, publish, connection and
// join, latencies and memory, and beside each the same of a bare server that checks nothing
// (broadcast/bare_server.cpp), in turns in the same run; the ratio of the medians is what counts.
//   node broadcast.mjs [--rounds N] [--seconds N] [--only TEXT] [--against COMMAND] [--json] [--check]
// --against: a further server, started with a port as its last argument, that knows the app of
// e2e/lib/gardu.mjs. With --check nothing but the answers counts: every message arrived once, whole
// and in order, at every subscriber.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { configuration, Gardu, kApp, kBinary, kBuild } from '../e2e/lib/gardu.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const kRounds = Number(values.rounds);
const kSeconds = Number(values.seconds);
const kTools = path.join(kBuild, 'tests/bench');

// 0: no limit.
const kNoLimits = {
  channel_name: 0, event_name: 0, event_data: 0, client_event_data: 0, channels_per_event: 0, batch: 0,
  presence_members: 0, presence_member: 0, user_id: 0, events_per_second: 0, reads_per_second: 0,
  channels_per_connection: 0, client_events_per_second: 0, message: 0,
};

const fanout = (subscribers, payload, publishers, more = {}) => ({
  mode: 'fanout', unit: 'message', subscribers, payload, publishers, tick: 500,
  window: publishers > 4 ? 64 : 16, warmup: subscribers > 1000 ? 30 : 100, ...more,
});
const atRate = (subscribers, rate) =>
  fanout(subscribers, 200, 4, { rate, tick: 100, warmup: 2 * rate, latency: true });
const publish = (subscribers) => ({
  mode: 'publish', unit: 'publish', subscribers, channels: 16, publishers: 16, window: 1000, warmup: 3000,
});
const connect = (channels, more = {}) => ({
  mode: 'connect', unit: 'connection', subscribers: 10_000, channels, seconds: 2, ...more,
});

const kScenarios = {
  '1,000 x 200 B, 1 publisher': fanout(1000, 200, 1),
  '1,000 x 200 B, 4 publishers': fanout(1000, 200, 4),
  '1,000 x 200 B, 16 publishers': fanout(1000, 200, 16),
  '1,000 x 2 KB, 1 publisher': fanout(1000, 2048, 1),
  '1,000 x 2 KB, 4 publishers': fanout(1000, 2048, 4),
  '1,000 x 2 KB, 16 publishers': fanout(1000, 2048, 16),
  '5,000 x 200 B, 1 publisher': fanout(5000, 200, 1),
  '5,000 x 200 B, 4 publishers': fanout(5000, 200, 4),
  '5,000 x 200 B, 16 publishers': fanout(5000, 200, 16),
  '5,000 x 2 KB, 4 publishers': fanout(5000, 2048, 4),
  '100 channels of 10, 16 publishers': fanout(1000, 200, 16, { channels: 100, tick: 200, warmup: 3000 }),
  '1,000 x 200 B, 20 events/s': atRate(1000, 20),
  '5,000 x 200 B, 4 events/s': atRate(5000, 4),
  'publish, no subscriber': publish(0),
  'publish, 1 subscriber': publish(16),
  'client events, 100 pairs': { mode: 'whispers', unit: 'message', channels: 100, window: 4, warmup: 10_000 },
  'connect 10,000, 1,000 channels': connect(1000, { memory: true }),
  'connect 10,000, 1,000 private channels': connect(1000, { private: true }),
  'connect 10,000, one channel': connect(1),
  'presence, 300 join and leave': { mode: 'presence', unit: 'join', subscribers: 300 },
};

// The same, small: enough to see that everything comes, in order.
function small(scenario) {
  const subscribers = Math.min(scenario.subscribers ?? 0, scenario.mode === 'presence' ? 40 : 200);
  const most = { fanout: 40, publish: 400, whispers: 2000 }[scenario.mode];
  const counted = most ? { events: most, seconds: 0 } : { seconds: 0.1 };
  return { ...scenario, subscribers, warmup: 20, ...counted };
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  server.close();
  return port;
}

async function accepts(port) {
  for (let tries = 0; tries < 1500; ++tries) {
    const socket = net.connect(port, '127.0.0.1');
    const open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await pause(20);
  }
  throw new Error(`nothing accepts on ${port}`);
}

// Each answers {pid, port, stop}. A fresh one for each measurement.
async function gateway() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gardu-bench-'));
  const app = { ...kApp, limits: kNoLimits };
  const load = { loopback: null, pusher: { listen: '127.0.0.1:0', apps: [app], drain_s: 0 } };
  const gardu = await new Gardu(dir, configuration(dir, { plugins: { load } }), {}, kBinary).launch();
  const stop = async () => {
    await gardu.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  };
  return { pid: gardu.child.pid, port: gardu.pusherPort, stop };
}

const kChildren = new Set();
process.on('exit', () => kChildren.forEach((child) => child.kill('SIGKILL')));

async function process_(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  kChildren.add(child);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    kChildren.delete(child);
  };
  return { child, pid: child.pid, stop };
}

async function bare() {
  const server = await process_(path.join(kTools, 'broadcast_bare'), []);
  const line = await new Promise((resolve) => server.child.stdout.once('data', (d) => resolve(String(d))));
  return { ...server, port: Number(/:(\d+)/.exec(line)[1]) };
}

async function other() {
  const port = await freePort();
  const [command, ...args] = values.against.split(' ');
  const server = await process_(command, [...args, String(port)]);
  server.child.stdout.resume();
  await accepts(port);
  return { ...server, port };
}

// A process of its own makes the load; the answer is what it measured.
function load(server, { mode, unit, latency, memory, private: closed, ...options }) {
  const args = [mode, '--port', server.port, '--server', server.pid];
  for (const [name, value] of Object.entries({ seconds: kSeconds, ...options })) args.push(`--${name}`, value);
  if (closed) args.push('--private');
  return new Promise((resolve, reject) =>
    execFile(path.join(kTools, 'broadcast_load'), args.map(String), (error, stdout, stderr) => {
      if (!stdout) return reject(new Error(`${args.join(' ')}: ${stderr || error}`));
      const found = JSON.parse(stdout);
      assert.deepEqual(found.failures, [], args.join(' '));
      resolve(found);
    }),
  );
}

async function measure(start, scenario) {
  const server = await start();
  try {
    await pause(300); // what a start leaves to do is done
    return await load(server, scenario);
  } finally {
    await server.stop();
  }
}

// How much came is known where a number of events was asked for.
function complete(scenario, found) {
  if (scenario.mode === 'fanout')
    assert.equal(found.delivered, (scenario.events * scenario.subscribers) / (scenario.channels ?? 1));
  if (scenario.mode === 'publish') {
    assert.equal(found.published, scenario.events);
    if (scenario.subscribers === 0) assert.equal(found.delivered, 0);
    else assert.equal(found.delivered, (scenario.events * scenario.subscribers) / scenario.channels);
  }
  if (scenario.mode === 'whispers') assert.equal(found.delivered, scenario.events);
  if (scenario.mode === 'connect') assert.equal(found.units, scenario.subscribers);
  if (scenario.mode === 'presence')
    assert.equal(found.joins, (scenario.subscribers * (scenario.subscribers - 1)) / 2);
}

const servers = { gardu: gateway, ...(values.against ? { against: other } : {}), bare };
const median = (list) => list.slice().sort((a, b) => a - b)[Math.floor(list.length / 2)];
const kAlso = {
  latency: [
    ['publish to receive, p50', 'us', (f) => f.latency.p50],
    ['publish to receive, p99', 'us', (f) => f.latency.p99],
    ['publish to receive, p99.9', 'us', (f) => f.latency.p999],
    ['publish to acknowledgement, p50', 'us', (f) => f.acknowledgement.p50],
  ],
  memory: [
    ['memory of an idle connection', 'B', (f) => f.bytes],
    ['memory before', 'MiB', (f) => f.rss_before / 2 ** 20],
    ['memory when all have gone', 'MiB', (f) => f.rss_after / 2 ** 20],
  ],
};
const rows = [];

function row(name, unit, found, of) {
  const all = Object.fromEntries(Object.keys(found).map((who) => [who, median(found[who].map(of))]));
  rows.push({ name, unit, ...all });
  const ratio = (who) => (all[who] ? (all.gardu / all[who]).toFixed(2).padStart(8) : '       -');
  const digits = all.gardu < 100 ? 2 : 0;
  const cells = Object.values(all).map((v) => v.toFixed(digits).padStart(10)).join('');
  const ratios = Object.keys(all).slice(1).map(ratio).join('');
  console.log(`${name.padEnd(42)} ${unit.padEnd(11)}${cells}${ratios}`);
}

async function run(name, scenario) {
  const found = Object.fromEntries(Object.keys(servers).map((who) => [who, []]));
  for (let round = 0; round < kRounds; ++round)
    for (const [who, start] of Object.entries(servers)) found[who].push(await measure(start, scenario));
  row(name, `us/${scenario.unit}`, found, (f) => f.cpu_us);
  for (const [kind, lines] of Object.entries(kAlso))
    if (scenario[kind]) for (const [what, unit, of] of lines) row(`  ${what}`, unit, found, of);
  if (scenario.mode === 'connect' || scenario.mode === 'publish')
    row(`  rate seen`, '1/s', found, (f) => f.per_second);
  row('  generator', 'us', found, (f) => f.own_us);
}

// One server of each kind for all of it, so that what one scenario leaves behind meets the next.
async function check() {
  const running = { gardu: await gateway(), bare: await bare() };
  for (const [name, scenario] of Object.entries(kScenarios)) {
    if (!name.includes(values.only)) continue;
    const few = small(scenario);
    for (const server of Object.values(running)) complete(few, await load(server, few));
    console.log(`${name}: everything arrived`);
  }
  for (const server of Object.values(running)) await server.stop();
}

async function compare() {
  const who = Object.keys(servers);
  const heads = [...who.map((h) => h.padStart(10)), ...who.slice(1).map((h) => `/${h}`.padStart(8))];
  console.log(`${'CPU of the server, medians'.padEnd(54)}${heads.join('')}`);
  for (const [name, scenario] of Object.entries(kScenarios))
    if (name.includes(values.only)) await run(name, scenario);
  if (values.json) console.log(JSON.stringify(rows));
}

await (values.check ? check() : compare());
process.exit(0);
