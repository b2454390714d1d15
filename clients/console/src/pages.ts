// The orders of a tenant as far as they were scrolled to.

import type { Order, Orders } from '@orders/client';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

const LIMIT = 20;

export interface Page {
  /** Where the page starts; the first one starts without. */
  cursor: string | undefined;
  items: Order[];
}

export interface Pages {
  pages: Page[];
  /** Whether there is more to load. */
  more: boolean;
  loading: boolean;
  failure: unknown;
  loadMore: () => void;
  /** Starts again with the newest. */
  reload: () => void;
  /** What is known of an order now, wherever it is listed. */
  learn: (order: Pick<Order, 'id'> & Partial<Order>) => void;
}

interface State {
  pages: Page[];
  /** Where the next page starts; `null` after the last one. */
  next: string | null | undefined;
}

const NOTHING: State = { pages: [], next: undefined };

export function usePages(orders: Orders): Pages {
  const [state, setState] = useState(NOTHING);
  const [failure, setFailure] = useState<unknown>();
  const [loading, setLoading] = useState(false);
  const walk = useRef<AbortController>(undefined);

  const load = useCallback(
    async (cursor: string | undefined) => {
      walk.current?.abort(); // an answer for another tenant, or to an earlier question, comes too late
      const { signal } = (walk.current = new AbortController());
      setLoading(true);
      setFailure(undefined);
      try {
        const { items, nextCursor } = await orders.list({ limit: LIMIT, cursor, signal });
        const page = { cursor, items };
        setState(({ pages }) => ({ pages: cursor === undefined ? [page] : [...pages, page], next: nextCursor }));
      } catch (error) {
        if (!signal.aborted) setFailure(error);
      }
      if (!signal.aborted) setLoading(false);
    },
    [orders],
  );

  const reload = useCallback(() => void load(undefined), [load]);
  useEffect(() => {
    setState(NOTHING);
    reload();
  }, [reload]);

  const { pages, next } = state;
  return {
    pages,
    more: typeof next === 'string',
    loading,
    failure,
    loadMore: () => {
      if (!loading && typeof next === 'string') void load(next);
    },
    reload,
    learn: useCallback((order) => setState((state) => ({ ...state, pages: learned(state.pages, order) })), []),
  };
}

function learned(pages: Page[], order: Pick<Order, 'id'> & Partial<Order>): Page[] {
  return pages.map((page) => ({
    ...page,
    items: page.items.map((item) => (item.id === order.id ? { ...item, ...order } : item)),
  }));
}
