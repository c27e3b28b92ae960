// SPDX-License-Identifier: Apache-2.0
//
// Stock laravel-echo over stock pusher-js, as a front end uses them, with what arrives in a queue.
import Echo from 'laravel-echo';
import Pusher from 'pusher-js';
import { Queue, within } from './queue.mjs';

export function connectEcho(gardu, { token = gardu.token, key = gardu.app.key } = {}) {
  const echo = new Echo({
    broadcaster: 'reverb',
    Pusher,
    key,
    wsHost: '127.0.0.1',
    wsPort: gardu.pusherPort,
    forceTLS: false,
    enabledTransports: ['ws'],
    disableStats: true,
    authEndpoint: `${gardu.url}/broadcasting/auth`,
    auth: { headers: {} }, // its own: Echo writes the token into it
    userAuthentication: { endpoint: `${gardu.url}/broadcasting/user-auth`, headers: {} },
    bearerToken: token,
    withoutInterceptors: true,
  });
  gardu.onStop(() => echo.disconnect());
  const connection = echo.connector.pusher.connection;
  return {
    echo,
    connected: (ms) => state(connection, 'connected', ms),
    socketId: () => echo.socketId(),
    // Subscribes to a private channel; every event of it goes to the queue as {event, data}.
    private: (name) => subscribe(echo.private(name), `private-${name}`),
    join: (name) => subscribe(echo.join(name), `presence-${name}`),
    disconnect: () => echo.disconnect(),
  };
}

function state(connection, name, ms) {
  const reached = new Promise((resolve) => {
    if (connection.state === name) return resolve();
    connection.bind('state_change', ({ current }) => current === name && resolve());
  });
  return within(reached, () => `connection ${name}, it is ${connection.state}`, ms);
}

async function subscribe(channel, name) {
  const events = new Queue(name);
  channel.listenToAll((event, data) => {
    events.push({ event: event.startsWith('.') ? event.slice(1) : event, data });
  });
  const subscribed = new Promise((resolve, reject) => {
    channel.subscribed(resolve);
    channel.error((e) => reject(new Error(`${name}: ${JSON.stringify(e)}`)));
  });
  await within(subscribed, `subscription to ${name}`);
  events.channel = channel;
  // The next event of that name, perhaps with more conditions.
  events.named = (event, wants = () => true) =>
    events.next((e) => e.event === event && wants(e.data), event).then((e) => e.data);
  return events;
}
