// SPDX-License-Identifier: Apache-2.0
//
// Read paths of a gateway that has a million messages and 10,000 contacts, over REST, while more
// messages come in. Prints CPU per request of each kind by itself, then latencies of all of them
// together at a fixed rate of arrivals, and the gateway's memory.
//   node million.mjs [--messages N] [--contacts N] [--seconds N] [--reads N] [--writes N] [--keep DIR]
// With --keep the data stays in DIR, and the next run begins with it. --quick leaves out what each costs alone. With --check nothing but the
// answers counts: what is listed is all there, in order, and found.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { configuration, Gardu, kBinary, kBuild } from '../e2e/lib/gardu.mjs';

const number = (value) => ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: {
    messages: number(1_000_000),
    contacts: number(10_000),
    seconds: number(20),
    reads: number(100),
    writes: number(500),
    keep: { type: 'string' },
    check: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});
const [kMessages, kContacts, kSeconds, kReads, kWrites] = [
  values.messages, values.contacts, values.seconds, values.reads, values.writes,
].map(Number);
const kTools = path.join(kBuild, 'tests/bench');
const kLimits = { limits: { requests_per_minute: 1_000_000_000 } };
const kPlugins = { plugins: { load: { loopback: { peer: 'silent' }, meta_cloud: {} } } };

function memory(pid) {
  const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)[1]) / 1024);
  return { now: mib('VmRSS'), peak: mib('VmHWM'), own: mib('RssAnon') };
}

// CPU of all its threads, in microseconds.
function cpu(pid) {
  let ns = 0;
  for (const task of fs.readdirSync(`/proc/${pid}/task`))
    ns += Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return ns / 1000;
}

// A process of its own makes the requests; the answer is what it measured.
function load(gardu, requests, { seconds, reads = 0, writes = 0 }) {
  const args = [gardu.port, gardu.token, seconds, reads, writes].map(String);
  return new Promise((resolve, reject) => {
    const child = execFile(path.join(kTools, 'million_load'), args, (error, stdout) =>
      error ? reject(error) : resolve(JSON.parse(stdout)),
    );
    child.stdin.end(requests.map((r) => r.join('\t')).join('\n') + '\n');
  });
}

async function launch(dir, overrides) {
  const config = configuration(dir, overrides);
  return new Gardu(dir, config, {}, kBinary).launch();
}

async function fresh() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gardu-bench-'));
  const gardu = await launch(dir, { plugins: { load: { meta_cloud: {} } } });
  await pause(2000);
  const { now, own } = memory(gardu.child.pid);
  await gardu.stop();
  fs.rmSync(dir, { recursive: true });
  console.log(`RSS of a fresh host, idle              ${now} MiB (${own} of its own)`);
}

