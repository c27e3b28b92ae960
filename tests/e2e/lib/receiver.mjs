// SPDX-License-Identifier: Apache-2.0
//
// An app owner's end of webhooks: keeps what is posted, and says of each what the Pusher SDK says.
import assert from 'node:assert/strict';
import http from 'node:http';
import { Queue } from './queue.mjs';

// `answer(request, response)` does what the receiver does; it may be replaced at any time.
export async function receiver(t, sdk) {
  const requests = new Queue('webhooks');
  const events = new Queue('webhook events'); // of requests that were answered with 200
  const self = { requests, events, answer: () => 200 };
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const rawBody = Buffer.concat(parts).toString();
      const { headers, url, method } = request;
      const webhook = sdk.webhook({ headers, rawBody });
      const kept = {
        url,
        method,
        headers,
        rawBody,
        valid: webhook.isValid(),
        events: webhook.isValid() ? webhook.getEvents() : [],
        time: webhook.isValid() ? webhook.getTime().getTime() : 0,
        delivery: headers['x-gardu-delivery'],
      };
      const status = self.answer(kept, response, request.socket);
      if (status) response.writeHead(status).end();
      if (status === 200) for (const e of kept.events) events.push({ ...e, url });
      requests.push(kept);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  self.url = `http://127.0.0.1:${server.address().port}`;
  // What was taken of that endpoint, as "name channel".
  self.told = (url) => events.all.filter((e) => e.url === url).map((e) => `${e.name} ${e.channel}`);
  self.event = (name, channel, url) =>
    events.next(
      (e) => e.name === name && e.channel === channel && (!url || e.url === url),
      `${name} ${channel} at ${url ?? 'any'}`,
    );
  self.allValid = () => {
    for (const r of requests.all) assert.ok(r.valid, `${r.rawBody} ${JSON.stringify(r.headers)}`);
  };
  return self;
}
