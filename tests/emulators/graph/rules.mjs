// SPDX-License-Identifier: Apache-2.0
//
// What the Graph API checks in the body of a send, and the error bodies that it answers with.

// code: [HTTP status, message, details]
const errors = {
  0: [401, 'AuthException', 'Authentication failed'],
  1: [400, 'An unknown error occurred', 'API unknown'],
  2: [503, 'Service temporarily unavailable', 'API service'],
  4: [400, 'Application request limit reached', 'API too many calls'],
  10: [403, 'Permission denied', 'API permission denied'],
  100: [400, 'Invalid parameter', 'Invalid parameter'],
  190: [401, 'Invalid OAuth access token', 'Access token has expired'],
  104: [401, 'An access token is required', 'The request has no access token'],
  80008: [400, 'Rate limit issues', 'Too many calls to this business account'],
  80007: [400, 'Rate limit issues', 'The business account reached its rate limit'],
  130429: [429, 'Rate limit hit', 'Too many messages sent from this phone number in a short time'],
  130472: [400, "User's number is part of an experiment", 'The number is part of an experiment'],
  131000: [500, 'Something went wrong', 'Message failed to send due to an unknown error'],
  131008: [400, 'Required parameter is missing', 'A required parameter is missing'],
  131009: [400, 'Parameter value is not valid', 'A parameter value is not valid'],
  131016: [500, 'Service unavailable', 'A service is temporarily unavailable'],
  131021: [400, 'Recipient cannot be sender', 'Sender and recipient are the same number'],
  131026: [400, 'Message undeliverable', 'Unable to deliver the message'],
  131031: [403, 'Account has been locked', 'The account is locked'],
  131042: [400, 'Business eligibility payment issue', 'There is a payment issue'],
  131047: [400, 'Re-engagement message', 'More than 24 hours since the last message of the user'],
  131048: [400, 'Spam rate limit hit', 'Too many messages were blocked or flagged as spam'],
  131049: [400, 'Not delivered to keep the ecosystem healthy', 'Meta chose not to deliver'],
  131051: [400, 'Unsupported message type', 'Unsupported message type'],
  131052: [400, 'Media download error', 'The media could not be downloaded'],
  131053: [400, 'Media upload error', 'The media could not be uploaded'],
  131056: [400, 'Pair rate limit hit', 'Too many messages to the same recipient in a short time'],
  131057: [500, 'Account in maintenance mode', 'The account is in maintenance'],
  131062: [400, 'Business-scoped user id not supported', 'Send to a phone number instead'],
  132000: [400, 'Template parameter count mismatch', 'The number of parameters does not match'],
  132001: [404, 'Template does not exist', 'The template does not exist in this language'],
  132012: [400, 'Template parameter format mismatch', 'A parameter is of the wrong format'],
  132015: [400, 'Template is paused', 'The template is paused'],
  133010: [400, 'Phone number not registered', 'The phone number is not registered'],
  133016: [400, 'Too many registration attempts', 'Registration is blocked for 72 hours'],
};

let traces = 0;

/** An answer as the Graph API gives it: {status, body}. */
export function graphError(code, details, extra = {}) {
  const [status, message, usual] = errors[code] ?? [400, 'Error', 'Error'];
  traces += 1;
  return {
    status,
    body: {
      error: {
        message: `(#${code}) ${message}`,
        type: 'OAuthException',
        code,
        error_data: { messaging_product: 'whatsapp', details: details ?? usual },
        fbtrace_id: `Emulated_${traces}`,
        ...extra,
      },
    },
  };
}

/** An element of a status's errors[]. */
export function statusError(code) {
  const [, title, details] = errors[code] ?? [400, 'Error', 'Error'];
  return { code, title, message: title, error_data: { details } };
}

const missing = (what) => graphError(131008, `Parameter '${what}' is required`);
const invalid = (what) => graphError(131009, what);
const length = (text) => [...text].length;
const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);
const isText = (v) => typeof v === 'string' && v !== '';
const bsuid = /^[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}$/;

// Null: fine. Limits count characters.
function limit(what, text, most) {
  if (text === undefined) return null;
  if (!isText(text)) return invalid(`${what} must be a text that is not empty`);
  return length(text) > most ? invalid(`${what} may have ${most} characters`) : null;
}

