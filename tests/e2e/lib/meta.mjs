// SPDX-License-Identifier: Apache-2.0
//
// A gateway with one Cloud API account, and webhooks for it as Meta posts them.
import { change, envelope as wrap, signed } from '../../emulators/graph/webhook.mjs';
import { request } from './rest.mjs';

export const kPhoneNumberId = '106540352242922';
export const kAppSecret = 'e2e-app-secret';
export const kVerifyToken = 'e2e-verify-token';
export const kAccessToken = 'e2e-access-token';

export function metaConfig(graphUrl = 'http://127.0.0.1:9', more = {}) {
  return {
    plugins: {
      load: {
        meta_cloud: {
          graph_url: graphUrl,
          app_secret: kAppSecret,
          verify_token: kVerifyToken,
        },
        ...more,
      },
    },
  };
}

export function metaAccount(gardu) {
  return gardu.account('meta_cloud', {
    address: kPhoneNumberId,
    credentials: { access_token: kAccessToken },
  });
}

export const text = (id, from, body) => ({
  from,
  id,
  timestamp: '1767225600',
  type: 'text',
  text: { body },
});

export const person = (waId, name) => ({ profile: { name }, wa_id: waId });

// An entry with one change: {messages, contacts} or {statuses}.
export const entry = (value) => [change({ phoneNumberId: kPhoneNumberId, ...value })];

export const envelope = (...entries) => wrap(entries);

// `payload`: an object, written with \u escapes as Meta writes it, or the raw text.
export function postWebhook(gardu, payload, { secret = kAppSecret, headers } = {}) {
  const out = signed(payload, secret);
  return request(`${gardu.url}/webhooks/meta_cloud`, {
    method: 'POST',
    headers: headers ?? out.headers,
    body: out.body,
  });
}
