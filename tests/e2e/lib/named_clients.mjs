// SPDX-License-Identifier: Apache-2.0
//
// The Pusher server SDK, and pusher-js clients of named users, with what arrives in queues.
import PusherClient from 'pusher-js';
import { kApp } from './gardu.mjs';
import { server as serverSdk } from './pusher.mjs';
import { Queue, within } from './queue.mjs';

export { serverSdk };

// `user`: who it is on presence channels and when it signs in.
export function clientOf(gardu, { user, watchlist, sdk = serverSdk(gardu), app = kApp } = {}) {
  const pusher = new PusherClient(app.key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: gardu.pusherPort,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => {
        const member = user && { user_id: user, user_info: { name: `name of ${user}` } };
        callback(null, sdk.authorizeChannel(socketId, channelName, member));
      },
    },
    userAuthentication: {
      customHandler: ({ socketId }, callback) => {
        callback(null, sdk.authenticateUser(socketId, { id: user, watchlist }));
      },
    },
  });
  gardu.onStop(() => pusher.disconnect());
  return { pusher, subscribe: (name) => subscribe(pusher, name), signIn: () => signIn(pusher) };
}

async function subscribe(pusher, name) {
  const events = new Queue(name);
  const channel = pusher.subscribe(name);
  const done = new Promise((resolve, reject) => {
    channel.bind('pusher:subscription_succeeded', resolve);
    channel.bind('pusher:subscription_error', (e) =>
      reject(new Error(`${name}: ${JSON.stringify(e)}`)),
    );
  });
  // Of the protocol's own only who comes and goes.
  channel.bind_global((event, data) => {
    if (!event.startsWith('pusher:') || /member_|cache_miss/.test(event))
      events.push({ event, data });
  });
  await within(done, `subscription to ${name}`);
  events.named = (event, wants = () => true) =>
    events.next((e) => e.event === event && wants(e.data), event).then((e) => e.data);
  events.users = () => Object.keys(channel.members.members).sort();
  return Object.assign(events, { channel });
}

async function signIn(pusher) {
  pusher.signin();
  await within(pusher.user.signinDonePromise, 'the sign-in');
}