function checkMedia(name, node) {
  if (!isText(node.id) === !isText(node.link)) return invalid(`${name} needs one of id and link`);
  if (node.link !== undefined && !/^https?:\/\//.test(node.link)) return invalid(`${name}.link`);
  if (node.caption !== undefined && ['audio', 'sticker'].includes(name)) {
    return graphError(100, `${name} takes no caption`);
  }
  return limit(`${name}.caption`, node.caption, 1024);
}

function checkInteractive(node) {
  if (!isText(node.type)) return missing('interactive.type');
  if (!isObject(node.action)) return missing('interactive.action');
  const optional = ['product', 'catalog_message'];
  if (!isObject(node.body) && !optional.includes(node.type)) return missing('interactive.body');
  const text = limit('interactive.body.text', node.body?.text, node.type === 'list' ? 4096 : 1024)
    ?? limit('interactive.footer.text', node.footer?.text, 60);
  if (text) return text;
  if (node.type === 'button') {
    const buttons = node.action.buttons;
    if (!Array.isArray(buttons) || buttons.length < 1 || buttons.length > 3) {
      return invalid('action.buttons: 1 to 3');
    }
    for (const b of buttons) {
      const bad = limit('button id', b?.reply?.id ?? '', 256)
        ?? limit('button title', b?.reply?.title ?? '', 20);
      if (bad) return bad;
    }
  }
  if (node.type === 'list') {
    const sections = node.action.sections;
    if (!Array.isArray(sections) || sections.length < 1 || sections.length > 10) {
      return invalid('action.sections: 1 to 10');
    }
    const rows = sections.flatMap((s) => s?.rows ?? []);
    if (rows.length < 1 || rows.length > 10) return invalid('rows: 1 to 10 in all');
    for (const row of rows) {
      const bad = limit('row id', row?.id ?? '', 200) ?? limit('row title', row?.title ?? '', 24)
        ?? limit('row description', row?.description, 72);
      if (bad) return bad;
    }
    return limit('action.button', node.action.button ?? '', 20);
  }
  return null;
}

// `templates`: {name: {language, parameters}}; null: any name will do.
function checkTemplate(node, templates, toBsuid) {
  if (!isText(node.name)) return missing('template.name');
  if (!isText(node.language?.code)) return missing('template.language.code');
  const known = templates?.[node.name];
  if (templates && known?.language !== node.language.code) return graphError(132001);
  if (known?.category === 'AUTHENTICATION' && toBsuid) return graphError(131062);
  if (known?.paused) return graphError(132015);
  if (node.components !== undefined && !Array.isArray(node.components)) {
    return invalid('template.components must be a list');
  }
  const body = (node.components ?? []).find((c) => c?.type?.toLowerCase() === 'body');
  const parameters = body?.parameters ?? [];
  if (known && parameters.length !== (known.parameters ?? 0)) return graphError(132000);
  for (const p of parameters) {
    if (p?.type !== 'text') continue;
    if (!isText(p.text)) return missing('template parameter text');
    if (/[\n\t]| {5}/.test(p.text)) return graphError(132012);
  }
  return null;
}

const checks = {
  text: (n) => (isText(n.body) ? limit('text.body', n.body, 4096) : missing('text.body')),
  image: (n) => checkMedia('image', n),
  video: (n) => checkMedia('video', n),
  audio: (n) => checkMedia('audio', n),
  document: (n) => checkMedia('document', n),
  sticker: (n) => checkMedia('sticker', n),
  location: (n) => (Number.isFinite(n.latitude) && Number.isFinite(n.longitude)
    ? null : missing('location.latitude and longitude')),
  reaction: (n) => (isText(n.message_id) && typeof n.emoji === 'string'
    ? null : missing('reaction.message_id and emoji')),
  interactive: checkInteractive,
};

/**
 * Of a read receipt, with or without typing. `known`: ids of the messages that users sent; null:
 * any id will do.
 */
export function checkReceipt(body, known = null) {
  if (body.messaging_product !== 'whatsapp') return graphError(100, 'messaging_product');
  if (body.status !== 'read') return invalid('status must be read');
  if (!isText(body.message_id)) return missing('message_id');
  const typing = body.typing_indicator;
  if (typing !== undefined && typing?.type !== 'text') return invalid('typing_indicator.type');
  return known && !known.includes(body.message_id) ? invalid('message_id') : null;
}

/** Null when the Graph API would take the body, else its answer. */
export function checkBody(body, templates = null) {
  if (!isObject(body)) return graphError(100, 'The body must be a JSON object');
  if (body.messaging_product !== 'whatsapp') return graphError(100, 'messaging_product');
  if (!isText(body.to) && !isText(body.recipient)) return missing('to');
  if (!isText(body.to) && !bsuid.test(body.recipient)) return invalid('recipient');
  if (isText(body.to) && body.recipient_type !== 'group' && !/^\+?[\d\s()-]+$/.test(body.to)) {
    return invalid('to');
  }
  if (!['individual', 'group', undefined].includes(body.recipient_type)) {
    return invalid('recipient_type');
  }
  const reference = body.biz_opaque_callback_data;
  if (reference !== undefined && (typeof reference !== 'string' || reference.length > 512)) {
    return invalid('biz_opaque_callback_data');
  }
  if (body.context !== undefined && !isText(body.context?.message_id)) {
    return invalid('context.message_id');
  }
  const type = body.type ?? 'text';
  const node = body[type];
  if (type === 'contacts') {
    const good = Array.isArray(node) && node.length > 0
      && node.every((c) => isText(c?.name?.formatted_name));
    return good ? null : missing('contacts[].name.formatted_name');
  }
  if (type !== 'template' && !checks[type]) return graphError(131051);
  if (!isObject(node)) return missing(type);
  return type === 'template' ? checkTemplate(node, templates, !isText(body.to)) : checks[type](node);
}
