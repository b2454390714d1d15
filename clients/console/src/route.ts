// The address of what is shown: #/TENANT or #/TENANT/ORDER. So a second tab is a link, and the back button works.

import { validateOrderId, validateTenantId } from '@orders/core';
import { useEffect, useState } from 'preact/hooks';

export interface Route {
  tenant: string;
  /** The order in full view, if one is. */
  order: string | undefined;
}

const REMEMBERED = 'orders.tenant';
const FIRST_TENANT = 'acme';

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => localStorage.setItem(REMEMBERED, route.tenant), [route.tenant]);
  return route;
}

export function href(tenant: string, order?: string): string {
  return order === undefined ? `#/${tenant}` : `#/${tenant}/${order}`;
}

export function go(tenant: string, order?: string): void {
  location.hash = href(tenant, order);
}

function read(): Route {
  const [, tenant, order] = location.hash.split('/');
  return {
    tenant: valid(validateTenantId, tenant) ?? valid(validateTenantId, localStorage.getItem(REMEMBERED)) ?? FIRST_TENANT,
    order: valid(validateOrderId, order),
  };
}

/** What is typed into the address bar, or was stored by who knows whom, is judged by the service's own rules. */
function valid(validate: (text: string) => string, text: string | null | undefined): string | undefined {
  try {
    return typeof text === 'string' ? validate(text) : undefined;
  } catch {
    return undefined;
  }
}
