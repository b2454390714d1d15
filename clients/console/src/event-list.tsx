import { useCallback, useState } from 'preact/hooks';
import { explain } from './explain';
import { moment, short } from './format';
import { More } from './more';
import { STATES, type EventState, type Outbox, type OutboxEvent } from './outbox';
import { usePages } from './pages';
import { href } from './route';

/** What an event of each state waits for. */
const MEANING: Record<EventState, string> = {
  parked: 'Refused for good, or failed for too long. Later events of the same order wait.',
  waiting: 'Due: a relay publishes them next.',
  leased: 'A relay works on them, or they wait for their next attempt.',
  published: 'Acknowledged by the broker, the latest first.',
};

/** The events of all tenants in one state. Scrolling loads more pages. */
export function EventList({ outbox }: { outbox: Outbox }) {
  const [state, setState] = useState<EventState>('parked');
  const pages = usePages(useCallback((options) => outbox.list(state, options), [outbox, state]));
  const events = pages.pages.flatMap(({ items }) => items);
  return (
    <section class="list events" aria-labelledby="events">
      <header>
        <h2 id="events">Events</h2>
        <label>
          State{' '}
          <select value={state} onChange={({ currentTarget }) => setState(currentTarget.value as EventState)}>
            {STATES.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button type="button" onClick={pages.reload} disabled={pages.loading}>
          Refresh
        </button>
      </header>
      <p class="hint">{MEANING[state]}</p>
      <ol aria-busy={pages.loading}>
        {events.map((event) => (
          <Row key={event.id} event={event} outbox={outbox} onRetried={pages.learn} />
        ))}
      </ol>
      {pages.failure !== undefined && (
        <p class="refusal" role="alert">
          {explain(pages.failure)}
        </p>
      )}
      {pages.more && <More pages={pages} />}
      {!pages.more && !pages.loading && <p class="end">{events.length === 0 ? `No event is ${state}.` : 'That was the last event.'}</p>}
    </section>
  );
}

interface RowProps {
  event: OutboxEvent;
  outbox: Outbox;
  onRetried: (event: OutboxEvent) => void;
}

function Row({ event, outbox, onRetried }: RowProps) {
  const [refusal, setRefusal] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function retry() {
    setBusy(true);
    try {
      onRetried(await outbox.retry(event));
    } catch (error) {
      setRefusal(explain(error));
    }
    setBusy(false);
  }

  return (
    <li class="event">
      <code title={event.id}>{short(event.id)}</code>
      <span>
        {event.type} of <a href={href(event.tenantId, event.orderId)}>{`${event.tenantId} ${short(event.orderId)}`}</a>
      </span>
      <span class={`status ${event.state}`}>{event.state}</span>
      <span class="when">{when(event)}</span>
      {event.state === 'parked' && (
        <button type="button" onClick={retry} disabled={busy}>
          Retry
        </button>
      )}
      {event.lastError !== null && <p class="hint">{event.lastError}</p>}
      {refusal !== undefined && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
    </li>
  );
}

function when({ state, createdAt, dueAt, publishedAt, parkedAt, attempts }: OutboxEvent): string {
  const failures = attempts === 0 ? '' : `, ${attempts} failed ${attempts === 1 ? 'attempt' : 'attempts'}`;
  switch (state) {
    case 'published':
      return `published ${moment(publishedAt ?? createdAt)}`;
    case 'parked':
      return `parked ${moment(parkedAt ?? createdAt)}${failures}`;
    case 'leased':
      return `due ${moment(dueAt)}${failures}`;
    case 'waiting':
      return `created ${moment(createdAt)}${failures}`;
  }
}
