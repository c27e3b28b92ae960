// SPDX-License-Identifier: Apache-2.0
//
// SIGTERM: readiness turns red, what is in flight finishes, streams and sockets are told, exit 0; and
// clients come back by themselves after the restart.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { connectEcho } from './lib/echo.mjs';
import { kApp, start } from './lib/gardu.mjs';
import { kPatience, within } from './lib/queue.mjs';
import { openSocket } from './lib/raw_socket.mjs';
import { request } from './lib/rest.mjs';

// A POST whose body is only half there; finish() sends the rest and gives the answer.
function halfSent(gardu, path, body) {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = {
    Authorization: `Bearer ${gardu.token}`,
    'Content-Type': 'application/json',
    'Content-Length': bytes.length,
    Expect: '100-continue',
  };
  const req = http.request(`${gardu.url}${path}`, { method: 'POST', headers, agent: false });
  const answer = new Promise((resolve, reject) => {
    req.on('error', reject);
    req.on('response', (res) => {
      let text = '';
      res
        .setEncoding('utf8')
        .on('data', (part) => (text += part))
        .on('end', () => resolve({ status: res.statusCode, text }));
    });
  });
  answer.catch(() => {});
  const begun = new Promise((resolve) => req.on('continue', resolve)); // the gateway has read the head
  req.flushHeaders();
  begun.then(() => req.write(bytes.subarray(0, 5)));
  return { begun, finish: () => (req.end(bytes.subarray(5)), answer) };
}

test('a drain in order', async (t) => {
  const gardu = await start(t);
  const workspace = await gardu.workspaceId();
  const account = await gardu.account('loopback');
  const stream = gardu.rest.follow();
  await stream.opened;
  const echo = connectEcho(gardu);
  const wide = await echo.private(`workspace.${workspace}`);
  const { frames } = await openSocket(
    gardu.pusherPort,
    `/app/${kApp.key}?protocol=7&client=e2e&version=1`,
  );
  await frames.next((f) => f.event === 'pusher:connection_established');

  const body = { account_id: account.id, to: '+6281200000555', type: 'text', text: 'in flight' };
  const inFlight = halfSent(gardu, '/api/v1/messages', body);
  await within(inFlight.begun, '100 Continue');

  gardu.child.kill('SIGTERM');
  await within(stream.ended, 'the end of the event stream');
  const red = await request(`${gardu.url}/readyz`).then(
    (r) => r.status,
    (e) => e.code,
  );
  assert.ok([503, 'ECONNREFUSED', 'ECONNRESET'].includes(red), `readiness is ${red}`);

  const answer = await within(inFlight.finish(), 'the answer to what was in flight');
  assert.equal(answer.status, 202, answer.text);
  const close = await frames.next((f) => f.code !== undefined, 'a close frame');
  assert.equal(close.code, 4200);
  assert.equal(await within(gardu.exited, 'the exit', 30000), 0, gardu.log());

  await gardu.restart();
  const { id } = JSON.parse(answer.text);
  assert.equal((await gardu.rest.get(`/messages/${id}`)).text, 'in flight');
  // The stock client is back on its own, on the same channel. Where nobody listened when it tried,
  // it tries again after 15 s.
  await echo.connected(3 * kPatience);
  await new Promise((resolve) => wide.channel.subscribed(resolve));
  const again = await gardu.rest.post('/messages', { ...body, text: 'after the restart' });
  await wide.named('message.sent', (e) => e.message.id === again.id);
});

test('a second signal ends at once', async (t) => {
  const gardu = await start(t);
  const held = halfSent(gardu, '/api/v1/messages', { type: 'text' });
  await within(held.begun, '100 Continue');
  const stream = gardu.rest.follow();
  await stream.opened;
  gardu.child.kill('SIGTERM');
  await within(stream.ended, 'the end of the event stream');
  gardu.child.kill('SIGTERM');
  await within(gardu.exited, 'the exit');
});
