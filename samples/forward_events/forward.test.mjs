// SPDX-License-Identifier: Apache-2.0
//
// The sample as a stranger has it: built against the installed SDK, loaded by the real gateway,
// forwarding to a receiver of this file. GARDU_SAMPLE_DIR names a folder with a built
// forward_events.so.
import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run, start } from '../../tests/e2e/lib/gardu.mjs';
import { Queue } from '../../tests/e2e/lib/queue.mjs';
import { request } from '../../tests/e2e/lib/rest.mjs';

const kSample = path.dirname(fileURLToPath(import.meta.url));
const kBuilt = process.env.GARDU_SAMPLE_DIR ?? path.join(kSample, 'build');
const kSecret = 'e2e-forward-events-secret';
const kAyu = '+6281234567890';

// As a receiver does it: over the raw bytes, before they are parsed.
function verified(headers, raw) {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-gardu-signature'] ?? '') ?? [];
  if (!t || t !== headers['x-gardu-timestamp'] || Math.abs(Date.now() / 1000 - t) > 300)
    return false;
  const expected = createHmac('sha256', kSecret).update(`${t}.`).update(raw).digest();
  return timingSafeEqual(expected, Buffer.from(v1, 'hex'));
}

// Answers with `decide(event)`, a status or nothing at all; 401 to what is not signed.
class Receiver {
  constructor() {
    this.requests = new Queue('deliveries');
    this.decide = () => 200;
  }
  async listen(t) {
    this.server = http.createServer(async (req, res) => {
      const parts = [];
      for await (const part of req) parts.push(part);
      const raw = Buffer.concat(parts);
      const signed = verified(req.headers, raw);
      const event = JSON.parse(raw);
      const status = signed ? this.decide(event) : 401;
      const delivery = req.headers['x-gardu-delivery'];
      this.requests.push({ event, status, signed, delivery, headers: req.headers });
      if (status) res.writeHead(status).end();
    });
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      this.server.close();
      this.server.closeAllConnections?.();
    });
    this.url = `http://127.0.0.1:${this.server.address().port}/hook?key=in-the-query`;
    return this;
  }
  next(text, status, what = `${status} for ${text}`) {
    const wants = (r) => r.status === status && r.event.data.message?.text === text;
    return this.requests.next(wants, what);
  }
  of(text) {
    return this.requests.all.filter((r) => r.event.data.message?.text === text);
  }
}

async function forwarding(t, target = {}, more = {}) {
  const receiver = await new Receiver().listen(t);
  const forward_events = {
    targets: [{ url: receiver.url, secret: kSecret, events: ['message.*'], ...target }],
    first_retry_ms: 100,
    ...more,
  };
  const load = { pusher: null, loopback: { peer: 'silent' }, forward_events };
  const gardu = await start(t, { config: { plugins: { paths: ['plugins', kBuilt], load } } });
  const account = await gardu.account('loopback');
  const say = (text, from = kAyu) =>
    gardu.rest.post('/loopback/inject', { account_id: account.id, from, type: 'text', text });
  return { receiver, gardu, say };
}

test('what fails twice arrives, signed and as the journal has it, in order', async (t) => {
  const { receiver, gardu, say } = await forwarding(t, { headers: { 'X-Mine': 'yes' } });
  let refused = 0;
  receiver.decide = (e) => (e.data.message?.text === 'one' && refused++ < 2 ? 503 : 200);
  await say('one');
  await say('two');
  const { event, delivery, headers } = await receiver.next('one', 200);
  await receiver.next('two', 200);

  const texts = receiver.requests.all.map((r) => `${r.event.data.message.text} ${r.status}`);
  assert.deepEqual(texts, ['one 503', 'one 503', 'one 200', 'two 200']);
  assert.ok(receiver.requests.all.every((r) => r.signed));
  assert.deepEqual([...new Set(receiver.of('one').map((r) => r.delivery))], [delivery]);
  assert.match(delivery, new RegExp(`^[0-9a-f]{16}-${event.seq}$`));
  assert.equal(headers['x-gardu-event'], 'message.received');
  assert.equal(headers['x-mine'], 'yes');
  assert.equal(headers['content-type'], 'application/json');
  const journal = await gardu.rest.list('/events');
  assert.deepEqual(event, journal.find((e) => e.seq === event.seq));
  assert.ok(!gardu.log().includes(kSecret) && !gardu.log().includes('in-the-query'));

  const metrics = (await request(`${gardu.url}/metrics`)).text;
  assert.match(metrics, /forward_events_failed_total\{[^}]*\} 2\b/);
});

test('a crash neither loses a delivery nor makes up another', async (t) => {
  const { receiver, gardu, say } = await forwarding(t);
  receiver.decide = () => 0; // reads it, and never answers
  await say('before');
  await say('behind');
  await receiver.next('before', 0);
  await gardu.kill9();
  receiver.decide = () => 200;
  await gardu.restart();
  await receiver.next('before', 200);
  await receiver.next('behind', 200);
  await say('after');
  await receiver.next('after', 200);
  const accepted = receiver.requests.all.filter((r) => r.status === 200);
  assert.deepEqual(
    accepted.map((r) => r.event.data.message.text),
    ['before', 'behind', 'after'],
  );
  assert.equal(new Set(receiver.of('before').map((r) => r.delivery)).size, 1);
});

test('what was given up is listed, and goes out when an admin wants it', async (t) => {
  const { receiver, gardu, say } = await forwarding(t);
  receiver.decide = (e) => (e.data.message?.text === 'bad' ? 410 : 200);
  await say('bad');
  await say('good');
  await receiver.next('good', 200);
  assert.equal(receiver.of('bad').length, 1);
  const dead = await gardu.rest.list('/forward_events/deliveries?state=dead');
  assert.deepEqual(
    dead.map((d) => [d.state, d.attempts, d.last_error, d.event]),
    [['dead', 1, 'HTTP 410', 'message.received']],
  );
  receiver.decide = () => 200;
  await gardu.rest.post(`/forward_events/deliveries/${dead[0].id}/retry`);
  assert.equal((await receiver.next('bad', 200)).delivery, dead[0].id);
});

test('`gardu plugin check` finds nothing wrong, and the secrets are masked', async (t) => {
  const settings = path.join(kSample, 'settings.example.json');
  const library = path.join(kBuilt, 'forward_events.so');
  const { code, stdout, stderr } = await run(['plugin', 'check', library, '--settings', settings]);
  assert.equal(code, 0, stdout + stderr);
  const { gardu } = await forwarding(t);
  const shown = await gardu.cli('config', 'show');
  assert.equal(shown.code, 0, shown.stderr);
  assert.ok(!shown.stdout.includes(kSecret));
});
