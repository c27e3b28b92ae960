// SPDX-License-Identifier: Apache-2.0
//
// Webhooks as Meta builds and signs them.
import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

/** JSON with every non-ASCII character as \uXXXX, the form that Meta signs. */
export function escapedJson(value) {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The value of X-Hub-Signature-256. */
export function sign(body, appSecret) {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}

let ids = 0;
/** An id in the form that Meta gives, never the same twice in one process. */
export function wamid(seed = '') {
  ids += 1;
  const text = `Gardu-${process.pid}-${Date.now()}-${ids}-${seed}`;
  return `wamid.${Buffer.from(text).toString('base64')}`;
}

export const seconds = (ms = Date.now()) => String(Math.floor(ms / 1000));

/** A messages[] element: `type` with its node, e.g. message('text', {body: 'hi'}, {from}). */
export function message(type, node, { from = '6281234567890', id = wamid(), ...rest } = {}) {
  return { from, id, timestamp: seconds(), type, [type]: node, ...rest };
}
export const text = (body, options) => message('text', { body }, options);

/** A statuses[] element. */
export function status(word, { id, recipient, reference, timestamp = seconds(), ...rest }) {
  return {
    id,
    status: word,
    timestamp,
    recipient_id: recipient,
    ...(reference === undefined ? {} : { biz_opaque_callback_data: reference }),
    ...rest,
  };
}

/** A change of field "messages" for one number. Contacts are made up from the messages. */
export function change({ phoneNumberId, messages, statuses, errors, contacts, names = {} }) {
  const senders = [...new Set((messages ?? []).map((m) => m.from).filter(Boolean))];
  const people = contacts
    ?? senders.map((wa_id) => ({ profile: { name: names[wa_id] ?? `User ${wa_id}` }, wa_id }));
  return {
    value: {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: '15550001111', phone_number_id: phoneNumberId },
      ...(messages && people.length > 0 ? { contacts: people } : {}),
      ...(messages ? { messages } : {}),
      ...(statuses ? { statuses } : {}),
      ...(errors ? { errors } : {}),
    },
    field: 'messages',
  };
}

/** A whole webhook. `entries`: lists of changes, one list an entry. */
export function envelope(entries, { businessId = '102290129340398' } = {}) {
  return {
    object: 'whatsapp_business_account',
    entry: entries.map((changes) => ({ id: businessId, changes })),
  };
}

/** Bytes and headers of a signed POST. */
export function signed(payload, appSecret) {
  const body = typeof payload === 'string' ? payload : escapedJson(payload);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-hub-signature-256': sign(body, appSecret),
      'user-agent': 'facebookexternalua',
    },
  };
}

/** Posts it; resolves to {status, headers, body}. */
export function deliver(url, payload, appSecret, { headers = {}, timeoutMs = 20000, agent } = {}) {
  const out = signed(payload, appSecret);
  const client = new URL(url).protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(url, {
      method: 'POST',
      agent,
      headers: { ...out.headers, 'content-length': Buffer.byteLength(out.body), ...headers },
      timeout: timeoutMs,
    }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({
        status: response.statusCode,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer to the webhook')));
    request.on('error', reject);
    request.end(out.body);
  });
}

/** The verification request: resolves to {status, body}. */
export async function verify(url, token, challenge = '1158201444') {
  const query = new URLSearchParams({
    'hub.mode': 'subscribe', 'hub.challenge': challenge, 'hub.verify_token': token,
  });
  const response = await fetch(`${url}?${query}`);
  return { status: response.status, body: await response.text() };
}