// The gateway makes the database, with its workspace and an account; the rest comes by itself.
async function seed(dir) {
  const gardu = await launch(dir, { ...kPlugins, ...kLimits });
  const account = await gardu.account('loopback');
  const workspace = await gardu.workspaceId();
  const { backend, dsn } = gardu.config.storage;
  await gardu.stop();
  const args = [backend, dsn, workspace, account.id, kMessages, kContacts].map(String);
  const started = performance.now();
  execFileSync(path.join(kTools, 'million_seed'), args, { stdio: 'inherit' });
  console.log(`filled in                              ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

async function cursorAfter(gardu, list, rows) {
  let cursor = '';
  for (let at = 0; at < rows; at += 200) {
    const page = await gardu.rest.get(`${list}limit=200${cursor && `&cursor=${cursor}`}`);
    cursor = encodeURIComponent(page.next_cursor);
  }
  return cursor;
}

const every = (list, n) => list.filter((_, i) => i % n === 0);

// Each kind of request by its name: lines of [name, path].
async function reads(gardu) {
  const api = '/api/v1';
  const contacts = await gardu.rest.list('/contacts');
  const longest = contacts.slice().sort((a, b) => Number(a.name.split(' ')[2]) - Number(b.name.split(' ')[2])).slice(0, 20);
  const some = every(contacts, Math.ceil(contacts.length / 100));
  const words = every(contacts, Math.ceil(contacts.length / 40)).map((c) => c.name.split(' ')[0]);
  const half = await cursorAfter(gardu, '/contacts?', contacts.length / 2);
  const first = (await gardu.rest.get(`/contacts/${longest[0].id}/messages`)).data;
  const deep = await cursorAfter(gardu, `/contacts/${longest[0].id}/messages?`, Math.min(4000, kMessages / 200));
  const newest = kMessages;
  const of = (name, paths) => paths.map((p) => [name, api + p]);
  return {
    contacts: of('contacts', ['/contacts']),
    'contacts, halfway': of('contacts, halfway', [`/contacts?cursor=${half}`]),
    'contacts, unread': of('contacts, unread', ['/contacts?unread=true']),
    'contacts, archived': of('contacts, archived', ['/contacts?archived=true']),
    'contacts, by name': of('contacts, by name', words.map((w) => `/contacts?q=${w}`)),
    'contacts, by label': of('contacts, by label', ['/contacts?label=vip', '/contacts?label=customer']),
    'a contact': of('a contact', some.map((c) => `/contacts/${c.id}`)),
    "a contact's messages": of("a contact's messages", [...some, ...longest].map((c) => `/contacts/${c.id}/messages`)),
    "a contact's messages, deep": of("a contact's messages, deep", [
      `/contacts/${longest[0].id}/messages?cursor=${deep}`,
      `/contacts/${longest[0].id}/messages?before=${first.at(-1).id}`,
    ]),
    'messages, failed': of('messages, failed', ['/messages?status=failed']),
    'messages, rare word': of('messages, rare word', ['/messages?q=rarely']),
    'messages, seldom word': of('messages, seldom word', ['/messages?q=seldom']),
    'messages, common word': of('messages, common word', words.map((w) => `/messages?q=${w}`)),
    events: of('events', [1, 2, 3].map((n) => `/events?after_seq=${Math.floor((newest * n) / 4)}&limit=50`)),
    "a contact's events": of("a contact's events", some.map((c) => `/events?after_seq=${newest / 2}&contact_id=${c.id}&limit=50`)),
  };
}

async function writes(gardu) {
  const [account] = await gardu.rest.list('/accounts');
  return Array.from({ length: 5000 }, (_, i) => {
    const from = `+62${81_000_000_000 + ((i * 7) % kContacts) * 7919}`;
    const text = `message ${i} of those that come in while others read`;
    return ['a message in', '/api/v1/loopback/inject', JSON.stringify({ account_id: account.id, from, text })];
  });
}

async function check(gardu) {
  const contacts = await gardu.rest.list('/contacts');
  assert.equal(contacts.length, kContacts);
  assert.equal(new Set(contacts.map((c) => c.id)).size, kContacts);
  const times = contacts.map((c) => c.last_message_at);
  assert.deepEqual(times, times.slice().sort().reverse());
  const unread = await gardu.rest.list('/contacts?unread=true');
  assert.deepEqual(unread.map((c) => c.id), contacts.filter((c) => c.unread > 0).map((c) => c.id));
  const archived = await gardu.rest.list('/contacts?archived=true');
  assert.equal(archived.length, Math.floor(kContacts / 50));
  const vip = await gardu.rest.list('/contacts?label=vip');
  assert.equal(vip.length, Math.ceil(kContacts / 500));
  const name = contacts[7].name;
  assert.ok((await gardu.rest.list(`/contacts?q=${encodeURIComponent(name)}`)).some((c) => c.name === name));
  assert.equal((await gardu.rest.list('/messages?q=seldom')).length, Math.floor(kMessages / 100));
  assert.equal((await gardu.rest.list('/messages?q=rarely')).length, Math.floor(kMessages / 10_000));
  let all = 0;
  for (const c of contacts.slice(0, 5)) {
    const messages = await gardu.rest.list(`/contacts/${c.id}/messages`);
    assert.ok(messages.every((m) => m.contact_id === c.id));
    const at = messages.map((m) => m.created_at);
    assert.deepEqual(at, at.slice().sort().reverse());
    all += messages.length;
  }
  const events = await gardu.rest.list('/events?after_seq=0');
  assert.equal(events.filter((e) => e.type.startsWith('message.')).length, kMessages);
  console.log(`${contacts.length} contacts, ${unread.length} of them unread, and ${all} messages of five: all there`);
}

async function alone(gardu, kinds) {
  console.log('\nCPU per request, one kind at a time            us');
  const bare = [['bare', '/healthz']];
  for (const [name, requests] of [['GET /healthz', bare], ...Object.entries(kinds)]) {
    await load(gardu, requests, { seconds: 0.5, reads: 100 });
    const before = cpu(gardu.child.pid);
    await load(gardu, requests, { seconds: 2, reads: 100 });
    console.log(`${name.padEnd(40)} ${((cpu(gardu.child.pid) - before) / 200).toFixed(0).padStart(8)}`);
  }
}

async function together(gardu, requests) {
  const before = cpu(gardu.child.pid);
  const found = await load(gardu, requests, { seconds: kSeconds, reads: kReads, writes: kWrites });
  const used = (cpu(gardu.child.pid) - before) / 1e6;
  console.log(`\n${kReads} reads and ${kWrites} messages in a second, ${kSeconds} s   count     p50     p99     max ms`);
  const ms = (us) => (us / 1000).toFixed(1).padStart(7);
  for (const [name, r] of Object.entries(found)) {
    console.log(`${name.padEnd(40)} ${String(r.count).padStart(7)} ${ms(r.p50)} ${ms(r.p99)} ${ms(r.max)}`);
    assert.equal(r.failed, 0, `${name}: ${r.failed} failed`);
  }
  console.log(`gateway CPU                            ${((used / kSeconds) * 100).toFixed(0)} % of one core`);
}

const kept = values.keep && fs.existsSync(path.join(values.keep, 'gardu.json'));
const dir = values.keep ?? fs.mkdtempSync(path.join(os.tmpdir(), 'gardu-bench-'));
fs.mkdirSync(dir, { recursive: true });
try {
  await fresh();
  if (!kept) await seed(dir);
  const gardu = await launch(dir, { ...kPlugins, ...kLimits });
  const pid = gardu.child.pid;
  console.log(`RSS at the start                       ${memory(pid).now} MiB`);
  if (values.check) await check(gardu);
  const kinds = await reads(gardu);
  if (!values.check && !values.quick) await alone(gardu, kinds);
  // In turn, so that each kind comes as often as any other.
  const lists = Object.values(kinds);
  const mixed = Array.from({ length: lists.length * 100 }, (_, i) => {
    const list = lists[i % lists.length];
    return list[Math.floor(i / lists.length) % list.length];
  });
  console.log(`RSS before                             ${memory(pid).now} MiB`);
  await together(gardu, [...mixed, ...(await writes(gardu))]);
  const { now, peak, own } = memory(pid);
  console.log(`RSS at the end / its peak              ${now} / ${peak} MiB (${own} of its own)`);
  await gardu.stop();
} finally {
  if (!values.keep) fs.rmSync(dir, { recursive: true, force: true });
}
process.exit(0);
