// The outbox on the admin listener: openapi-admin.yaml.

import { useEffect, useState } from 'preact/hooks';
import type { List } from './pages';

export const STATES = ['parked', 'waiting', 'leased', 'published'] as const;

export type EventState = (typeof STATES)[number];

export interface OutboxEvent {
  id: string;
  tenantId: string;
  orderId: string;
  type: string;
  state: EventState;
  createdAt: string;
  dueAt: string;
  attempts: number;
  publishedAt: string | null;
  parkedAt: string | null;
  lastError: string | null;
}

export interface Outbox {
  list: (state: EventState, ...options: Parameters<List<OutboxEvent>>) => ReturnType<List<OutboxEvent>>;
  /** Makes a parked event wait again. */
  retry: (event: OutboxEvent) => Promise<OutboxEvent>;
}

/** The outbox, if this service allows its console to use it and it responds. */
export function useOutbox(service: string, fetch: typeof globalThis.fetch): Outbox | undefined {
  const [found, setFound] = useState<Outbox>();
  useEffect(() => void find(service, fetch).then(setFound), [service, fetch]);
  return found;
}

async function find(service: string, fetch: typeof globalThis.fetch): Promise<Outbox | undefined> {
  try {
    // These two requests are none of the user, so they are not recorded.
    const { admin } = await read<{ admin: string | null }>(await globalThis.fetch(new URL('console/settings.json', service)));
    if (admin === null) return undefined;
    await read(await globalThis.fetch(`${admin}/outbox/events?limit=1`));
    return connect(admin, fetch);
  } catch {
    return undefined;
  }
}

function connect(admin: string, fetch: typeof globalThis.fetch): Outbox {
  const events = `${admin}/outbox/events`;
  return {
    async list(state, { limit, cursor, signal }) {
      const query = new URLSearchParams({ state, limit: String(limit) });
      if (cursor !== undefined) query.set('cursor', cursor);
      return read(await fetch(`${events}?${query}`, { signal }));
    },
    async retry({ id, tenantId }) {
      return read(await fetch(`${events}/${id}/retry?${new URLSearchParams({ tenantId })}`, { method: 'POST' }));
    },
  };
}

async function read<Body>(response: Response): Promise<Body> {
  const body = await response.json();
  if (!response.ok) throw new Error(`Refused with ${response.status}: ${body.message}`);
  return body;
}
