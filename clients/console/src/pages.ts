// The pages of a tenant's orders that are loaded.

import type { Order, Orders } from '@orders/client';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

const LIMIT = 20;

export interface Page {
  /** The cursor of the page; none for the first one. */
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
  /** Loads the first page again, without the others. */
  reload: () => void;
  /** Replaces an order in the page that lists it. */
  learn: (order: Pick<Order, 'id'> & Partial<Order>) => void;
}

interface State {
  pages: Page[];
  /** The cursor of the next page; `null` after the last one. */
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
      walk.current?.abort(); // a late response of another tenant or of an earlier load
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
