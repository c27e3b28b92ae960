// SPDX-License-Identifier: Apache-2.0
//
// Signed Meta webhooks, one text message each, stored durably, to a stock Echo client. Prints the
// gateway's CPU time per message, beside the same number of bare requests (GET /healthz).
//   node webhook_to_echo.mjs [--events N] [--parallel N]
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { signed } from '../emulators/graph/webhook.mjs';
import { connectEcho } from '../e2e/lib/echo.mjs';
import { start } from '../e2e/lib/gardu.mjs';
import { entry, envelope, kAppSecret, metaAccount, metaConfig, person, text } from '../e2e/lib/meta.mjs';
import { request } from '../e2e/lib/rest.mjs';

const { values } = parseArgs({
  options: { events: { type: 'string', default: '2000' }, parallel: { type: 'string', default: '32' } },
});
const kEvents = Number(values.events);
const kParallel = Number(values.parallel);
const kTicksPerSecond = 100; // of /proc/<pid>/stat, on every Linux that Debian runs on

function cpuMicros(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / kTicksPerSecond) * 1e6;
}

async function inParallel(count, one) {
  let next = 0;
  const worker = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: kParallel }, worker));
}

const cleanups = [];
const gardu = await start({ after: (f) => cleanups.push(f) }, { config: metaConfig() });
try {
  await metaAccount(gardu);
  const echo = connectEcho(gardu);
  const events = await echo.private(`workspace.${await gardu.workspaceId()}`);
  const bodies = Array.from({ length: kEvents }, (_, i) => {
    const from = `62812${String(i % 100).padStart(7, '0')}`;
    return signed(
      envelope(entry({ contacts: [person(from, `P${i % 100}`)], messages: [text(`wamid.${i}`, from, `message ${i}`)] })),
      kAppSecret,
    );
  });
  const seen = new Map();
  const all = new Promise((resolve) => {
    events.channel.listen('.message.received', (e) => {
      seen.set(e.message.text, performance.now());
      if (seen.size === kEvents) resolve();
    });
  });

  const pid = gardu.child.pid;
  let before = cpuMicros(pid);
  await inParallel(kEvents, () => request(`${gardu.url}/healthz`));
  const bare = (cpuMicros(pid) - before) / kEvents;

  const posted = [];
  before = cpuMicros(pid);
  const from = performance.now();
  await inParallel(kEvents, async (i) => {
    posted[i] = performance.now();
    const { status } = await request(`${gardu.url}/webhooks/meta_cloud`, {
      method: 'POST',
      headers: bodies[i].headers,
      body: bodies[i].body,
    });
    if (status !== 200) throw new Error(`webhook ${i}: ${status}`);
  });
  await all;
  const seconds = (performance.now() - from) / 1000;
  const each = (cpuMicros(pid) - before) / kEvents;
  const waits = posted.map((at, i) => seen.get(`message ${i}`) - at).sort((a, b) => a - b);
  const at = (p) => waits[Math.min(waits.length - 1, Math.floor(waits.length * p))].toFixed(1);
  const rss = /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
  console.log(`messages, webhook to Echo client       ${kEvents} (${kParallel} in parallel)`);
  console.log(`gateway CPU per message                ${each.toFixed(0)} us`);
  console.log(`gateway CPU per bare request           ${bare.toFixed(0)} us`);
  console.log(`ratio                                  ${(each / Math.max(bare, 1)).toFixed(1)}`);
  console.log(`rate seen (the client is part of it)   ${(kEvents / seconds).toFixed(0)} a second`);
  console.log(`POST to Echo, p50 / p99                ${at(0.5)} / ${at(0.99)} ms`);
  console.log(`gateway RSS                            ${(rss / 1024).toFixed(0)} MiB`);
} finally {
  for (const f of cleanups.reverse()) await f();
}
process.exit(0);
