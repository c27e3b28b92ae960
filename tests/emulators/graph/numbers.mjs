// SPDX-License-Identifier: Apache-2.0
//
// A business phone number as a node of the Graph API: GET /v<x.y>/<phone_number_id>?fields=…
import { graphError } from './rules.mjs';

const usual = {
  verified_name: 'Emulated Business',
  code_verification_status: 'VERIFIED',
  display_phone_number: '+1 555-000-1111',
  quality_rating: 'GREEN',
  platform_type: 'CLOUD_API',
  throughput: { level: 'STANDARD' },
  status: 'CONNECTED',
  name_status: 'APPROVED',
  account_mode: 'LIVE',
  is_official_business_account: false,
  messaging_limit_tier: 'TIER_2K',
  whatsapp_business_manager_messaging_limit: 'TIER_2K',
};
// What comes when no fields are asked for.
const byDefault = ['verified_name', 'code_verification_status', 'display_phone_number',
  'quality_rating', 'platform_type', 'throughput'];

/** {status, body}. `numbers`: {id: what differs from the usual}; null: any id will do. */
export function readNumber(id, fields, numbers) {
  if (numbers && !numbers[id]) {
    return graphError(100, undefined, {
      message: `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded `
        + 'due to missing permissions, or does not support this operation.',
      type: 'GraphMethodException',
      error_subcode: 33,
      error_data: undefined,
    });
  }
  const number = { ...usual, ...numbers?.[id] };
  const asked = fields ? fields.split(',').map((f) => f.trim()) : byDefault;
  const unknown = asked.find((f) => f !== 'id' && !(f in number));
  if (unknown !== undefined) {
    return graphError(100, undefined, {
      message: `(#100) Tried accessing nonexisting field (${unknown}) on node type `
        + '(WhatsAppBusinessPhoneNumber)',
      error_data: undefined,
    });
  }
  const seen = asked.filter((f) => f !== 'id').map((f) => [f, number[f]]);
  return { status: 200, body: { ...Object.fromEntries(seen), id } };
}
