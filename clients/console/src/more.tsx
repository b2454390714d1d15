import { useEffect, useRef } from 'preact/hooks';
import type { Pages } from './pages';

/** Loads the next page when it becomes visible. A button, so that the keyboard reaches it. */
export function More({ pages }: { pages: Pages<unknown> }) {
  const button = useRef<HTMLButtonElement>(null);
  const loadMore = useRef(pages.loadMore);
  loadMore.current = pages.loadMore;
  const { length } = pages.pages;
  useEffect(() => {
    const observer = new IntersectionObserver(([seen]) => seen?.isIntersecting && loadMore.current(), { rootMargin: '200px' });
    if (button.current) observer.observe(button.current);
    return () => observer.disconnect();
  }, [length]); // again after each page: it may not fill the screen
  return (
    <button type="button" class="more" ref={button} onClick={pages.loadMore} disabled={pages.loading}>
      {pages.loading ? 'Loading…' : 'Load more'}
    </button>
  );
}
