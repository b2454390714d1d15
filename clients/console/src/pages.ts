// The pages of a list that are loaded.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

const LIMIT = 20;

export interface Page<Item> {
  /** The cursor of the page; none for the first one. */
  cursor: string | undefined;
  items: Item[];
}

/** Reads a page. */
export type List<Item> = (options: { limit: number; cursor: string | undefined; signal: AbortSignal }) => Promise<{
  items: Item[];
  nextCursor: string | null;
}>;

export interface Pages<Item> {
  pages: Page<Item>[];
  /** Whether there is more to load. */
  more: boolean;
  loading: boolean;
  failure: unknown;
  loadMore: () => void;
  /** Loads the first page again, without the others. */
  reload: () => void;
  /** Replaces members of an item in the page that lists it. */
  learn: (item: Known<Item>) => void;
}

/** Some members of an item. */
type Known<Item> = Partial<Item> & { id: string };

interface State<Item> {
  pages: Page<Item>[];
  /** The cursor of the next page; `null` after the last one. */
  next: string | null | undefined;
}

const NOTHING = { pages: [], next: undefined };

/** Loads pages of a list, the first one at once and whenever `list` changes. */
export function usePages<Item extends { id: string }>(list: List<Item>): Pages<Item> {
  const [state, setState] = useState<State<Item>>(NOTHING);
  const [failure, setFailure] = useState<unknown>();
  const [loading, setLoading] = useState(false);
  const walk = useRef<AbortController>(undefined);

  const load = useCallback(
    async (cursor: string | undefined) => {
      walk.current?.abort(); // a late response of another list or of an earlier load
      const { signal } = (walk.current = new AbortController());
      setLoading(true);
      setFailure(undefined);
      try {
        const { items, nextCursor } = await list({ limit: LIMIT, cursor, signal });
        const page = { cursor, items };
        setState(({ pages }) => ({ pages: cursor === undefined ? [page] : [...pages, page], next: nextCursor }));
      } catch (error) {
        if (!signal.aborted) setFailure(error);
      }
      if (!signal.aborted) setLoading(false);
    },
    [list],
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
    learn: useCallback((item) => setState((state) => ({ ...state, pages: learned(state.pages, item) })), []),
  };
}

function learned<Item extends { id: string }>(pages: Page<Item>[], known: Known<Item>): Page<Item>[] {
  return pages.map((page) => ({
    ...page,
    items: page.items.map((item) => (item.id === known.id ? { ...item, ...known } : item)),
  }));
}
