import type { OrderCreated, Orders } from '@orders/client';
import { limits, requestFingerprint, sameBody, validateIdempotencyKey } from '@orders/core';
import { useEffect, useState } from 'preact/hooks';
import { explain } from './explain';
import { Field, judge } from './field';

interface Sent {
  key: string;
  body: string;
}

interface Props {
  orders: Orders;
  onCreated: (order: OrderCreated) => void;
  /** Whether the last response was a replay. */
  wasReplayed: () => boolean;
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `console-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Creates a draft with one click. The key and the body can be edited, to show what a retry does. */
export function CreateOrder({ orders, onCreated, wasReplayed }: Props) {
  const [key, setKey] = useState(newKey);
  const [body, setBody] = useState('{}');
  const [sent, setSent] = useState<Sent>();
  const [says, setSays] = useState<{ text: string; refused: boolean }>();
  const [busy, setBusy] = useState(false);
  useEffect(() => setSent(undefined), [orders]); // a key belongs to one tenant

  const judgedKey = judge(() => validateIdempotencyKey(key));
  const judgedBody = judge(() => requestFingerprint(body));
  const fit = judgedKey.refusal === undefined && judgedBody.refusal === undefined;

  async function send(request: Sent) {
    setBusy(true);
    try {
      const order = await orders.create(request.body === '' ? undefined : JSON.parse(request.body), { idempotencyKey: request.key });
      const text = wasReplayed()
        ? 'Replayed: the same order, the same bytes, with 200 instead of 201.'
        : 'Created: a draft with version 1.';
      setSays({ text, refused: false });
      setSent(request);
      setKey(newKey());
      onCreated(order);
    } catch (error) {
      setSays({ text: explain(error), refused: true });
    }
    setBusy(false);
  }

  return (
    <section class="card create" aria-labelledby="create">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (fit && !busy) void send({ key, body });
        }}
      >
        <div class="row">
          <h2 id="create">New order</h2>
          <button type="submit" class="primary" disabled={!fit || busy}>
            Create order
          </button>
        </div>
        <details>
          <summary>Idempotency key and body</summary>
          <Field
            label="Idempotency-Key"
            value={key}
            onValue={setKey}
            refusal={judgedKey.refusal}
            hint={sent && sent.key === key ? repetition(sent, body) : `Used once per order you want. Repeat it to retry, for ${limits().idempotencyWindowSeconds / 3600} h.`}
          />
          <Field
            label="Body"
            value={body}
            onValue={setBody}
            refusal={judgedBody.refusal}
            hint={<>Any JSON object. Fingerprint <code>{judgedBody.value?.slice(0, 12)}…</code></>}
            multiline
          />
          {sent && sent.key !== key && (
            <button type="button" onClick={() => (setKey(sent.key), setBody(sent.body))}>
              Use the last key again
            </button>
          )}
        </details>
      </form>
      <p class={says?.refused ? 'refusal' : 'hint'} role="status">
        {says && `${says.text} `}
        {sent && says?.refused === false && (
          <button type="button" class="link" disabled={busy} onClick={() => send(sent)}>
            Send it again, as after a lost response
          </button>
        )}
      </p>
    </section>
  );
}

/** Predicts the response to a key that was sent before. */
function repetition(sent: Sent, body: string): string {
  return judge(() => sameBody(sent.body, body)).value
    ? 'Used before, with this body: the service will replay its response.'
    : 'Used before, with another body: the service will refuse.';
}
