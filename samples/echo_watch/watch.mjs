// SPDX-License-Identifier: Apache-2.0
//
// A front end in miniature: subscribes with Laravel Echo, sends one message over REST, and prints its
// journey as it arrives. Ends with 0 when every step came.
//
//   node watch.mjs --url http://127.0.0.1:8000 --pusher 127.0.0.1:8080 --key gardu-key \
//                  --account ACCOUNT --to +62… [--text TEXT] [--deadline SECONDS]      (token: $GARDU_TOKEN)
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

// The clients lie with the tests that use the same ones; a project of yours has its own node_modules.
const require = createRequire(new URL('../../tests/e2e/package.json', import.meta.url));
const EchoModule = await import(
  new URL('../../tests/e2e/node_modules/laravel-echo/dist/echo.js', import.meta.url)
);
const Echo = EchoModule.default;
const Pusher = require('pusher-js');

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8000' },
    pusher: { type: 'string', default: '127.0.0.1:8080' },
    key: { type: 'string', default: 'gardu-key' },
    account: { type: 'string' },
    to: { type: 'string', default: '+6281234567890' },
    text: { type: 'string', default: 'Halo from Gardu' },
    deadline: { type: 'string', default: '30' },
  },
});
const token = process.env.GARDU_TOKEN ?? '';

async function rest(method, path, body) {
  const response = await fetch(`${options.url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

const begun = Date.now();
const print = (what, detail) =>
  console.log(`  ${String(Date.now() - begun).padStart(5)} ms  ${what.padEnd(24)} ${detail}`);

// What must come, in this order; `about` makes the line to print, or undefined when it is another's.
function steps(messageId) {
  const status = (name) => ({
    event: 'message.status.updated',
    label: name,
    about: (e) =>
      e.message_id === messageId && e.status === name
        ? `${e.previous ?? '?'} → ${e.status}`
        : undefined,
  });
  return [
    {
      event: 'message.sent',
      label: 'accepted',
      about: (e) =>
        e.message.id === messageId ? `"${e.message.text}", ${e.message.status}` : undefined,
    },
    status('sent'),
    status('delivered'),
    status('read'),
    { event: 'typing.started', label: 'typing', about: () => 'the peer is typing' },
    {
      event: 'message.received',
      label: 'answered',
      about: (e) =>
        e.message.direction === 'inbound'
          ? `"${e.message.text}" from ${e.contact?.name ?? 'the peer'}`
          : undefined,
    },
  ];
}

async function main() {
  const me = await rest('GET', '/me');
  const contact = await findContact();
  const [host, port] = options.pusher.split(':');
  const echo = new Echo({
    broadcaster: 'reverb',
    Pusher,
    key: options.key,
    wsHost: host,
    wsPort: Number(port),
    forceTLS: false,
    enabledTransports: ['ws'],
    authEndpoint: `${options.url}/broadcasting/auth`,
    auth: { headers: {} },
    bearerToken: token,
    withoutInterceptors: true,
  });
  const arrived = [];
  let wake = () => {};
  const name = `workspace.${me.workspace_id}.chat.${contact.id}`;
  await new Promise((resolve, reject) => {
    const channel = echo.private(name);
    for (const event of [
      'message.sent',
      'message.status.updated',
      'typing.started',
      'message.received',
    ])
      channel.listen(`.${event}`, (data) => {
        arrived.push({ event, data });
        wake();
      });
    channel
      .subscribed(resolve)
      .error((e) => reject(new Error(`no subscription to private-${name}: ${JSON.stringify(e)}`)));
  });
  print('subscribed', `private-${name}`);

  const message = await rest('POST', '/messages', {
    contact_id: contact.id,
    type: 'text',
    text: options.text,
  });
  print('POST /api/v1/messages', `${message.id}, to ${options.to}`);
  for (const step of steps(message.id)) {
    for (;;) {
      const at = arrived.findIndex(
        (a) => a.event === step.event && step.about(a.data) !== undefined,
      );
      if (at >= 0) {
        print(step.event, step.about(arrived.splice(at, 1)[0].data));
        break;
      }
      waitingFor = `${step.event} (${step.label})`;
      await new Promise((resolve) => (wake = resolve));
    }
  }
  echo.disconnect();
}

// Everybody that was ever written to is a contact of the account.
async function findContact() {
  const found = await rest('GET', `/contacts?q=${encodeURIComponent(options.to)}`);
  const known = found.data.find((c) => c.account_id === options.account && c.phone === options.to);
  return known ?? rest('POST', '/contacts', { account_id: options.account, address: options.to });
}

let waitingFor = 'the subscription';
setTimeout(
  () => {
    console.error(`error: ${waitingFor} did not arrive within ${options.deadline} s`);
    process.exit(1);
  },
  Number(options.deadline) * 1000,
).unref();

try {
  await main();
} catch (e) {
  console.error(`error: ${e.cause ? `${e.message} (${e.cause.message ?? e.cause})` : e.message}`);
  process.exit(1);
}
process.exit(0);
